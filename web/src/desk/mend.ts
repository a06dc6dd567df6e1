// Step 4: what the gate can mend on its own copy. Each kind can be looked at before and after, made, and taken
// back; the file itself stays as it was sent.

import type { Place } from "../api";
import { h } from "../element";
import { humanise, number, t } from "../i18n";
import { boundsOf } from "../stage";
import { NOTHING } from "../style";
import { balance, ground, type Desk, type RepairProposal } from "./delivery";
import { saving } from "./talk";
import { d, dMaybe } from "./words";

type Example = RepairProposal["examples"][number];

export function shown(desk: Desk): void {
  const examples = (desk.report.proposals?.repairs ?? []).flatMap((one) => one.examples);
  if (examples.some((one) => one.geometry_before ?? one.geometry_after)) preview(desk, examples, null);
  else ground(desk.here, desk.report);
}

/** Before is dashed and red, after is plain and green, on the map as in the table. */
function preview({ here }: Desk, examples: Example[], chosen: Example | null): void {
  const features: GeoJSON.Feature[] = [];
  const of = (example: Example): void => {
    const { geometry_before: before, geometry_after: after } = example;
    if (before) features.push({ type: "Feature", properties: { role: "before" }, geometry: before });
    if (after) features.push({ type: "Feature", properties: { role: "after" }, geometry: after });
  };
  for (const example of chosen ? [chosen] : examples) of(example);
  const shapes: GeoJSON.FeatureCollection = { type: "FeatureCollection", features };
  here.stage.show({ faults: NOTHING, shapes });
  const box = boundsOf(shapes);
  if (box) here.stage.fit(box);
}

export function body(desk: Desk): Node {
  const { report, delivery } = desk;
  const offered = report.proposals?.repairs ?? [];
  const asked = new Set((delivery.ask.repairs ?? "").split(",").map((kind) => kind.trim()).filter((kind) => kind && kind !== "none"));
  const made = new Map<string, typeof report.repairs>();
  for (const repair of report.repairs) made.set(repair.kind, [...(made.get(repair.kind) ?? []), repair]);
  const into = h("div", {});
  const wanted = new Set<string>();
  const apply = h("button", { type: "button", class: "primary", onclick: () => desk.again({ repairs: [...asked, ...wanted].join(",") }, into, apply) });
  const relabel = (): void => {
    const rows = offered.filter((one) => wanted.has(one.kind)).reduce((sum, one) => sum + one.count, 0);
    apply.disabled = wanted.size === 0;
    apply.textContent = wanted.size === 0 ? d("mend.choose") : d("mend.apply", { rows: counted(rows) });
  };
  for (const one of offered) if (one.safe) wanted.add(one.kind);
  relabel();

  const undo = h("button", { type: "button", onclick: () => desk.again({ repairs: "none" }, into, undo) }, d("mend.undoAll"));
  const aside = h("input", { type: "checkbox", id: "aside", checked: delivery.ask.set_aside ?? false, onchange: () => desk.again({ set_aside: aside.checked }, into, undo) });

  return h("div", { class: "mend" },
    report.counts ? balance(report.counts) : null,
    offered.length > 0
      ? h("div", {},
          h("h4", {}, d("mend.offers")),
          ...offered.map((one) => offer(desk, one, wanted, relabel)),
          h("p", { class: "buttons" }, apply))
      : h("p", {}, report.repairs.length > 0 ? d("mend.noMore") : d("mend.none")),
    made.size > 0
      ? h("div", {},
          h("h4", {}, d("mend.done")),
          ...[...made].map(([kind, list]) => done(desk, kind, list, () => desk.again({ repairs: without(asked, kind, made) }, into, undo))),
          h("p", { class: "buttons" }, undo))
      : null,
    h("h4", {}, d("aside.title")),
    h("label", { class: "hold", for: "aside" }, aside, h("span", {}, d("aside.text"))),
    desk.layer?.set_aside
      ? h("p", { class: "buttons" }, ...["geojson", "csv"].map((form) => asideLink(desk, form)))
      : null,
    h("p", { class: "quiet" }, d("mend.original")),
    into);
}

