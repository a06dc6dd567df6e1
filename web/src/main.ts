// Puts the page together: asks the server, draws the parts, and tells each what the others changed.

import "maplibre-gl/dist/maplibre-gl.css";
import "./app.css";
import "./desk.css";
import { ApiError, feature, forget, get, getOnce, getPatiently, type City, type Indicator, type Place, type Report } from "./api";
import * as deliveries from "./deliveries";
import * as drawer from "./drawer";
import { hold, type Held } from "./dropped";
import { byId, h } from "./element";
import { read } from "./hash";
import { languages, number, pick, say, setLanguage, t, getLanguage, type WordKey } from "./i18n";
import * as indicators from "./indicators";
import * as join from "./join";
import * as layers from "./layers";
import * as legend from "./legend";
import * as losses from "./losses";
import type { CityMap } from "./map";
import * as place from "./place";
import * as plain from "./plain";
import * as report from "./report";
import { series } from "./series";
import { BARE, boundsOf, grown, type Overlay, type Stage } from "./stage";
import { change, currentIndicator, drawable, isOn, layerById, state, watch } from "./state";
import { NOTHING, type Scene } from "./style";

let map: CityMap | null = null;
let faults: GeoJSON.FeatureCollection = NOTHING;
let picked: GeoJSON.FeatureCollection = NOTHING;
let shownReport: report.Shown | null = null;
let overlay: Overlay = BARE;

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
    choropleth: classes && values && !state.desk ? { layer: values.layer, classes } : null,
    faults: state.desk ? overlay.faults : faults,
    picked: state.desk ? NOTHING : picked,
    shapes: overlay.shapes,
    ground: state.desk !== null,
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
    const found = await getOnce<Report>(`${path}?lang=${getLanguage()}`);
    if (state.open !== asked) return;
    const shown = report.draw(found, path, showFault);
    shownReport = shown;
    faults = shown.faults;
    const of = layerById(found.layer);
    drawer.fill([
      ...shown.panel,
      ...(of?.version
        ? [h("p", { class: "buttons" }, h("button", { type: "button", onclick: () => change({ open: null, desk: `versions:${of.id}` }) }, t("layer.versions", { layer: layers.title(of) })))]
        : []),
    ]);
    redraw();
    if (faults.features.length > 0) {
      announce(t("report.faults", { file: found.source.file, n: number(faults.features.filter((one) => one.geometry.type === "Point").length) }));
      fitTo(faults);
    }
  } catch (error) {
    const why = error instanceof ApiError ? error.message : String(error);
    drawer.fill([h("p", { class: "problem" }, error instanceof ApiError && error.status === 404 ? t("report.none") : t("report.failed", { why }))]);
  }
}

/** A view in the address is kept; otherwise opening a report shows all its faults. */
let cameWithView = state.view !== null;

function fitTo(shapes: GeoJSON.FeatureCollection): void {
  const box = boundsOf(shapes);
  if (box && !cameWithView) map?.fit(box);
  cameWithView = false;
}

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
    const box = boundsOf(picked);
    if (box) map?.fit(box);
  } catch (error) {
    announce(String(error));
  }
}

