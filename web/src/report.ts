// The gate's report of a layer or a delivery: the verdict, the three things to do, every rule, and the
// faults, which stand in a table and on the map and lead to each other.

import { address, getOnce, type Finding, type Page, type Place, type Report, type RuleReport, type RuleWords, type Texts } from "./api";
import { h, prose } from "./element";
import { humanise, number, say, t, tMaybe } from "./i18n";
import { badgeElement } from "./layers";
import { boxShape } from "./style";

/** This many findings of a rule are listed at first. */
const AT_FIRST = 25;

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
  const numbered = new Map<Finding, number>();
  const shapes: GeoJSON.Feature[] = [];
  for (const rule of report.rules) {
    for (const finding of rule.findings ?? []) {
      const { at, bbox } = finding.place;
      if (!at && !bbox) continue;
      const index = numbered.size;
      numbered.set(finding, index);
      const properties = { rule: rule.code, severity: finding.severity ?? rule.severity };
      // The point is drawn last so that it lies on its box; both carry the number.
      if (bbox && !at) shapes.push({ type: "Feature", id: index, properties, geometry: boxShape(bbox) });
      const spot = at ?? [(bbox![0] + bbox![2]) / 2, (bbox![1] + bbox![3]) / 2];
      shapes.push({ type: "Feature", id: index, properties, geometry: { type: "Point", coordinates: spot } });
    }
  }

  for (const line of report.outline ?? []) {
    shapes.unshift({ type: "Feature", properties: { outline: true }, geometry: { type: "LineString", coordinates: line } });
  }

  const failed = report.rules.filter((rule) => rule.outcome === "failed");
  const passed = report.rules.filter((rule) => rule.outcome === "passed");
  const notRun = report.rules.filter((rule) => rule.outcome === "not_run");
  const openers = new Map<number, () => HTMLElement | null>();
  const mark = (index: number): void => {
    const row = openers.get(index)?.();
    for (const other of document.querySelectorAll("tr.chosen")) other.classList.remove("chosen");
    row?.classList.add("chosen");
  };
  const panel: Node[] = [
    h("div", { class: `verdict verdict-${report.verdict}` },
      badgeElement(report.verdict, tMaybe(`verdict.${report.verdict}`, report.verdict)),
      h("p", {}, ...prose(report.summary))),
    report.todo.length > 0 ? h("section", { class: "todo" }, h("h3", {}, t("report.todo")), h("ol", {}, ...report.todo.map((one) => h("li", {}, ...prose(one))))) : "",
    failed.length > 0 ? h("h3", {}, t("report.rules")) : h("p", { class: "quiet" }, t("report.clean")),
    ...failed.map((rule) =>
      failedRule(rule, numbered, openers, (index, place) => {
        mark(index);
        show(index, place);
      })),
    facts(report),
    quietRules(t("report.passed", { n: number(passed.length) }), passed, (rule) => t("report.checked", { n: number(rule.checked ?? 0) })),
    quietRules(t("report.notRun", { n: number(notRun.length) }), notRun, (rule) => rule.because ?? ""),
    h("h3", {}, t("report.downloads")),
    h("p", { class: "buttons" },
      ...[["html", t("report.page")], ["csv", "CSV"], ["geojson", "GeoJSON"]].map(([ending, name]) =>
        h("a", { class: "button", href: address(`${path.replace(/^\//, "")}.${ending}`) }, name))),
  ].map((node) => (typeof node === "string" ? document.createTextNode(node) : node));

  return {
    report,
    faults: { type: "FeatureCollection", features: shapes },
    panel,
    reveal(index) {
      mark(index);
      document.querySelector("tr.chosen")?.scrollIntoView({ block: "center", behavior: "smooth" });
      document.querySelector<HTMLElement>("tr.chosen button")?.focus({ preventScroll: true });
    },
  };
}

function nameOf(rule: RuleReport): string {
  return humanise(rule.name);
}

function failedRule(
  rule: RuleReport,
  numbered: Map<Finding, number>,
  openers: Map<number, () => HTMLElement | null>,
  show: (index: number, place: Place) => void,
): HTMLElement {
  const findings = rule.findings ?? [];
  const count = rule.count ?? findings.length;
  const words = h("dl", { class: "words" });
  const rows = h("tbody", {});
  const more = h("p", { class: "buttons" });
  const fault = (finding: Finding): HTMLElement => {
    const index = numbered.get(finding);
    return h("tr", index === undefined ? {} : { "data-fault": index },
      h("td", { class: "number" }, finding.place.row === undefined ? "–" : number(finding.place.row)),
      h("td", {}, [finding.place.key, finding.place.field].filter(Boolean).join(" · ")),
      h("td", {},
        index === undefined
          ? prose(finding.message)
          : h("button", { type: "button", class: "link", title: t("report.onMap", { n: number(index + 1) }), onclick: () => show(index, finding.place) }, ...prose(finding.message)),
        finding.remedy ? h("span", { class: "remedy" }, ...prose(finding.remedy)) : null));
  };
  const list = (upTo: number): void => {
    rows.replaceChildren(...findings.slice(0, upTo).map(fault));
    const left = findings.length - upTo;
    more.replaceChildren(
      ...(left > 0 ? [h("button", { type: "button", onclick: () => list(upTo + 200) }, t("report.more", { n: number(Math.min(left, 200)) }))] : []),
      ...(count > findings.length ? [h("span", { class: "quiet" }, t("report.kept", { n: number(findings.length) }))] : []),
    );
  };
  list(AT_FIRST);
  const name = h("span", { class: "rule-name" }, nameOf(rule));
  void explain(rule).then((said) => {
    name.textContent = say(said.title, nameOf(rule));
    words.replaceChildren(...wordRows(said));
  });
  const box = h("details", { class: `rule rule-${rule.severity}` },
    h("summary", {},
      h("code", {}, rule.code),
      name,
      h("span", { class: "rule-count" }, t("report.count", { n: number(count) }), h("small", {}, tMaybe(`severity.${rule.severity}`, rule.severity)))),
    words,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": nameOf(rule) },
      h("table", { class: "findings" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "number" }, t("report.row")), h("th", { scope: "col" }, t("report.where")), h("th", { scope: "col" }, t("report.wrong")))),
        rows)),
    more);
  findings.forEach((finding, at) => {
    const index = numbered.get(finding);
    if (index === undefined) return;
    openers.set(index, () => {
      box.open = true;
      if (rows.childElementCount <= at) list(at + AT_FIRST);
      return rows.querySelector<HTMLElement>(`[data-fault="${index}"]`);
    });
  });
  return box;
}

/** What, why and how to mend, from the rule's page in the standards. */
async function explain(rule: RuleReport): Promise<RuleWords> {
  try {
    const page = await getOnce<Page>(`explain/${encodeURIComponent(rule.code)}`);
    const part = (start: string): Texts | string =>
      page.sections.find((section) => section.heading.startsWith(start))?.text ?? "";
    return { title: page.title, what: part("What"), why: part("Why"), fix: part("How") };
  } catch {
    return {};
  }
}

function wordRows(words: RuleWords): Node[] {
  return (["what", "why", "fix"] as const).flatMap((part) => {
    const text = say(words[part]);
    return text ? [h("div", {}, h("dt", {}, t(`report.${part}`)), h("dd", {}, ...prose(text)))] : [];
  });
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
