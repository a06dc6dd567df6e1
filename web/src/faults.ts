// The faults of a report: rule by rule with why and how to mend, every finding a row of a table and a mark on
// the map, which carry the same number and lead to each other.

import { getOnce, type Finding, type Page, type Place, type Report, type RuleReport, type RuleWords, type Texts } from "./api";
import { h, prose } from "./element";
import { humanise, number, say, t, tMaybe } from "./i18n";
import { boxShape } from "./style";

/** This many findings of a rule are listed at first. */
const AT_FIRST = 25;

export type Show = (index: number, place: Place) => void;

export interface Faults {
  /** A mark for each finding that has a place, and the outline of what was delivered. */
  shapes: GeoJSON.FeatureCollection;
  /** A box for each rule that failed. */
  list: HTMLElement[];
  /** Opens the rule of a fault, brings its row into view and marks it. */
  reveal(index: number): void;
}

/** Lists the faults. `show` is called with the number of a fault and its place when somebody asks for it. */
export function list(report: Report, show: Show): Faults {
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
  const openers = new Map<number, () => HTMLElement | null>();
  const mark = (index: number): void => {
    const row = openers.get(index)?.();
    for (const other of document.querySelectorAll("tr.chosen")) other.classList.remove("chosen");
    row?.classList.add("chosen");
  };
  const asked: Show = (index, place) => {
    mark(index);
    show(index, place);
  };
  return {
    shapes: { type: "FeatureCollection", features: shapes },
    list: report.rules.filter((rule) => rule.outcome === "failed").map((rule) => failedRule(rule, numbered, openers, asked)),
    reveal(index) {
      mark(index);
      document.querySelector("tr.chosen")?.scrollIntoView({ block: "center", behavior: "smooth" });
      document.querySelector<HTMLElement>("tr.chosen button")?.focus({ preventScroll: true });
    },
  };
}

/** What a rule is called before its words have come. */
export function nameOf(rule: RuleReport): string {
  return humanise(rule.name);
}

function failedRule(
  rule: RuleReport,
  numbered: Map<Finding, number>,
  openers: Map<number, () => HTMLElement | null>,
  show: Show,
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
    name.textContent = faultOf(said, rule);
    words.replaceChildren(...wordRows(said));
  });
  const box = h("details", { "data-rule": rule.code, class: `rule rule-${rule.severity}` },
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

/** What a report calls the fault that a rule found: `Overlaps`, where the rule itself is called `No overlap`. */
export function faultOf(words: RuleWords, rule: RuleReport): string {
  const fault = say(words.fault, say(words.title, nameOf(rule)));
  return fault.charAt(0).toLocaleUpperCase() + fault.slice(1);
}

/** What, why and how to mend, from the rule's page in the standards. */
export async function explain(rule: RuleReport): Promise<RuleWords> {
  try {
    const page = await getOnce<Page>(`explain/${encodeURIComponent(rule.code)}`);
    const part = (start: string): Texts | string =>
      page.sections.find((section) => section.heading.startsWith(start))?.text ?? "";
    return { title: page.title, what: part("What"), why: part("Why"), fix: part("How"), fault: part("What a report") };
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
