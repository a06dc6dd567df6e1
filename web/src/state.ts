// What the page knows, in one place. Parts change it through `change` and hear of it through `watch`.

import type { City, Indicator, IndicatorValues, LayerInfo } from "./api";
import { read, write, type Settings } from "./hash";

export interface State extends Settings {
  city: City;
  indicators: Indicator[];
  /** The values on the map; null while none are chosen or still loading. */
  values: IndicatorValues | null;
  /** The values of the latest period, whose classes all periods may share. */
  latest: IndicatorValues | null;
  dark: boolean;
}

type Change = Partial<State>;
type Watcher = (changed: ReadonlySet<keyof State>) => void;

const night = matchMedia("(prefers-color-scheme: dark)");

export const state: State = {
  ...read(location.hash),
  city: { city: {}, layers: [], deliveries: [] },
  indicators: [],
  values: null,
  latest: null,
  dark: night.matches,
};

const watchers: Watcher[] = [];

export function watch(watcher: Watcher): void {
  watchers.push(watcher);
}

export function change(patch: Change): void {
  const changed = new Set<keyof State>();
  for (const key of Object.keys(patch) as (keyof State)[]) {
    if (state[key] !== patch[key]) changed.add(key);
  }
  if (changed.size === 0) return;
  Object.assign(state, patch);
  for (const watcher of watchers) watcher(changed);
  // Replaced, not pushed: the back button leaves the page instead of walking through every pan. Another
  // page of the desk is a step of its own.
  const pushed = read(location.hash).desk !== state.desk;
  history[pushed ? "pushState" : "replaceState"](null, "", write(state));
}

night.addEventListener("change", () => change({ dark: night.matches }));

/** The layers that have tiles, in the server's order. */
export function drawable(): LayerInfo[] {
  return state.city.layers.filter((layer) => layer.tiles && (layer.state === "published" || layer.state === "draft"));
}

export function isOn(id: string): boolean {
  return state.on === null || state.on.includes(id);
}

export function layerById(id: string): LayerInfo | undefined {
  return state.city.layers.find((layer) => layer.id === id);
}

export function currentIndicator(): Indicator | undefined {
  return state.indicators.find((indicator) => indicator.code === state.indicator);
}
