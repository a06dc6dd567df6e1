// Step 2: what the file is. Its layer, its coordinate system, the encoding of its text and which column is
// which are proposed with their evidence; a person confirms or says otherwise.

import { h } from "../element";
import { moment, number, percent, say, t } from "../i18n";
import { state } from "../state";
import { boundsOf } from "../stage";
import { boxShape, NOTHING } from "../style";
import { crsText, ground, standardOf, titleOf, type Desk, type GateReport } from "./delivery";
import type { Mark } from "./steps";
import type { Ask } from "./talk";
import { d, dMaybe } from "./words";

export function mark(report: GateReport): Mark {
  const unsure = !report.standard || (report.proposals?.crs.length ?? 0) > 0;
  return unsure ? "trouble" : "done";
}

let chooseCrs: ((at: number) => void) | null = null;

/** The candidates of the coordinate system stand on the map as boxes; one is chosen there or in the list. */
export function shown(desk: Desk): void {
  const candidates = desk.report.proposals?.crs ?? [];
  if (candidates.length === 0) return ground(desk.here, desk.report);
  const features: GeoJSON.Feature[] = candidates.slice(0, 9).map((one, at) => ({ type: "Feature", id: at, properties: { role: "candidate", sign: String(at + 1) }, geometry: boxShape(one.bbox) }));
  const shapes: GeoJSON.FeatureCollection = { type: "FeatureCollection", features };
  desk.here.stage.show({ faults: NOTHING, shapes, shapeClicked: (at) => chooseCrs?.(at) });
  // Where the layer falls in the city, or near it, is of interest; a box on another continent would hide that.
  const best = (["inside", "near", "far"] as const).find((lands) => candidates.some((one) => one.lands === lands));
  const box = boundsOf({ type: "FeatureCollection", features: features.filter((_, at) => candidates[at]?.lands === best) });
  if (box) desk.here.stage.fit(box);
}

export function body(desk: Desk): Node {
  const { delivery } = desk;
  const wish: Ask = {};
  const into = h("div", {});
  const columns = h("div", {}, h("p", { class: "quiet" }, "…"));
  const confirm = h("button", { type: "button", class: "primary", onclick: () => desk.again({ ...wish, columns: said(columns) }, into, confirm) }, d("identity.confirm"));
  const { remembered } = delivery;
  const made = h("div", { class: "identity" },
    remembered ? h("p", { class: "lead" }, d("identity.remembered", { source: delivery.source ?? "", from: remembered.from, when: moment(remembered.at) })) : null,
    confirmedPart(desk),
    layerPart(desk, wish),
    crsPart(desk, wish),
    encodingPart(desk, wish),
    h("fieldset", {}, h("legend", {}, d("identity.columns")), columns),
    h("p", { class: "buttons" }, confirm),
    delivery.source ? h("p", { class: "quiet" }, d("identity.kept", { source: delivery.source })) : null,
    into);
  void columnTable(desk).then((table) => columns.replaceChildren(table));
  return made;
}

/** What was taken because a person confirmed it: whose word it was, when, and for which delivery. */
function confirmedPart({ report }: Desk): HTMLElement | null {
  const parts = (report.confirmed ?? []).filter((one) => one.by);
  if (parts.length === 0) return null;
  return h("ul", { class: "quiet" }, ...parts.map((one) => h("li", {}, d("identity.confirmedBy", {
    what: dMaybe(`confirmed.${one.part}`, one.part), value: (one.what ?? []).join(", "), by: one.by ?? "", when: moment(one.at ?? ""), from: one.from ?? "",
  }))));
}

