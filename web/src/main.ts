// Puts the page together: asks the server, draws the parts, and tells each what the others changed.

import "./app.css";
import { ApiError, feature, forget, get, getOnce, getPatiently, type Bbox, type City, type Indicator, type Place, type Report } from "./api";
import * as deliveries from "./deliveries";
import * as drawer from "./drawer";
import { byId, h } from "./element";
import { read } from "./hash";
import { languages, number, pick, say, setLanguage, t, getLanguage, type WordKey } from "./i18n";
import * as indicators from "./indicators";
import * as join from "./join";
import * as layers from "./layers";
import * as legend from "./legend";
import { createMap, hasWebGl, type CityMap } from "./map";
import * as place from "./place";
import * as plain from "./plain";
import * as report from "./report";
import { change, currentIndicator, drawable, isOn, layerById, state, watch } from "./state";
import { NOTHING, type Scene } from "./style";

let map: CityMap | null = null;
let faults: GeoJSON.FeatureCollection = NOTHING;
let picked: GeoJSON.FeatureCollection = NOTHING;
let shownReport: report.Shown | null = null;

const TABS = ["layers", "indicators", "deliveries"] as const;

function announce(text: string): void {
  byId("live").textContent = text;
}

function notice(text: string | null): void {
  const note = byId("notice");
  note.hidden = text === null;
  note.textContent = text ?? "";
}

const patience = {
  waiting: (): void => notice(t("wait")),
  back: (): void => {
    notice(null);
    announce(t("wait.back"));
  },
};

function scene(): Scene {
  const classes = legend.classes();
  const values = state.values;
  return {
    layers: drawable(),
    isOn,
    dark: state.dark,
    language: getLanguage(),
    choropleth: classes && values ? { layer: values.layer, classes } : null,
    faults,
    picked,
  };
}

function redraw(): void {
  map?.draw(scene());
}

// --- panels over the map

function openReport(id: string): void {
  change({ open: `report:${id}` });
}

/** Shows what `state.open` names; the address bar, a button and a click all come through here. */
async function openDrawer(): Promise<void> {
  const asked = state.open;
  const closed = (): void => {
    faults = NOTHING;
    shownReport = null;
    map?.chooseFault(null);
    redraw();
    if (state.open === asked) change({ open: null });
  };
  if (!asked) return drawer.close();
  const indicator = currentIndicator();
  if (asked.startsWith("report:")) return showReport(asked.slice("report:".length), closed);
  if (asked === "join" && state.values) {
    drawer.open(t("join.title"), join.report(state.values.join, showFeature), closed);
  } else if (asked === "table" && state.values && indicator) {
    drawer.open(t("table.title", { indicator: say(indicator.titles, indicator.title), period: state.values.period }), [], closed);
    const made = await join.table(state.values, indicator.unit, map ? showFeature : null).catch((error: unknown) => h("p", { class: "problem" }, String(error)));
    if (state.open === asked) drawer.fill([made]);
  }
}

async function showReport(id: string, closed: () => void): Promise<void> {
  const asked = state.open;
  const delivery = state.city.deliveries.find((one) => one.id === id);
  const layer = layerById(id);
  const heading = delivery ? t("report.of", { file: delivery.file }) : layer ? layers.title(layer) : t("report.title");
  drawer.open(heading, [h("p", { class: "quiet" }, "…")], closed);
  const path = (delivery?.report ?? layer?.report ?? `reports/${encodeURIComponent(id)}`).replace(/^\//, "");
  try {
    const found = await getOnce<Report>(path);
    if (state.open !== asked) return;
    const shown = report.draw(found, path, showFault);
    shownReport = shown;
    faults = shown.faults;
    drawer.fill(shown.panel);
    redraw();
    if (faults.features.length > 0) {
      announce(t("report.faults", { file: found.source.file, n: number(faults.features.filter((one) => one.geometry.type === "Point").length) }));
      if (!cameWithView) map?.fit(boundsOf(faults));
    }
    cameWithView = false;
  } catch (error) {
    const why = error instanceof ApiError ? error.message : String(error);
    drawer.fill([h("p", { class: "problem" }, error instanceof ApiError && error.status === 404 ? t("report.none") : t("report.failed", { why }))]);
  }
}

/** A view in the address is kept; otherwise opening a report shows all its faults. */
let cameWithView = state.view !== null;

function showFault(index: number, { at, bbox }: Place): void {
  map?.chooseFault(index);
  if (at) map?.fit(grown([at[0], at[1], at[0], at[1]]));
  else if (bbox) map?.fit(grown(bbox));
}

async function showFeature(layer: string, id: string | number): Promise<void> {
  try {
    const found = await feature(layer, id);
    picked = { type: "FeatureCollection", features: [found] };
    redraw();
    map?.fit(boundsOf(picked));
  } catch (error) {
    announce(String(error));
  }
}

function boundsOf(shapes: GeoJSON.FeatureCollection): Bbox {
  const box: Bbox = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") {
      const [x, y] = part as [number, number];
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    } else part.forEach(visit);
  };
  for (const one of shapes.features) if (one.geometry && "coordinates" in one.geometry) visit(one.geometry.coordinates);
  return grown(box);
}

