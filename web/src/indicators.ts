// The chooser of indicator, period and classes, the value of the whole city, and how the table joined.

import { ApiError, indicatorValues, type BreakKind, type Indicator, type IndicatorValues } from "./api";
import { change, currentIndicator, state } from "./state";
import { byId, h } from "./element";
import { summary } from "./join";
import { humanise, measure, number, percent, say, t, tMaybe } from "./i18n";

export interface Wants {
  openJoin(): void;
  openTable(): void;
  announce(text: string): void;
}

const BREAKS: BreakKind[] = ["quantile", "equal", "jenks"];
const STEP_MS = 1400;

let playing: ReturnType<typeof setInterval> | undefined;

/** Draws the whole panel; `drawValues` later fills in what a period brings. */
export function draw(wants: Wants): void {
  const panel = byId("panel-indicators");
  if (state.indicators.length === 0) {
    panel.replaceChildren(h("p", { class: "quiet" }, t("ind.noneAtAll")));
    return;
  }
  const sectors = new Map<string, Indicator[]>();
  for (const one of state.indicators) {
    const sector = one.sector ?? "";
    sectors.set(sector, [...(sectors.get(sector) ?? []), one]);
  }
  const chosen = currentIndicator();
  const period = chosen ? Math.max(0, chosen.periods.indexOf(state.period ?? "")) : 0;
  panel.replaceChildren(
    h("label", { class: "field", for: "indicator" }, t("ind.choose")),
    h("select", { id: "indicator", onchange: (event: Event) => choose((event.target as HTMLSelectElement).value || null) },
      h("option", { value: "", selected: !chosen }, t("ind.none")),
      ...[...sectors].map(([sector, list]) =>
        h("optgroup", { label: tMaybe(`sector.${sector}`, humanise(sector)) },
          ...list.map((one) => h("option", { value: one.code, selected: one.code === chosen?.code }, say(one.titles, one.title)))))),
    ...(chosen
      ? [
          h("div", { class: "period" },
            h("label", { class: "field", for: "period" }, t("ind.period")),
            h("output", { for: "period", id: "period-now" }, chosen.periods[period] ?? ""),
            chosen.periods.length > 1
              ? h("button", { type: "button", id: "play", class: "small", "aria-pressed": "false", onclick: () => play(chosen) }, t("ind.play"))
              : null),
          h("input", {
            type: "range", id: "period", min: 0, max: Math.max(0, chosen.periods.length - 1), step: 1, value: period,
            disabled: chosen.periods.length < 2, "aria-valuetext": chosen.periods[period] ?? "",
            oninput: (event: Event) => {
              stop();
              change({ period: chosen.periods[Number((event.target as HTMLInputElement).value)] ?? null });
            },
          }),
          h("div", { class: "ticks", "aria-hidden": "true" }, ...chosen.periods.map((one) => h("span", {}, one))),
          h("fieldset", { class: "segments" },
            h("legend", { class: "field" }, t("ind.breaks")),
            ...BREAKS.map((kind) =>
              h("label", {},
                h("input", { type: "radio", name: "breaks", value: kind, checked: kind === state.breaks, onchange: () => change({ breaks: kind }) }),
                h("span", {}, t(`breaks.${kind}`))))),
          ...(chosen.periods.length > 1
            ? [h("label", { class: "hold" },
                h("input", { type: "checkbox", id: "hold", checked: state.hold, onchange: (event: Event) => change({ hold: (event.target as HTMLInputElement).checked }) }),
                t("ind.hold"))]
            : []),
          h("div", { id: "values" }),
        ]
      : [h("p", { class: "quiet" }, t("ind.lead"))]),
  );
  drawValues(wants);
}

/** Fills in the city's value and the join, or says why there are none. */
export function drawValues(wants: Wants, failure: string | null = null): void {
  const into = document.getElementById("values");
  const indicator = currentIndicator();
  if (!into || !indicator) return;
  const at = indicator.periods.indexOf(state.period ?? "");
  const slider = document.getElementById("period") as HTMLInputElement | null;
  if (slider && at >= 0) {
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", state.period ?? "");
    byId("period-now").textContent = state.period ?? "";
  }
  if (failure) return into.replaceChildren(h("p", { class: "problem" }, t("ind.failed", { why: failure })));
  const values = state.values;
  if (!values) return;
  into.replaceChildren(cityCard(indicator, values), joinCard(values, wants));
}