function layerPart({ report, delivery }: Desk, wish: Ask): HTMLElement {
  const given = delivery.ask.layer ?? null;
  const chosen = given ?? (report.standard ? report.layer : null);
  const proposals = (report.proposals?.layers ?? []).slice(0, 5);
  const others = [...state.city.layers].sort((a, b) => titleOf(a.id).localeCompare(titleOf(b.id)));
  const other = h("select", { id: "layer-other", "aria-label": d("identity.otherLayer"), onchange: () => {
    if (!other.value) return;
    wish.layer = other.value;
    for (const radio of part.querySelectorAll<HTMLInputElement>("input[name=layer]")) radio.checked = false;
  } }, h("option", { value: "" }, d("identity.otherLayer")), ...others.map((layer) => h("option", { value: layer.id }, titleOf(layer.id))));
  const listed = proposals.some((one) => one.layer === chosen) || chosen === null ? proposals : [{ layer: chosen, title: titleOf(chosen), score: 0, why: given ? d("identity.given") : report.standard_chosen }, ...proposals];
  const part = h("fieldset", {},
    h("legend", {}, d("identity.layer")),
    ...listed.map((one) =>
      choice("layer", one.layer, one.layer === chosen, () => {
        wish.layer = one.layer;
        other.value = "";
      }, h("strong", {}, titleOf(one.layer)), one.score > 0 ? score(one.score) : null, one.why)),
    other);
  return part;
}

function crsPart({ report, delivery, here }: Desk, wish: Ask): HTMLElement {
  const candidates = report.proposals?.crs ?? [];
  const given = delivery.ask.crs ?? null;
  const pick = (at: number): void => {
    const one = candidates[at];
    if (!one) return;
    wish.crs = one.code;
    const radio = part.querySelectorAll<HTMLInputElement>("input[name=crs]")[at];
    if (radio) {
      radio.checked = true;
      radio.focus({ preventScroll: true });
      radio.closest("label")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    }
    here.stage.chooseShape(at);
    other.value = "";
  };
  chooseCrs = pick;
  const other = h("input", { id: "crs-other", placeholder: "EPSG:32643", pattern: "[A-Za-z]+:[0-9]+", autocomplete: "off", oninput: () => {
    wish.crs = other.value.trim() || null;
    for (const radio of part.querySelectorAll<HTMLInputElement>("input[name=crs]")) radio.checked = false;
  } });
  const part = h("fieldset", {},
    h("legend", {}, t("report.crs")),
    h("p", {}, h("strong", {}, crsText(report)), " ", h("span", { class: "quiet" }, given ? d("identity.given") : dMaybe(`crs.${report.crs_origin}`, ""))),
    ...(candidates.length > 0 ? [h("p", { class: "quiet" }, here.stage.hasMap ? d("identity.crsMap") : d("identity.crsList"))] : []),
    ...candidates.map((one, at) =>
      choice("crs", one.code, one.code === given, () => {
        pick(at);
        here.stage.fit(one.bbox);
      }, h("strong", {}, h("span", { class: "sign sign-candidate" }, String(at + 1)), " ", one.name || one.code), h("span", { class: `lands lands-${one.lands}` }, d(`lands.${one.lands}`)), [one.code, one.why].join(" · "))),
    h("label", { class: "field", for: "crs-other" }, d("identity.otherCrs")), other);
  return part;
}

function encodingPart({ report, delivery }: Desk, wish: Ask): HTMLElement {
  const candidates = report.proposals?.encodings ?? [];
  const now = delivery.ask.encoding ?? report.encoding?.name ?? null;
  return h("fieldset", {},
    h("legend", {}, t("report.encoding")),
    candidates.length === 0
      ? h("p", {}, h("strong", {}, now ?? d("identity.noText")), " ", h("span", { class: "quiet" }, now ? d("identity.encodingSure") : ""))
      : h("p", { class: "quiet" }, d("identity.encodingAsk")),
    h("div", { class: "side-by-side" },
      ...candidates.map((one) =>
        choice("encoding", one.name, one.name === now, () => (wish.encoding = one.name), h("strong", {}, one.name), null, one.why,
          h("ul", { class: "samples-of-text", translate: "no" }, ...one.samples.map((sample) => h("li", {}, sample)))))));
}

