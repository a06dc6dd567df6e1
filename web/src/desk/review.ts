// One version before somebody decides: what it changes against the version it would replace, as numbers, as a
// table and on the map, and the buttons of those who may decide.

import { address, get, send } from "../api";
import { h } from "../element";
import { moment, number, percent, t, tMaybe } from "../i18n";
import { badgeElement } from "../layers";
import { SIGNS } from "../marks";
import { boundsOf } from "../stage";
import { NOTHING } from "../style";
import { titleOf } from "./delivery";
import { deskLink, doing, head, put, trouble, type Here } from "./frame";
import { moved, type Action, type VersionEntry } from "./versions";
import { d, dMaybe } from "./words";

/** The difference between two versions, as the server words it. */
interface Diff {
  summary: string;
  /** What it is compared with; nothing for a first version. */
  from: { version: number } | null;
  counts: Record<"before" | "after" | "added" | "removed" | "unchanged" | "changed" | "geometry_changed" | "values_changed", number>;
  fields: { field: string; features: number }[];
  schema: { field: string; change: string; before: string | null; after: string | null }[];
  metadata: { element: string; before: unknown; after: unknown }[];
  wards: Wards | null;
  rows: Row[];
  rows_cut: boolean;
}

interface Row {
  id: number | string;
  key: string;
  change: "added" | "removed" | "changed";
  /** True when a feature that is in both has another shape. */
  geometry: boolean;
  values: { field: string; before: unknown; after: unknown }[];
}

interface Ward {
  key: string;
  name: string | null;
}

/** What became of a set of areas that cover the ground. */
interface Wards {
  came: Ward[];
  went: Ward[];
  renamed: { before: Ward; after: Ward }[];
  renumbered: { before: Ward; after: Ward; share: number }[];
  split: (Ward & { pieces: (Ward & { share: number })[] })[];
  merged: (Ward & { pieces: (Ward & { share: number })[] })[];
  note: string | null;
}

const KINDS = ["added", "removed", "geometry_changed", "values_changed"] as const;
type Kind = (typeof KINDS)[number];

/** What a row counts among; a changed feature may have moved and say something else. */
function kindsOf(row: Row): Kind[] {
  if (row.change !== "changed") return [row.change];
  return [...(row.geometry ? (["geometry_changed"] as const) : []), ...(row.values.length > 0 ? (["values_changed"] as const) : [])];
}

/** The role on the map, and with it sign and colour. */
function roleOf(kind: string): "added" | "removed" | "changed" {
  return kind === "added" || kind === "removed" ? kind : "changed";
}

export async function draw(here: Here, asked: string): Promise<void> {
  const [layer = "", version = ""] = asked.split("@");
  const back = { to: `versions:${layer}`, text: d("versions.all") };
  const title = d("review.title", { layer: titleOf(layer), version });
  put(here.root, head(title, back), h("p", { class: "quiet", role: "status" }, "…"));
  const path = `collections/${layer}/versions/${version}`;
  try {
    const entry = await get<VersionEntry>(path);
    if (!here.alive()) return;
    const changes = h("div", { class: "diff" }, h("p", { class: "quiet", role: "status" }, d("review.comparing")));
    put(here.root, head(title, back), standing(entry), decide(here, entry, () => void draw(here, asked)), changes);
    void compare(here, entry, path, changes);
  } catch (error) {
    if (here.alive()) put(here.root, head(title, back), trouble(error, () => void draw(here, asked)));
  }
}

function standing(one: VersionEntry): HTMLElement {
  return h("div", { class: `gate-card verdict-${one.verdict}` },
    h("p", { class: "card-title" }, badgeElement(one.state, d(`version.${one.state}`)), badgeElement(one.verdict, tMaybe(`verdict.${one.verdict}`, one.verdict))),
    h("p", {}, one.summary),
    h("p", { class: "quiet" }, [d("review.from"), one.author, moment(one.at), one.file].filter(Boolean).join(" · ")),
    one.changed_at !== one.at ? h("p", { class: "quiet" }, moved(one)) : null,
    one.comment ? h("blockquote", {}, one.comment) : null,
    h("p", { class: "buttons" },
      deskLink(one.report.split("/").pop() ?? "", d("review.delivery")),
      h("a", { href: address(`${one.report}.html`) }, t("report.title"))));
}

const ORDER: Action[] = ["submit", "approve", "publish", "return", "retire"];