/** The rows that were set aside, as a file to mend and send again. */
function asideLink({ delivery, layer }: Desk, form: string): HTMLElement {
  const to = layer?.set_aside ?? "";
  const path = `${to.replace(/^\//, "")}${to.includes("?") ? "&" : "?"}f=${form}&lang=${document.documentElement.lang}`;
  return h("a", { class: "button", ...saving(path, `${delivery.id}-set-aside.${form}`) }, d("aside.save", { form: form === "csv" ? "CSV" : "GeoJSON" }));
}

/** What stays asked for when one kind is taken back: `safe` becomes the kinds it stood for. */
function without(asked: Set<string>, kind: string, made: Map<string, unknown>): string {
  const left = new Set([...asked].filter((one) => one !== "safe" && one !== "all"));
  if (left.size < asked.size) for (const one of made.keys()) left.add(one);
  left.delete(kind);
  return [...left].join(",") || "none";
}

function offer(desk: Desk, one: RepairProposal, wanted: Set<string>, changed: () => void): HTMLElement {
  const name = dMaybe(`repair.${one.kind}`, one.title || humanise(one.kind));
  return h("div", { class: "offer" },
    h("label", { class: "offer-head" },
      h("input", { type: "checkbox", checked: wanted.has(one.kind), onchange: (event: Event) => {
        if ((event.currentTarget as HTMLInputElement).checked) wanted.add(one.kind);
        else wanted.delete(one.kind);
        changed();
      } }),
      h("span", {}, name),
      h("span", { class: "number" }, counted(one.count)),
      h("span", { class: `safe safe-${one.safe}` }, d(one.safe ? "mend.safe" : "mend.look"))),
    one.examples.length > 0
      ? h("details", { class: "examples" }, h("summary", {}, d("mend.examples")), table(desk, one.examples))
      : null);
}

function table(desk: Desk, examples: Example[]): HTMLElement {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": d("mend.examples") },
    h("table", { class: "findings" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "number" }, t("report.row")), h("th", { scope: "col" }, t("report.where")), h("th", { scope: "col" }, d("mend.before")), h("th", { scope: "col" }, d("mend.after")))),
      h("tbody", {}, ...examples.map((example) => {
        const where = whereOf(example.place);
        const visible = desk.here.stage.hasMap && (example.geometry_before ?? example.geometry_after);
        return h("tr", {},
          h("td", { class: "number" }, example.place.row === undefined ? "–" : number(example.place.row)),
          h("td", {}, visible ? h("button", { type: "button", class: "link", onclick: (event: Event) => {
            for (const other of document.querySelectorAll("tr.chosen")) other.classList.remove("chosen");
            (event.currentTarget as HTMLElement).closest("tr")?.classList.add("chosen");
            preview(desk, examples, example);
          } }, where || d("onMap")) : where),
          h("td", { class: "was" }, example.before),
          h("td", { class: "becomes" }, example.after));
      }))));
}

function counted(count: number): string {
  return d(count === 1 ? "mend.row" : "mend.rows", { n: number(count) });
}

function whereOf(place: Place): string {
  return [place.key, place.field].filter(Boolean).join(" · ");
}

function done(desk: Desk, kind: string, list: { place: Place; before: string; after: string }[], undo: () => void): HTMLElement {
  const name = dMaybe(`repair.${kind}`, humanise(kind));
  return h("details", { class: "examples made" },
    h("summary", {}, name, " ", h("span", { class: "number" }, counted(list.length))),
    table(desk, list.slice(0, 200)),
    h("p", { class: "buttons" }, h("button", { type: "button", class: "small", "aria-label": d("mend.undoOf", { kind: name }), onclick: undo }, d("mend.undo"))));
}
