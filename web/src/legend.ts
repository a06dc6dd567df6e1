// The legend of the indicator on the map: class by class, with how many features fall in each.

import type { IndicatorValues } from "./api";
import { currentIndicator, state } from "./state";
import { byId, h } from "./element";
import { measure, number, say, t } from "./i18n";
import { classify, classOf, type Classes } from "./palette";

/** The classes of the values that are shown; null while there are none. */
export function classes(): Classes | null {
  const { values, latest, hold, breaks, dark } = state;
  const indicator = currentIndicator();
  if (!values || !indicator) return null;
  const basis = (hold && latest) || values;
  const [known, shown] = [numbers(basis), numbers(values)];
  if (known.length === 0 || shown.length === 0) return null;
  const made = classify(known, basis.breaks[breaks] ?? [], indicator.direction, indicator.target, dark);
  // The classes are the basis's; the ends hold what is shown too.
  made.range = [Math.min(made.range[0], ...shown), Math.max(made.range[1], ...shown)];
  return made;
}

function numbers(of: IndicatorValues): number[] {
  return Object.values(of.values).filter((value): value is number => value !== null);
}

/** Draws the legend, or hides it when no indicator is chosen. */
export function draw(): void {
  const key = byId("key");
  const indicator = currentIndicator();
  const made = classes();
  key.hidden = !indicator || !made || !state.values;
  if (key.hidden || !indicator || !made || !state.values) return key.replaceChildren();

  const counts = made.colours.map(() => 0);
  for (const value of numbers(state.values)) {
    const at = classOf(value, made);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const most = Math.max(...counts, 1);
  const missing = state.values.join.features_without_value_count;
  const digits = decimals(made);
  const edges = [made.range[0], ...made.thresholds, made.range[1]];

  const row = (swatch: Node, text: string | (string | Node)[], count: number, target: boolean): HTMLElement =>
    h(
      "li",
      target ? { class: "on-target" } : {},
      swatch,
      h("span", { class: "range" }, text),
      h("span", { class: "count", title: t("key.count", { n: number(count) }) },
        h("span", { class: "count-bar", style: `inline-size:${(count / most) * 100}%` }),
        h("span", { class: "count-text" }, number(count))),
    );

  key.replaceChildren(
    h("p", { class: "key-title" }, h("strong", {}, say(indicator.titles, indicator.title)),
      h("span", {}, `${state.values.period}${indicator.unit ? ` · ${indicator.unit}` : ""}`)),
    h(
      "ul",
      { "aria-label": t("key.title") },
      ...made.colours.map((colour, at) =>
        row(
          h("span", { class: "swatch", style: `background:${colour}` }),
          [number(edges[at] ?? 0, digits), h("span", {}, ` – ${number(edges[at + 1] ?? 0, digits)}`)],
          counts[at] ?? 0,
          made.middle !== null && edges[at] === made.middle,
        ),
      ),
      missing > 0 ? row(h("span", { class: "swatch hatch" }), t("key.noData"), missing, false) : null,
    ),
    h("p", { class: "key-note" },
      [
        made.middle !== null ? t("key.target", { value: measure(made.middle, indicator.unit) }) : "",
        t(`ind.direction.${indicator.direction}`),
      ].filter(Boolean).join(" · ")),
  );
}

/** As many decimals as keep neighbouring thresholds apart. */
function decimals(made: Classes): number {
  const span = made.range[1] - made.range[0];
  return span >= 100 ? 0 : span >= 5 ? 1 : span >= 0.5 ? 2 : 3;
}