/** The buttons for what may be done now; returning needs a word why. */
function decide(here: Here, one: VersionEntry, again: () => void): HTMLElement {
  // What leads on comes first; what takes back comes after it.
  const possible = ORDER.filter((action) => one.actions.includes(action));
  const into = h("div", {});
  const comment = h("textarea", { id: "comment", rows: 2, maxlength: 2000, "aria-describedby": "comment-about" });
  const act = async (action: Action): Promise<void> => {
    const said = comment.value.trim();
    const needed = action === "return" || action === "retire" || (action === "publish" && one.state === "retired");
    if (needed && !said) {
      into.replaceChildren(h("p", { class: "problem", role: "alert" }, d("review.sayWhy")));
      comment.focus();
      return;
    }
    await send("POST", `collections/${one.layer}/versions/${one.version}/${action}`, { from: one.state, ...(said ? { comment: said } : {}) });
    here.stage.announce(d(`did.${action}`));
    await here.stage.refresh();
    if (here.alive()) again();
  };
  if (possible.length === 0) return h("p", { class: "quiet" }, d("review.nothing"));
  const earlier = one.state === "superseded" || one.state === "retired";
  const buttons = possible.map((action, at): HTMLElement => {
    const button: HTMLButtonElement = h("button", { type: "button", class: at === 0 && action !== "return" && action !== "retire" ? "primary" : "", onclick: () => void doing(button, into, () => act(action)) }, d(action === "publish" && earlier ? "do.rollBack" : `do.${action}`));
    return button;
  });
  return h("section", { class: "decide", "aria-label": d("review.decide") },
    h("label", { class: "field", for: "comment" }, d("review.comment")), comment,
    h("p", { class: "quiet unseen", id: "comment-about" }, d("review.commentAbout")),
    h("p", { class: "buttons" }, ...buttons), into);
}

async function compare(here: Here, one: VersionEntry, path: string, into: HTMLElement): Promise<void> {
  let diff: Diff;
  try {
    diff = await get<Diff>(`${path}/diff`);
  } catch (error) {
    if (here.alive()) into.replaceChildren(trouble(error, () => void compare(here, one, path, into)));
    return;
  }
  if (!here.alive()) return;
  document.body.dataset["page"] = "map";
  const hidden = new Set<Kind>();
  const rows = h("tbody", {});
  let shapes: GeoJSON.FeatureCollection = NOTHING;
  const isShown = (row: Row): boolean => kindsOf(row).some((kind) => !hidden.has(kind));
  const show = (): void => {
    const visible: GeoJSON.FeatureCollection = {
      type: "FeatureCollection",
      features: shapes.features.filter((shape) => {
        const row = diff.rows[Number(shape.id)];
        return row ? isShown(row) : !hidden.has(shape.properties?.["change"] as Kind);
      }),
    };
    here.stage.show({ faults: NOTHING, shapes: visible, shapeClicked: (index) => choose(index, false) });
  };
  const choose = (index: number, fly: boolean): void => {
    for (const other of rows.querySelectorAll("tr.chosen")) other.classList.remove("chosen");
    const row = rows.querySelector<HTMLElement>(`[data-row="${index}"]`);
    row?.classList.add("chosen");
    if (!fly) {
      row?.scrollIntoView({ block: "center", behavior: "smooth" });
      row?.querySelector("button")?.focus({ preventScroll: true });
    }
    here.stage.chooseShape(index);
    const shape = shapes.features.filter((feature) => feature.id === index);
    const box = boundsOf({ type: "FeatureCollection", features: shape });
    if (fly && box) here.stage.fit(box);
  };
  const list = (): void => {
    const show = here.stage.hasMap ? (index: number): void => choose(index, true) : null;
    rows.replaceChildren(...diff.rows.flatMap((row, at) => (isShown(row) ? [diffRow(row, at, show)] : [])));
  };
  list();
  const { added, removed, changed } = diff.counts;
  const all = added + removed + changed;
  into.replaceChildren(
    h("h3", {}, diff.from === null ? d("review.first") : d("review.against", { version: diff.from.version })),
    h("ul", { class: "tallies" },
      ...KINDS.map((kind) =>
        h("li", {},
          h("label", { class: `tally tally-${roleOf(kind)}` },
            h("input", { type: "checkbox", class: "unseen", checked: true, disabled: diff.counts[kind] === 0, onchange: (event: Event) => {
              if ((event.currentTarget as HTMLInputElement).checked) hidden.delete(kind);
              else hidden.add(kind);
              list();
              show();
            } }),
            h("span", { class: `sign sign-${roleOf(kind)}`, "aria-hidden": "true" }, SIGNS[roleOf(kind)] ?? ""),
            h("b", {}, number(diff.counts[kind])), h("span", {}, d(`diff.${kind}`))))),
      h("li", { class: "tally" }, h("span", { class: "sign", "aria-hidden": "true" }, "="), h("b", {}, number(diff.counts.unchanged)), h("span", {}, d("diff.unchanged")))),
    h("p", { class: "quiet" }, d("diff.balance", { before: number(diff.counts.before), added: number(added), removed: number(removed), after: number(diff.counts.after) })),
    ...drift(diff),
    all === 0
      ? h("p", {}, d("diff.none"))
      : h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": d("diff.table") },
          h("table", { class: "findings diff-table" },
            h("thead", {}, h("tr", {}, h("th", { scope: "col" }, d("diff.what")), h("th", { scope: "col" }, d("diff.feature")), h("th", { scope: "col" }, d("mend.before")), h("th", { scope: "col" }, d("mend.after")))),
            rows)),
    diff.rows_cut ? h("p", { class: "quiet" }, d("diff.kept", { n: number(diff.rows.length), all: number(all) })) : "",
    h("p", { class: "buttons" },
      h("a", { class: "button", href: address(`${path}/diff?f=csv`) }, "CSV"),
      h("a", { class: "button", href: address(`${path}/diff?f=geojson`) }, "GeoJSON")));
  if (!here.stage.hasMap || all === 0) return;
  const found = await get<GeoJSON.FeatureCollection>(`${path}/diff?f=geojson`).catch(() => null);
  if (!found || !here.alive()) return;
  const at = new Map(diff.rows.map((row, index) => [String(row.id), index]));
  let beyond = diff.rows.length;
  shapes = {
    type: "FeatureCollection",
    features: found.features.filter((feature) => feature.geometry).map((feature) => {
      const change = String(feature.properties?.["change"] ?? "");
      const side = feature.properties?.["side"];
      const kind = change === "geometry" || change === "values" ? `${change}_changed` : change;
      const role = change === "geometry" && side === "before" ? "before" : roleOf(kind);
      return { ...feature, id: at.get(String(feature.id)) ?? (beyond += 1), properties: { change: kind, role } };
    }),
  };
  show();
  const box = boundsOf(shapes);
  if (box) here.stage.fit(box);
}