function cityCard(indicator: Indicator, values: IndicatorValues): HTMLElement {
  const city = values.city_value;
  if (!city || city.value === null) {
    return h("section", { class: "city-value" }, h("h3", {}, t("ind.city")), h("p", { class: "quiet" }, t("ind.noCity")));
  }
  const rule = tMaybe(`ind.rule.${(city.rule ?? indicator.rollup ?? "none").split(/[(:]/)[0]}`, city.rule ?? "");
  const facts = [
    typeof indicator.target === "number" ? t("ind.target", { value: measure(indicator.target, indicator.unit) }) : "",
    typeof city.coverage === "number" ? t("ind.coverage", { share: percent(city.coverage) }) : "",
  ].filter(Boolean);
  return h(
    "section",
    { class: "city-value" },
    h("h3", {}, t("ind.city")),
    h("p", { class: "figure" }, number(city.value), h("small", {}, ` ${indicator.unit ?? ""}`)),
    facts.length > 0 ? h("p", {}, facts.join(" · ")) : null,
    h("p", { class: "quiet" }, rule,
      typeof city.numer === "number" && typeof city.denom === "number"
        ? ` ${t("ind.fraction", { numer: number(city.numer, 0), denom: number(city.denom, 0) })}`
        : null),
  );
}

function joinCard(values: IndicatorValues, wants: Wants): HTMLElement {
  const join = values.join;
  return h(
    "section",
    { class: "join-card" },
    h("h3", {}, t("ind.join"), " ", h("span", { class: `badge badge-quality-${join.quality}` }, tMaybe(`quality.${join.quality}`, join.quality))),
    h("p", {}, summary(join)),
    h("p", { class: "buttons" },
      h("button", { type: "button", id: "open-join", onclick: wants.openJoin }, t("ind.joinOpen")),
      h("button", { type: "button", id: "open-table", onclick: wants.openTable }, t("ind.table"))),
  );
}

function choose(code: string | null): void {
  stop();
  const next = state.indicators.find((one) => one.code === code);
  // The period stays where the new indicator has it too; else the latest.
  const period = next?.periods.find((one) => one === state.period) ?? next?.periods.at(-1) ?? null;
  change({ indicator: code, period, values: null, latest: null });
}

function play(indicator: Indicator): void {
  if (playing !== undefined) return stop();
  const button = byId("play");
  button.setAttribute("aria-pressed", "true");
  button.textContent = t("ind.pause");
  const step = (): void => {
    const at = indicator.periods.indexOf(state.period ?? "");
    change({ period: indicator.periods[(at + 1) % indicator.periods.length] ?? null });
  };
  step();
  playing = setInterval(step, STEP_MS);
}

function stop(): void {
  if (playing === undefined) return;
  clearInterval(playing);
  playing = undefined;
  const button = document.getElementById("play");
  button?.setAttribute("aria-pressed", "false");
  if (button) button.textContent = t("ind.play");
}

let asked = 0;

/** Gets the values of what is chosen; the newest question wins, whatever order the answers come in. */
export async function load(wants: Wants): Promise<void> {
  asked += 1;
  const mine = asked;
  const indicator = currentIndicator();
  if (!indicator) {
    if (state.indicator) change({ indicator: null });
    change({ values: null });
    return;
  }
  const period = indicator.periods.includes(state.period ?? "") ? state.period : indicator.periods.at(-1);
  if (!period) return;
  if (period !== state.period) return change({ period });
  try {
    const [values, latest] = await Promise.all([
      indicatorValues(indicator, period),
      indicatorValues(indicator, indicator.periods.at(-1) ?? period).catch(() => null),
    ]);
    if (mine !== asked) return;
    change({ values, latest });
    wants.announce(t("live.indicator", { indicator: say(indicator.titles, indicator.title), period }));
  } catch (error) {
    if (mine !== asked) return;
    change({ values: null });
    drawValues(wants, error instanceof ApiError ? error.message : String(error));
  }
}
