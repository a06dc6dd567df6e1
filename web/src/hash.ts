// The page's address keeps what is looked at, so that it can be sent to somebody:
// #view=12.4/18.52/73.85&on=road,park&ind=SLB-2.1.1&period=2024-25&breaks=jenks&open=report:road&lang=hi

import type { BreakKind } from "./api";

/** Zoom, latitude, longitude, in the order map addresses usually have. */
export type View = [zoom: number, lat: number, lon: number];

export interface Settings {
  view: View | null;
  /** The layers that are switched on; null is the server's whole set. */
  on: string[] | null;
  indicator: string | null;
  period: string | null;
  breaks: BreakKind;
  /** True when all periods are shown in the classes of the latest, so that colours can be compared. */
  hold: boolean;
  tab: string;
  /** What the drawer shows: `report:…`, `join`, `table`. */
  open: string | null;
  lang: string | null;
  /** What the desk shows in the place of the layers: `new`, a delivery's id, `version:ward_boundary@3`, … */
  desk: string | null;
}

const BREAKS: BreakKind[] = ["quantile", "equal", "jenks"];

export function read(hash: string): Settings {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const view = asked.get("view")?.split("/").map(Number) ?? [];
  const on = asked.get("on");
  return {
    view: view.length === 3 && view.every(Number.isFinite) ? (view as View) : null,
    on: on === null ? null : on.split(",").filter(Boolean),
    indicator: asked.get("ind"),
    period: asked.get("period"),
    breaks: BREAKS.find((kind) => kind === asked.get("breaks")) ?? "quantile",
    hold: asked.get("hold") !== "no",
    tab: asked.get("tab") ?? (asked.get("ind") ? "indicators" : "layers"),
    open: asked.get("open"),
    lang: asked.get("lang"),
    desk: asked.get("desk"),
  };
}

export function write(settings: Settings): string {
  const said = new URLSearchParams();
  if (settings.view) {
    const [zoom, lat, lon] = settings.view;
    said.set("view", `${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}`);
  }
  if (settings.on) said.set("on", settings.on.join(","));
  if (settings.indicator) {
    said.set("ind", settings.indicator);
    if (settings.period) said.set("period", settings.period);
    if (settings.breaks !== "quantile") said.set("breaks", settings.breaks);
    if (!settings.hold) said.set("hold", "no");
  }
  if (settings.tab !== (settings.indicator ? "indicators" : "layers")) said.set("tab", settings.tab);
  if (settings.open) said.set("open", settings.open);
  if (settings.desk) said.set("desk", settings.desk);
  if (settings.lang) said.set("lang", settings.lang);
  // These are safe in a fragment, and an address that can be read is easier to trust.
  return `#${String(said).replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@")}`;
}