/** Grown by about 150 metres, so that a point has surroundings. */
function grown([west, south, east, north]: Bbox): Bbox {
  const by = 0.0015;
  return [west - by, south - by, east + by, north + by];
}

function showPlace(hits: import("./map").Hit[]): void {
  if (state.open) change({ open: null });
  if (hits.length === 0) return drawer.close();
  // Under an indicator people ask about the coloured area, not about the street across it.
  const coloured = currentIndicator()?.layer;
  hits.sort((a, b) => Number(b.layer === coloured) - Number(a.layer === coloured));
  drawer.open(t("place.title"), place.cards(hits), () => {
    picked = NOTHING;
    redraw();
  });
  const top = hits[0];
  if (top?.id === undefined) return;
  feature(top.layer, top.id)
    .then((found) => {
      if (byId("drawer").hidden) return;
      picked = { type: "FeatureCollection", features: [found] };
      redraw();
    })
    .catch(() => undefined);
}

// --- the frame

const wants: indicators.Wants = {
  openJoin: () => change({ open: "join" }),
  openTable: () => change({ open: "table" }),
  announce,
};

function drawFrame(): void {
  const city = state.city.city;
  const name = say(city.names, city.name ?? "") || "Parat";
  byId("city").textContent = name;
  document.title = name === "Parat" ? name : `${name} · Parat`;
  for (const one of document.querySelectorAll<HTMLElement>("[data-words]")) one.textContent = t(one.dataset["words"] as WordKey);
  byId("side").setAttribute("aria-label", t("side"));
  const select = byId("language") as HTMLSelectElement;
  select.replaceChildren(...languages().map(({ code, name: own }) => h("option", { value: code, lang: code, selected: code === getLanguage() }, own)));
  drawTabs();
  drawTools();
}