function showPlace(hits: import("./map").Hit[]): void {
  if (state.desk) return;
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

// --- the desk: files on their way in, and versions on theirs to the public

const stage: Stage = {
  get hasMap() {
    return map !== null;
  },
  show(next) {
    overlay = { ...overlay, ...next };
    redraw();
  },
  fit(bbox) {
    if (cameWithView) cameWithView = false;
    else map?.fit(bbox);
  },
  chooseFault: (index) => map?.chooseFault(index),
  chooseShape: (index) => map?.chooseShape(index),
  announce,
  refresh: () => refresh(true),
};

/** Shows what `state.desk` names in the place of the layers. Its code is fetched when it is first wanted. */
async function openDesk(files: Held | null = null): Promise<void> {
  const asked = state.desk;
  const was = document.body.classList.contains("desked");
  document.body.classList.toggle("desked", asked !== null);
  byId("desk").hidden = asked === null;
  byId("side").hidden = asked !== null;
  if (was !== (asked !== null)) map?.resize();
  overlay = BARE;
  if (asked === null) {
    if (was) (await import("./desk/desk")).leave();
    redraw();
    return;
  }
  drawer.close();
  redraw();
  const desk = await import("./desk/desk");
  if (state.desk === asked) desk.enter(asked, stage, files);
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** A file may be dropped anywhere on the page. */
function takeDrops(): void {
  let over = 0;
  const mark = (by: number): void => {
    over = by === 0 ? 0 : over + by;
    document.body.classList.toggle("dropping", over > 0);
  };
  addEventListener("dragenter", (event) => holdsFiles(event) && mark(1));
  addEventListener("dragleave", (event) => holdsFiles(event) && mark(-1));
  addEventListener("dragover", (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(0);
    dropped = event.dataTransfer && hold(event.dataTransfer);
    if (state.desk === "new") {
      void openDesk(dropped);
      dropped = null;
    } else change({ desk: "new" });
  });
}

let dropped: Held | null = null;

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

/** Puts the values of the period on the map before the server has told the rest of that period. */
async function paint(): Promise<void> {
  const indicator = currentIndicator();
  if (!indicator || !map) return;
  const all = await series(indicator);
  const now = state.period ? all?.values.get(state.period) : undefined;
  if (all && now && currentIndicator() === indicator) map.setValues(all.layer, now);
}

function drawTabs(): void {
  const chosen = TABS.find((tab) => tab === state.tab) ?? "layers";
  const kept = deliveries.keptOut();
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

/** True when this browser can draw the map at all. */
function hasWebGl(): boolean {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
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
  deliveries.begin(openReport);
  legend.draw();
  if (!map) plain.draw(openReport);
}

watch((changed) => {
  const any = (...keys: (keyof typeof state)[]): boolean => keys.some((key) => changed.has(key));
  if (any("lang")) {
    setLanguage(pick(state.lang));
    drawAll();
  }
  if (any("desk") || (any("lang") && state.desk)) {
    void openDesk(dropped);
    dropped = null;
  }
  if (any("tab")) drawTabs();
  if (any("tab", "desk")) void deliveries.load();
  if (any("indicator")) indicators.draw(wants);
  if (any("indicator", "period")) {
    void paint();
    void indicators.load(wants);
  }
  if (changed.has("indicator") && !state.indicator) announce(t("live.none"));
  if (any("values", "period")) indicators.drawValues(wants);
  if (any("values") && state.values) map?.setValues(state.values.layer, state.values.values);
  if (any("on", "values", "breaks", "hold", "dark", "lang")) redraw();
  if (any("values", "breaks", "hold", "dark")) legend.draw();
  if (any("on", "dark")) layers.draw(openReport, announce);
  if (any("values") && !map) plain.draw(openReport);
  if (any("open") || (any("lang") && state.open) || (any("values") && (state.open === "join" || state.open === "table"))) void openDrawer();
});

async function begin(): Promise<void> {
  setLanguage(pick(state.lang));
  drawFrame();
  takeDrops();
  // Those who see no map need not wait for its code.
  const drawing = hasWebGl() ? import("./map") : null;
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
  if (drawing) {
    try {
      map = (await drawing).createMap(scene(), state.city.city.bbox ?? null, state.view, t("map", { city: name }), {
        clicked: showPlace,
        faultClicked: (index) => {
          map?.chooseFault(index);
          if (state.desk) overlay.faultClicked(index);
          else shownReport?.reveal(index);
        },
        shapeClicked: (index) => overlay.shapeClicked(index),
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
  if (map) {
    layers.showReach(map.zoom());
    losses.ask(drawable(), () => layers.showReach(map?.zoom() ?? 0));
  }
  if (matchMedia("(max-width: 720px)").matches) unfold(false);
  if (state.indicator) void indicators.load(wants);
  if (state.open?.startsWith("report:")) void openDrawer();
  if (state.desk) void openDesk();
}

/** A publish while the page was away: its layers, versions and verdicts are shown when somebody comes back. */
async function refresh(surely = false): Promise<void> {
  if (document.visibilityState !== "visible" || state.city.layers.length === 0) return;
  try {
    const city = await get<City>("layers");
    if (!surely && city.generation === state.city.generation) return;
    const list = await get<{ indicators: Indicator[] }>("indicators");
    forget();
    state.city = { ...city, deliveries: city.deliveries ?? [] };
    state.indicators = usable(list.indicators);
    drawAll();
    redraw();
    losses.ask(drawable(), () => layers.showReach(map?.zoom() ?? 0));
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
