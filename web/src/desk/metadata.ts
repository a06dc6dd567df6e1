// Step 5: the metadata, as a form made of the standard's elements. What Parat works out need not be written;
// what the last version said stands there already.

import { get, getOnce } from "../api";
import { h } from "../element";
import { number, say } from "../i18n";
import { layerById } from "../state";
import type { Desk } from "./delivery";
import type { Element } from "./talk";
import { d, dMaybe } from "./words";

/** Elements whose value is more than a line. */
const LONG = ["abstract", "lineage", "quality", "use_limits", "processing_steps", "source", "rights"];
const DATES = ["reference_date"];

export function body(desk: Desk): Node {
  const into = h("div", {});
  const form = h("form", { class: "metadata", novalidate: true }, h("p", { class: "quiet" }, "…"));
  void draw(desk, form, into);
  return h("div", {}, form, into);
}

async function draw(desk: Desk, form: HTMLFormElement, into: HTMLElement): Promise<void> {
  const { delivery, report } = desk;
  let elements: Element[];
  try {
    ({ elements } = await getOnce<{ elements: Element[] }>("standards/metadata"));
  } catch (error) {
    form.replaceChildren(h("p", { class: "problem" }, String(error)));
    return;
  }
  const written = delivery.ask.metadata ?? {};
  const before = Object.keys(written).length > 0 ? {} : await lastVersion(report.layer);
  const borrowed = Object.keys(before).some((element) => before[element]);
  const asked = elements.filter((one) => !one.derived);
  const derived = elements.filter((one) => one.derived);
  const lacking = new Set(
    report.rules.filter((rule) => rule.code.startsWith("M") && rule.outcome === "failed").flatMap((rule) => rule.findings ?? []).flatMap((finding) => (finding.place.field ? [finding.place.field] : [])),
  );
  const valueOf = (one: Element): string => text(written[one.element]) || text(before[one.element]);
  const part = (title: string, list: Element[], open: boolean): Node => {
    if (list.length === 0) return h("div", {});
    return h("details", { open: open || list.some((one) => lacking.has(one.element)) },
      h("summary", {}, title, " ", h("span", { class: "quiet" }, number(list.length))),
      ...list.map((one) => field(one, valueOf(one), lacking.has(one.element))));
  };
  const save = h("button", { type: "submit", class: "primary" }, d("metadata.save"));
  form.replaceChildren(
    borrowed ? h("p", { class: "lead" }, d("metadata.borrowed")) : h("p", { class: "quiet" }, d("metadata.lead")),
    part(d("metadata.required"), asked.filter((one) => one.obligation === "required"), true),
    part(d("metadata.conditional"), asked.filter((one) => one.obligation === "conditional"), false),
    part(d("metadata.recommended"), asked.filter((one) => one.obligation === "recommended"), false),
    part(d("metadata.derived"), derived, false),
    h("p", { class: "buttons" }, save));
  form.oninput = (event) => (event.target as HTMLElement).closest(".lacking")?.classList.remove("lacking");
  form.onsubmit = (event) => {
    event.preventDefault();
    const metadata: Record<string, string | null> = {};
    for (const input of form.querySelectorAll<HTMLInputElement>("[data-element]")) {
      const name = input.dataset["element"] ?? "";
      const value = input.value.trim();
      if (value) metadata[name] = value;
      else if (written[name] !== undefined) metadata[name] = null;
    }
    desk.again({ metadata }, into, save);
  };
}

function field(one: Element, value: string, lacking: boolean): HTMLElement {
  const id = `metadata-${one.element}`;
  const about = `${id}-about`;
  const common = { id, "data-element": one.element, "aria-describedby": about, "aria-invalid": lacking && !value ? "true" : null, autocomplete: "off" };
  const needed = one.obligation === "required" && !one.derived && !one.default;
  const input = one.codes
    ? h("select", common, h("option", { value: "" }, one.default ? d("metadata.default", { value: one.default }) : d("metadata.choose")),
        ...one.codes.entries.map((entry) => h("option", { value: entry.code, selected: entry.code === value }, say(entry.label, entry.code))))
    : LONG.includes(one.element)
      ? h("textarea", { ...common, rows: 3, placeholder: one.default ?? "" }, value)
      : h("input", { ...common, type: DATES.includes(one.element) ? "date" : "text", value, placeholder: one.derived ? d("metadata.worked") : (one.default ?? "") });
  return h("div", { class: `element${lacking && !value ? " lacking" : ""}` },
    h("label", { for: id }, say(one.title, one.element), needed ? h("span", { class: "needed", title: d("required") }, " *") : null),
    input,
    h("p", { class: "quiet", id: about }, say(one.about), one.when ? ` ${dMaybe(`when.${one.when}`, one.when)}` : ""));
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(text).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What the public version of the layer says of itself. */
async function lastVersion(layer: string): Promise<Record<string, unknown>> {
  if (layerById(layer)?.state !== "published") return {};
  const found = await get<{ "parat:metadata"?: Record<string, unknown> }>(`collections/${layer}`).catch(() => null);
  return found?.["parat:metadata"] ?? {};
}
