// What lies where somebody clicked: every feature there with its attributes, in the words of its standard.

import { feature, type FieldInfo, type Indicator, type LayerInfo } from "./api";
import { currentIndicator, layerById, state } from "./state";
import { h, svg } from "./element";
import { humanise, measure, moment, number, say, t } from "./i18n";
import { code, title } from "./layers";
import type { Hit } from "./map";
import { series } from "./series";

/** At most this many features are told of one click. */
const MOST = 12;

/** The cards of what was hit, topmost first. */
export function cards(hits: Hit[]): Node[] {
  if (hits.length === 0) return [h("p", { class: "quiet" }, t("place.none"))];
  return hits.slice(0, MOST).map((hit, at) => card(hit, at === 0));
}

function card(hit: Hit, first: boolean): HTMLElement {
  const layer = layerById(hit.layer);
  const name = nameOf(hit.properties);
  const list = h("dl", { class: "attributes" });
  const fillIn = (properties: Record<string, unknown>): void => {
    list.replaceChildren(...attributes(layer, properties));
  };
  fillIn(hit.properties);
  // A tile may have left attributes out; the feature itself has them all.
  if (hit.id !== undefined) {
    feature(hit.layer, hit.id)
      .then((found) => fillIn({ ...hit.properties, ...found.properties }))
      .catch(() => undefined);
  }
  const indicator = currentIndicator();
  const series = indicator && indicator.layer === hit.layer && hit.id !== undefined ? h("div", { class: "series" }) : null;
  if (series && indicator) void overTime(series, indicator, String(hit.id));
  return h(
    "details",
    { class: "card", open: first || series !== null },
    h("summary", {}, h("span", { class: "card-layer" }, layer ? title(layer) : humanise(hit.layer)), name ? h("strong", {}, name) : null),
    series,
    list,
  );
}

/** What a feature calls itself. */
export function nameOf(properties: Record<string, unknown> | null): string {
  for (const field of document.documentElement.lang === "en" ? ["name", "name_local"] : ["name_local", "name"]) {
    const value = properties?.[field];
    if (typeof value === "string" && value) return value;
  }
  return "";
}

function attributes(layer: LayerInfo | undefined, properties: Record<string, unknown>): Node[] {
  const known = layer?.fields ?? [];
  const order = [...known.map((field) => field.name), ...Object.keys(properties)];
  return [...new Set(order)].flatMap((name) => {
    const value = properties[name];
    if (value === null || value === undefined || value === "") return [];
    const field = known.find((one) => one.name === name);
    return [
      h("div", {}, h("dt", { title: name }, titleOf(field, name)), h("dd", {}, valueText(layer, field, name, value))),
    ];
  });
}

function titleOf(field: FieldInfo | undefined, name: string): string {
  const text = say(field?.title);
  return text && text !== name ? text : humanise(name);
}

function valueText(layer: LayerInfo | undefined, field: FieldInfo | undefined, name: string, value: unknown): string {
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (field?.codes) return code(layer, name, String(value));
  if (typeof value === "number") {
    // Years, numbers of wards and codes are names, not quantities.
    const counted = field?.unit || ["real", "decimal"].includes(field?.kind ?? "") || /^(pop|hh)_/.test(name);
    return counted ? measure(value, field?.unit) : String(value);
  }
  if (typeof value === "string" && (field?.kind === "date" || field?.kind === "datetime")) return moment(value);
  return String(value);
}

async function overTime(into: HTMLElement, indicator: Indicator, id: string): Promise<void> {
  const all = await series(indicator);
  const answers = indicator.periods.map((period) => all?.values.get(period)?.[id] ?? null);
  const now = indicator.periods.indexOf(state.values?.period ?? "");
  const value = answers[now] ?? null;
  into.replaceChildren(
    h("p", {}, h("span", {}, say(indicator.titles, indicator.title)), h("strong", {}, value === null ? t("key.noData") : measure(value, indicator.unit))),
    ...(answers.filter((one) => one !== null).length > 1 ? [sparkline(indicator, answers, now)] : []),
  );
}

function sparkline(indicator: Indicator, values: (number | null)[], now: number): Node {
  const [wide, high, edge] = [280, 56, 8];
  const known = values.filter((value): value is number => value !== null);
  const [low, top] = [Math.min(...known), Math.max(...known)];
  const x = (at: number): number => edge + (at * (wide - 2 * edge)) / Math.max(1, values.length - 1);
  const y = (value: number): number => high - edge - ((value - low) * (high - 2 * edge)) / (top - low || 1);
  const points = values.flatMap((value, at) => (value === null ? [] : [{ at, value }]));
  const text = points.map(({ at, value }) => `${indicator.periods[at]}: ${number(value)}`).join(", ");
  return h(
    "figure",
    { class: "sparkline" },
    svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": text },
      svg("polyline", { points: points.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ") }),
      ...points.map(({ at, value }) =>
        svg("circle", { cx: x(at), cy: y(value), r: at === now ? 4.5 : 2.5, class: at === now ? "now" : "" },
          svg("title", {}, `${indicator.periods[at]}: ${measure(value, indicator.unit)}`)))),
    h("figcaption", {}, h("span", {}, indicator.periods[0] ?? ""), h("span", {}, indicator.periods.at(-1) ?? "")),
  );
}