function choice(group: string, value: string, checked: boolean, chosen: () => void, title: Node, extra: Node | null, why: string, more: Node | null = null): HTMLElement {
  return h("label", { class: "choice" },
    h("input", { type: "radio", name: group, value, checked, onchange: chosen }),
    h("span", { class: "choice-text" }, h("span", { class: "choice-title" }, title, extra), why ? h("span", { class: "quiet" }, why) : null, more));
}

function score(value: number): HTMLElement {
  return h("span", { class: "score", title: d("identity.score", { score: percent(value) }) },
    h("span", { class: "score-bar", "aria-hidden": "true" }, h("span", { style: `inline-size:${Math.round(value * 100)}%` })), percent(value));
}

/** Field by field: the column that answers it, and why it is thought so. */
async function columnTable({ report, delivery }: Desk): Promise<Node> {
  if (!report.standard) return h("p", { class: "quiet" }, d("identity.columnsLater"));
  const { fields } = await standardOf(report.layer).catch(() => ({ fields: report.columns.map((one) => ({ name: one.field, title: {} as Record<string, string>, kind: "", required: false })) }));
  const columns = [...report.columns.map((one) => one.column), ...report.extra_columns];
  const given = delivery.ask.columns ?? {};
  const ranked = [...fields].sort((a, b) => Number(b.required) - Number(a.required));
  const rows = ranked.map((field) => {
    const mapped = report.columns.find((one) => one.field === field.name);
    const proposed = report.proposals?.columns.filter((one) => one.field === field.name).sort((a, b) => b.score - a.score)[0];
    const now = given[field.name] ?? mapped?.column ?? "";
    const evidence = given[field.name] ? d("identity.given") : mapped ? mapped.why : proposed ? proposed.why : "";
    const select = h("select", { "data-field": field.name, "data-was": now, "aria-label": d("identity.columnOf", { field: say(field.title, field.name) }) },
      h("option", { value: "", selected: now === "" }, d("identity.noColumn")),
      ...columns.map((column) => h("option", { value: column, selected: column === now }, column === proposed?.column && !now ? d("identity.proposed", { column }) : column)));
    if (!now && proposed) select.value = proposed.column;
    return h("tr", { class: !now && field.required ? (proposed ? "asked" : "lacking") : "" },
      h("th", { scope: "row" }, say(field.title, field.name), field.required ? h("span", { class: "needed", title: d("required") }, " *") : null, h("code", {}, field.name)),
      h("td", {}, select),
      h("td", { class: "quiet" }, evidence, !mapped && proposed ? h("span", {}, " ", score(proposed.score)) : null));
  });
  const optional = rows.filter((_, at) => !ranked[at]?.required && !said1(rows[at]));
  const shownRows = rows.filter((row) => !optional.includes(row));
  const body = h("tbody", {}, ...shownRows);
  return h("div", {},
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": d("identity.columns") },
      h("table", { class: "columns" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, d("identity.field")), h("th", { scope: "col" }, d("identity.column")), h("th", { scope: "col" }, d("identity.evidence")))),
        body)),
    optional.length > 0
      ? h("p", { class: "buttons" }, h("button", { type: "button", class: "small", onclick: (event: Event) => {
          body.append(...optional);
          (event.currentTarget as HTMLElement).remove();
        } }, d("identity.optional", { n: number(optional.length) })))
      : "");
}

function said1(row: HTMLElement | undefined): boolean {
  return (row?.querySelector("select")?.value ?? "") !== "";
}

/** What the table of columns says; null takes back what was said before. */
function said(table: HTMLElement): Record<string, string | null> {
  const answer: Record<string, string | null> = {};
  for (const select of table.querySelectorAll<HTMLSelectElement>("select[data-field]")) {
    const field = select.dataset["field"] ?? "";
    if (select.value) answer[field] = select.value;
    else if (select.dataset["was"]) answer[field] = null;
  }
  return answer;
}

