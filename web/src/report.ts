// The gate's report of a layer or a delivery: the verdict, the three things to do, every rule, the faults.

import { address, type Place, type Report, type RuleReport } from "./api";
import { h, prose } from "./element";
import * as faults from "./faults";
import { explain, nameOf } from "./faults";
import { getLanguage, humanise, number, say, t, tMaybe } from "./i18n";
import { badgeElement } from "./layers";

/** A report with its faults numbered through, the same number in the table and on the map. */
export interface Shown {
  report: Report;
  faults: GeoJSON.FeatureCollection;
  panel: Node[];
  /** Opens the rule of a fault, brings its row into view and marks it. */
  reveal(index: number): void;
}

/** Draws a report. `show` is called with the number of a fault and its place when somebody asks for it. */
export function draw(report: Report, path: string, show: (index: number, place: Place) => void): Shown {
  const failed = report.rules.filter((rule) => rule.outcome === "failed");
  const passed = report.rules.filter((rule) => rule.outcome === "passed");
  const notRun = report.rules.filter((rule) => rule.outcome === "not_run");
  const found = faults.list(report, show);
  const panel: Node[] = [
    h("div", { class: `verdict verdict-${report.verdict}` },
      badgeElement(report.verdict, tMaybe(`verdict.${report.verdict}`, report.verdict)),
      h("p", {}, ...prose(report.summary))),
    report.todo.length > 0 ? h("section", { class: "todo" }, h("h3", {}, t("report.todo")), h("ol", {}, ...report.todo.map((one) => h("li", {}, ...prose(one))))) : "",
    failed.length > 0 ? h("h3", {}, t("report.rules")) : h("p", { class: "quiet" }, t("report.clean")),
    ...found.list,
    facts(report),
    quietRules(t("report.passed", { n: number(passed.length) }), passed, (rule) => t("report.checked", { n: number(rule.checked ?? 0) })),
    quietRules(t("report.notRun", { n: number(notRun.length) }), notRun, (rule) => rule.because ?? ""),
    h("h3", {}, t("report.downloads")),
    h("p", { class: "buttons" },
      ...[["html", t("report.page")], ["csv", "CSV"], ["geojson", "GeoJSON"]].map(([ending, name]) =>
        h("a", { class: "button", href: address(`${path.replace(/^\//, "")}.${ending}?lang=${getLanguage()}`) }, name))),
  ].map((node) => (typeof node === "string" ? document.createTextNode(node) : node));

  return { report, faults: found.shapes, panel, reveal: (index) => found.reveal(index) };
}

function quietRules(title: string, rules: RuleReport[], note: (rule: RuleReport) => string): Node | string {
  if (rules.length === 0) return "";
  const names = rules.map((rule) => h("span", {}, nameOf(rule)));
  let asked = false;
  return h("details", {
      class: "quiet-rules",
      ontoggle: () => {
        if (asked) return;
        asked = true;
        rules.forEach((rule, at) => void explain(rule).then((said) => names[at]?.replaceChildren(say(said.title, nameOf(rule)))));
      },
    },
    h("summary", {}, title),
    h("ul", {}, ...rules.map((rule, at) =>
      h("li", {}, h("code", {}, rule.code), " ", names[at], " ", h("span", { class: "quiet" }, ...prose(note(rule)))))));
}

function facts(report: Report): HTMLElement {
  const { source, crs } = report;
  const crsText = typeof crs === "string" ? crs : crs.authority ? `${crs.authority.name}:${crs.authority.code}` : humanise(Object.keys(crs)[0] ?? "–");
  const rows: [string, string][] = [
    [t("report.file"), [source.file, source.member].filter(Boolean).join(" › ")],
    [t("report.format"), source.format],
    [t("report.rows"), number(report.rows)],
    [t("report.crs"), `${crsText} (${humanise(report.crs_origin).toLowerCase()})`],
    [t("report.encoding"), report.encoding ? `${report.encoding.name} (${report.encoding.origin})` : ""],
    [t("report.standard"), [report.standard, report.profile].filter(Boolean).join(" · ")],
    [t("report.columns"), report.columns.map((one) => (one.column === one.field ? one.field : `${one.column} → ${one.field}`)).join(", ")],
    [t("report.extra"), report.extra_columns.join(", ")],
    [t("report.notes"), report.notes.map((note) => note.text).join(" ")],
    [t("report.repairs"), report.repairs.length > 0 ? number(report.repairs.length) : ""],
  ];
  return h("details", { class: "quiet-rules" },
    h("summary", {}, t("report.facts")),
    h("dl", { class: "attributes" }, ...rows.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}