function drawTabs(): void {
  const chosen = TABS.find((tab) => tab === state.tab) ?? "layers";
  const kept = state.city.deliveries.filter((one) => one.verdict === "does_not_conform").length;
  const had = document.activeElement?.id.startsWith("tab-");
  byId("tabs").replaceChildren(
    ...TABS.map((tab) =>
      h("button", {
        type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}`, "aria-selected": String(tab === chosen),
        tabindex: tab === chosen ? 0 : -1, onclick: () => { change({ tab }); unfold(true); }, onkeydown: walkTabs,
      }, t(`tab.${tab}`), tab === "deliveries" && kept > 0 ? h("span", { class: "dot" }, number(kept)) : null)),
  );
  for (const tab of TABS) byId(`panel-${tab}`).hidden = tab !== chosen;
  if (had) byId(`tab-${chosen}`).focus();
}

function walkTabs(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = TABS.indexOf(TABS.find((tab) => tab === state.tab) ?? "layers");
  change({ tab: TABS[(at + by + TABS.length) % TABS.length] ?? "layers" });
  event.preventDefault();
}

function drawTools(): void {
  document.getElementById("tools")?.remove();
  if (!map) return;
  const tool = (mark: string, words: WordKey, act: () => void): HTMLElement =>
    h("button", { type: "button", "aria-label": t(words), title: t(words), onclick: act }, mark);
  byId("stage").append(
    h("div", { id: "tools" },
      tool("+", "zoomIn", () => map?.zoomBy(1)),
      tool("−", "zoomOut", () => map?.zoomBy(-1)),
      tool("⌂", "wholeCity", () => state.city.city.bbox && map?.fit(state.city.city.bbox))));
}

/** The sheet of narrow screens: folded it shows only its tabs. */
function unfold(open: boolean): void {
  document.body.classList.toggle("folded", !open);
  byId("handle").setAttribute("aria-expanded", String(open));
}

function drawAll(): void {
  drawFrame();
  layers.draw(openReport, announce);
  indicators.draw(wants);
  deliveries.draw(openReport);
  legend.draw();
  if (!map) plain.draw(openReport);
}

watch((changed) => {
  const any = (...keys: (keyof typeof state)[]): boolean => keys.some((key) => changed.has(key));
  if (any("lang")) {
    setLanguage(pick(state.lang));
    drawAll();
  }
  if (any("tab")) drawTabs();
  if (any("indicator")) indicators.draw(wants);
  if (any("indicator", "period")) void indicators.load(wants);
  if (changed.has("indicator") && !state.indicator) announce(t("live.none"));
  if (any("values", "period")) indicators.drawValues(wants);
  if (any("values") && state.values) map?.setValues(state.values.layer, state.values.values);
  if (any("on", "values", "breaks", "hold", "dark", "lang")) redraw();
  if (any("values", "breaks", "hold", "dark")) legend.draw();
  if (any("on", "dark")) layers.draw(openReport, announce);
  if (any("values") && !map) plain.draw(openReport);
  if (any("open") || (any("values") && (state.open === "join" || state.open === "table"))) void openDrawer();
});

async function begin(): Promise<void> {
  setLanguage(pick(state.lang));
  drawFrame();
  byId("language").addEventListener("change", (event) => change({ lang: (event.target as HTMLSelectElement).value }));
  byId("handle").addEventListener("click", () => unfold(document.body.classList.contains("folded")));
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    const target = byId("map").querySelector<HTMLElement>("canvas") ?? byId("plain");
    if (target.tabIndex < 0) target.tabIndex = -1;
    target.focus();
  });
  try {
    const [city, list] = await Promise.all([
      getPatiently<City>("layers", patience.waiting, patience.back),
      getPatiently<{ indicators: Indicator[] }>("indicators", patience.waiting, patience.back),
    ]);
    state.city = { ...city, deliveries: city.deliveries ?? [] };
    state.indicators = usable(list.indicators);
  } catch (error) {
    notice(t("load.failed", { why: error instanceof Error ? error.message : String(error) }));
    return;
  }
  const name = say(state.city.city.names, state.city.city.name ?? "Parat");
  if (hasWebGl()) {
    try {
      map = createMap(scene(), state.city.city.bbox ?? null, state.view, t("map", { city: name }), {
        clicked: showPlace,
        faultClicked: (index) => {
          map?.chooseFault(index);
          shownReport?.reveal(index);
        },
        moved: (view) => {
          change({ view });
          layers.showReach(view[0]);
        },
      });
    } catch (error) {
      console.warn("no map:", error);
    }
  }
  drawAll();
  if (map) layers.showReach(map.zoom());
  if (matchMedia("(max-width: 720px)").matches) unfold(false);
  if (state.indicator) void indicators.load(wants);
  if (state.open?.startsWith("report:")) void openDrawer();
}

/** A publish while the page was away: its layers, versions and verdicts are shown when somebody comes back. */
async function refresh(): Promise<void> {
  if (document.visibilityState !== "visible" || state.city.layers.length === 0) return;
  try {
    const city = await get<City>("layers");
    if (city.generation === state.city.generation) return;
    const list = await get<{ indicators: Indicator[] }>("indicators");
    forget();
    state.city = { ...city, deliveries: city.deliveries ?? [] };
    state.indicators = usable(list.indicators);
    drawAll();
    redraw();
    if (state.indicator) void indicators.load(wants);
  } catch {
    // The next return tries again.
  }
}

function usable(all: Indicator[]): Indicator[] {
  return all.filter((one) => one.layer && one.periods.length > 0);
}

addEventListener("visibilitychange", () => void refresh());

// Somebody edited the address or followed a link to another state of this page.
addEventListener("hashchange", () => {
  const asked = read(location.hash);
  change(asked);
  if (asked.view) map?.look(asked.view);
});


void begin();
