// Step 3: the faults, rule by rule, in a table and on the map, which lead to each other; one rule at a time
// where somebody wants that.

import { address } from "../api";
import { h } from "../element";
import * as faults from "../faults";
import { getLanguage, number, t } from "../i18n";
import { boundsOfMost, grown } from "../stage";
import { state } from "../state";
import { NOTHING } from "../style";
import type { Desk } from "./delivery";
import { d } from "./words";

export function make({ report, here, layer, delivery }: Desk): { body: HTMLElement; shown: () => void } {
  const { stage } = here;
  let only: string | null = null;
  const found = faults.list(report, (index, { at, bbox }) => {
    stage.chooseFault(index);
    if (at) stage.fit(grown([at[0], at[1], at[0], at[1]]));
    else if (bbox) stage.fit(grown(bbox));
  });
  const visible = (): GeoJSON.FeatureCollection => ({
    type: "FeatureCollection",
    features: found.shapes.features.filter((one) => only === null || one.properties?.["outline"] || one.properties?.["rule"] === only),
  });
  const show = (): void => {
    const faulty = visible();
    stage.show({ faults: faulty, shapes: NOTHING, faultClicked: (index) => found.reveal(index) });
    const marks = faulty.features.filter((one) => !one.properties?.["outline"]);
    const box = boundsOfMost({ type: "FeatureCollection", features: marks.length > 0 ? marks : faulty.features }, state.city.city.bbox);
    if (box) stage.fit(box);
  };
  const failed = report.rules.filter((rule) => rule.outcome === "failed");
  const filter = h("fieldset", { class: "filter" }, h("legend", { class: "unseen" }, d("faults.filter")));
  const chip = (code: string | null, text: string | Node, count: number): HTMLElement =>
    h("label", { class: "chip-choice" },
      h("input", { type: "radio", name: "rule", value: code ?? "", checked: code === only, onchange: () => {
        only = code;
        for (const box of found.list) {
          box.hidden = only !== null && box.dataset["rule"] !== only;
          if (box instanceof HTMLDetailsElement) box.open = box.dataset["rule"] === only;
        }
        show();
      } }),
      h("span", {}, text, " ", h("b", {}, number(count))));
  if (failed.length > 1) {
    filter.append(chip(null, d("faults.all"), failed.reduce((sum, rule) => sum + (rule.count ?? 0), 0)), ...failed.map((rule) => {
      const name = h("span", { class: "chip-name" }, faults.nameOf(rule));
      void faults.explain(rule).then((words) => (name.textContent = faults.faultOf(words, rule)));
      return chip(rule.code, name, rule.count ?? 0);
    }));
  }
  const path = (layer?.report ?? delivery.report).replace(/^\//, "");
  const notRun = report.rules.filter((rule) => rule.outcome === "not_run");
  const body = h("div", { class: "faults" },
    failed.length > 1 ? filter : null,
    failed.length === 0 ? h("p", {}, t("report.clean")) : stage.hasMap ? h("p", { class: "quiet" }, d("faults.lead")) : null,
    ...found.list,
    h("p", { class: "quiet" }, d("faults.rest", { passed: number(report.rules.filter((rule) => rule.outcome === "passed").length), notRun: number(notRun.length) })),
    notRun.length > 0
      ? h("details", { class: "quiet-rules" }, h("summary", {}, t("report.notRun", { n: number(notRun.length) })),
          h("ul", {}, ...notRun.map((rule) => h("li", {}, h("code", {}, rule.code), " ", faults.nameOf(rule), " ", h("span", { class: "quiet" }, rule.because ?? "")))))
      : null,
    h("p", { class: "buttons" },
      ...[["html", t("report.page")], ["csv", "CSV"], ["geojson", "GeoJSON"]].map(([ending, name]) => h("a", { class: "button", href: address(`${path}.${ending}?lang=${getLanguage()}`) }, name))));
  return { body, shown: show };
}