function diffRow(row: Row, index: number, show: ((index: number) => void) | null): HTMLElement {
  const name = row.key || String(row.id);
  const value = (side: "before" | "after"): Node[] => row.values.map((one) => h("div", {}, h("span", { class: "quiet" }, `${one.field} `), text(one[side])));
  const role = roleOf(row.change);
  return h("tr", { "data-row": index },
    h("td", {}, h("span", { class: `sign sign-${role}`, "aria-hidden": "true" }, SIGNS[role] ?? ""), " ", kindsOf(row).map((kind) => d(`diff.${kind}`)).join(", ")),
    h("td", {}, show ? h("button", { type: "button", class: "link", "aria-label": t("table.zoom", { name }), onclick: () => show(index) }, name) : name),
    h("td", { class: "was" }, ...value("before")),
    h("td", { class: "becomes" }, ...value("after")));
}

function text(value: unknown): string {
  return value === null || value === undefined || value === "" ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What changed beside the features: columns, metadata, and the set of wards. */
function drift(diff: Diff): Node[] {
  const out: Node[] = [];
  const { wards } = diff;
  const name = (ward: Ward): string => [ward.key, ward.name].filter(Boolean).join(" · ");
  const told: [string, string[]][] = wards
    ? [
        [d("wards.came"), wards.came.map(name)],
        [d("wards.went"), wards.went.map(name)],
        [d("wards.renamed"), wards.renamed.map((one) => `${name(one.before)} → ${name(one.after)}`)],
        [d("wards.renumbered"), wards.renumbered.map((one) => `${name(one.before)} → ${name(one.after)} (${percent(one.share)})`)],
        [d("wards.split"), wards.split.map((one) => `${name(one)} → ${one.pieces.map(name).join(" + ")}`)],
        [d("wards.merged"), wards.merged.map((one) => `${one.pieces.map(name).join(" + ")} → ${name(one)}`)],
      ]
    : [];
  const lines = told.filter(([, list]) => list.length > 0);
  if (lines.length > 0) {
    // Another name leaves every join as it was; another set does not.
    const other = wards !== null && wards.came.length + wards.went.length + wards.renumbered.length + wards.split.length + wards.merged.length > 0;
    out.push(h("div", { class: other ? "problem" : "told" }, other ? h("p", {}, h("strong", {}, d("diff.wards"))) : null,
      h("ul", {}, ...lines.map(([title, list]) => h("li", {}, `${title} `, list.join("; "))))));
  }
  if (diff.schema.length > 0) {
    out.push(h("p", {}, h("strong", {}, d("schema.title")), " ",
      diff.schema.map((one) => `${one.field}: ${dMaybe(`schema.${one.change}`, one.change)}${one.before && one.after ? ` (${one.before} → ${one.after})` : ""}`).join("; ")));
  }
  if (diff.fields.length > 0) {
    out.push(h("p", {}, h("strong", {}, d("diff.fields")), " ", diff.fields.map((one) => `${one.field} (${number(one.features)})`).join(", ")));
  }
  if (diff.metadata.length > 0) {
    out.push(h("details", { class: "quiet-rules" }, h("summary", {}, d("diff.metadata", { n: number(diff.metadata.length) })),
      h("dl", { class: "attributes" }, ...diff.metadata.map((one) => h("div", {}, h("dt", {}, one.element), h("dd", {}, h("span", { class: "was" }, text(one.before)), " ", h("span", { class: "becomes" }, text(one.after))))))));
  }
  return out;
}
