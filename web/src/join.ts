// How a table met a layer: what matched, what did not on either side, and the values as a table.

import { features, type IndicatorValues, type JoinReport, type Keyed } from "./api";
import { h } from "./element";
import { getLanguage, number, percent, t, tMaybe } from "./i18n";
import { nameOf } from "./place";

/** Called with a feature that somebody wants to see. */
type Show = (layer: string, id: string | number) => void;

/** The join report as a panel. */
export function report(join: JoinReport, show: Show): Node[] {
  const exact = join.matched_exactly ?? join.matched;
  const tidied = join.matched_after_normalising ?? Math.max(0, join.matched - exact);
  const missing = join.features_without_value_count;
  const extra = join.keys_without_feature_count;
  const most = Math.max(exact, tidied, missing, extra, 1);
  const bar = (kind: string, words: string, count: number): HTMLElement =>
    h("li", { class: kind },
      h("span", {}, words),
      h("b", {}, number(count)),
      h("span", { class: "bar-track", "aria-hidden": "true" }, h("span", { class: "bar", style: `inline-size:${(count / most) * 100}%` })));
  const wards = join.delimitation;
  const sameWards =
    wards?.agrees === true
      ? t("join.sameWards", { set: wards.layer ?? wards.table ?? "" })
      : wards?.agrees === false
        ? t("join.otherWards", { table: wards.table ?? "?", layer: wards.layer ?? "?" })
        : t("join.unknownWards");
  return [
    h("p", { class: "lead" }, h("span", { class: `badge badge-quality-${join.quality}` }, tMaybe(`quality.${join.quality}`, join.quality)), " ", summary(join)),
    h("ul", { class: "bars" },
      bar("good", t("join.exact"), exact),
      bar("fair", t("join.normalised"), tidied),
      bar("poor", t("join.noValue"), missing),
      bar("poor", t("join.noFeature"), extra)),
    h("p", { class: wards?.agrees === false ? "problem" : "quiet" }, sameWards),
    ...(join.features_without_value.length > 0
      ? [h("h3", {}, t("join.noValue")), featureList(join.layer, join.features_without_value, missing, show)]
      : []),
    ...keyList(t("join.noFeature"), join.keys_without_feature, extra),
    ...keyList(t("join.duplicates"), join.duplicate_keys, join.duplicate_keys.length),
    ...(join.near_matches.length > 0
      ? [
          h("h3", {}, t("join.near")),
          h("table", {},
            h("thead", {}, h("tr", {}, h("th", {}, t("join.nearKey")), h("th", {}, t("join.nearFeature")), h("th", { class: "number" }, t("join.nearScore")))),
            h("tbody", {}, ...join.near_matches.map((near) =>
              h("tr", {}, h("td", {}, near.key), h("td", {}, near.feature_key), h("td", { class: "number" }, percent(near.score)))))),
        ]
      : []),
    h("p", { class: "quiet" }, t("join.versions", { layer: join.layer_version ?? "–", table: String(join.table_version ?? "–").slice(0, 8), period: join.period })),
  ];
}

/** The server's sentence is English; in other languages the counts are put into ours. */
export function summary(join: JoinReport): string {
  if (getLanguage() === "en") return join.summary;
  return t("join.summary", {
    matched: number(join.matched),
    missing: number(join.features_without_value_count),
    extra: number(join.keys_without_feature_count),
  });
}

function featureList(layer: string, list: Keyed[], count: number, show: Show): HTMLElement {
  return h("ul", { class: "chips" },
    ...list.map((one) => {
      const name = [one.key, one.name].filter(Boolean).join(" · ") || String(one.id);
      return h("li", {}, h("button", { type: "button", class: "chip", "aria-label": t("table.zoom", { name }), onclick: () => show(layer, one.id) }, name));
    }),
    count > list.length ? h("li", { class: "quiet" }, t("join.more", { n: number(count - list.length) })) : null);
}

function keyList(title: string, keys: (string | { key: string })[], count: number): Node[] {
  if (keys.length === 0) return [];
  return [
    h("h3", {}, title),
    h("ul", { class: "chips" },
      ...keys.map((one) => h("li", {}, h("span", { class: "chip" }, typeof one === "string" ? one : one.key))),
      count > keys.length ? h("li", { class: "quiet" }, t("join.more", { n: number(count - keys.length) })) : null),
  ];
}

/** Every feature with its value, largest first, those without at the end. */
export async function table(values: IndicatorValues, unit: string | null | undefined, show: Show | null): Promise<Node> {
  const all = await features(values.layer);
  const rows = all.features.map((one) => {
    const id = String(one.id ?? "");
    const key = one.properties?.["ward_no"] ?? one.properties?.["feature_id"] ?? "";
    return { id, name: [key, nameOf(one.properties)].filter(Boolean).join(" · ") || id, value: values.values[id] ?? null };
  });
  rows.sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity) || a.name.localeCompare(b.name, undefined, { numeric: true }));
  return h("table", { class: "values" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("table.key")), h("th", { scope: "col", class: "number" }, unit ? t("table.valueIn", { unit }) : t("table.value")))),
    h("tbody", {}, ...rows.map((row) =>
      h("tr", {},
        h("th", { scope: "row" },
          show
            ? h("button", { type: "button", class: "link", "aria-label": t("table.zoom", { name: row.name }), onclick: () => show(values.layer, row.id) }, row.name)
            : row.name),
        h("td", { class: "number" }, row.value === null ? t("key.noData") : number(row.value))))));
}
