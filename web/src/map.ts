// The map itself: MapLibre with our style, what hovers, what is clicked, where it looks.

import { Map as GlMap, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { MapGeoJSONFeature, PointLike } from "maplibre-gl";
import type { Bbox } from "./api";
import { byId } from "./element";
import type { View } from "./hash";
import { state } from "./state";
import { imagesOf } from "./marks";
import { compose, FAULTS, PICKED, SHAPES, type Scene } from "./style";

declare const WORKER_NAME: string;

export interface Hit {
  layer: string;
  id: string | number | undefined;
  properties: Record<string, unknown>;
}

export interface Listeners {
  clicked(hits: Hit[]): void;
  faultClicked(index: number): void;
  shapeClicked(index: number): void;
  moved(view: View): void;
}

export interface CityMap {
  draw(scene: Scene): void;
  /** Gives a layer's features their values; geometry stays as it is in the browser's cache. */
  setValues(layer: string, values: Record<string, number | null>): void;
  chooseFault(index: number | null): void;
  chooseShape(index: number | null): void;
  fit(bbox: Bbox, animate?: boolean): void;
  look(view: View): void;
  zoomBy(steps: number): void;
  zoom(): number;
  resize(): void;
}

/** How close a click must come, in pixels: fingers are wider than one. */
const REACH_PX = 5;

export function createMap(scene: Scene, city: Bbox | null, view: View | null, label: string, listeners: Listeners): CityMap {
  setWorkerUrl(new URL(WORKER_NAME, import.meta.url).href);
  // An indicator's legend stands at the left of a wide map.
  const margin = state.indicator && innerWidth > 1100 ? 300 : 24;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new GlMap({
    container: "map",
    style: compose(scene),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxPitch: 0,
    maxZoom: 20,
    fadeDuration: calm ? 0 : 200,
    locale: { "Map.Title": label },
    ...(view
      ? { zoom: view[0], center: [view[2], view[1]] as [number, number] }
      : city
        ? { bounds: city, fitBoundsOptions: { padding: { top: 24, right: 24, bottom: 24, left: margin } } }
        : {}),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-right");
  for (const { id, image, scale } of [...imagesOf(false), ...imagesOf(true)]) {
    map.on("style.load", () => map.hasImage(id) || map.addImage(id, image, { pixelRatio: scale }));
  }
  // For tests and for people who look under the bonnet.
  Object.assign(window, { paratMap: map });

  let ready = false;
  let latest = scene;
  let shownValues: { layer: string; values: Record<string, number | null> } | null = null;
  let chosenFault: number | null = null;
  let chosenShape: number | null = null;
  let hovered: { source: string; sourceLayer: string; id: string | number } | null = null;

  const applyValues = (): void => {
    if (!ready || !shownValues) return;
    const { layer, values } = shownValues;
    if (!map.getSource(layer)) return;
    map.removeFeatureState({ source: layer, sourceLayer: layer });
    for (const [id, value] of Object.entries(values)) {
      if (value !== null) map.setFeatureState({ source: layer, sourceLayer: layer, id: Number(id) }, { value });
    }
  };
  const applyFault = (): void => {
    if (!ready || !map.getSource(FAULTS)) return;
    map.removeFeatureState({ source: FAULTS });
    if (chosenFault !== null) map.setFeatureState({ source: FAULTS, id: chosenFault }, { chosen: true });
    map.removeFeatureState({ source: SHAPES });
    if (chosenShape !== null) map.setFeatureState({ source: SHAPES, id: chosenShape }, { chosen: true });
  };

  map.once("style.load", () => {
    ready = true;
    map.setStyle(compose(latest), { diff: true });
    applyValues();
    applyFault();
  });

  const hits = (at: PointLike | [PointLike, PointLike]): MapGeoJSONFeature[] =>
    map.queryRenderedFeatures(at).filter((found) => found.source !== PICKED && !found.properties["outline"]);

  const around = (x: number, y: number): [PointLike, PointLike] => [
    [x - REACH_PX, y - REACH_PX],
    [x + REACH_PX, y + REACH_PX],
  ];

  const inspect = (x: number, y: number): void => {
    const near = hits(around(x, y));
    const fault = near.find((found) => found.source === FAULTS);
    if (fault && typeof fault.id === "number") return listeners.faultClicked(fault.id);
    const shape = near.find((found) => found.source === SHAPES);
    if (shape && typeof shape.id === "number") return listeners.shapeClicked(shape.id);
    // Points and lines may be near; areas must hold the very place.
    const exact = new Set(hits([x, y]).map((found) => `${found.source} ${found.id}`));
    const seen = new Map<string, Hit>();
    for (const found of near) {
      const name = `${found.source} ${found.id}`;
      const area = found.geometry.type.endsWith("Polygon");
      if (seen.has(name) || (area && !exact.has(name))) continue;
      seen.set(name, { layer: found.source, id: found.id, properties: found.properties });
    }
    listeners.clicked([...seen.values()]);
  };

  const hover = (found: MapGeoJSONFeature | undefined): void => {
    if (hovered && (hovered.id !== found?.id || hovered.source !== found.source)) {
      map.removeFeatureState(hovered, "hover");
      hovered = null;
    }
    if (found && found.id !== undefined && !hovered && found.source !== FAULTS && found.source !== SHAPES) {
      hovered = { source: found.source, sourceLayer: found.source, id: found.id };
      map.setFeatureState(hovered, { hover: true });
    }
    map.getCanvas().style.cursor = found ? "pointer" : "";
  };

  map.on("click", (event) => inspect(event.point.x, event.point.y));
  map.on("mousemove", (event) => {
    const found = hits(around(event.point.x, event.point.y));
    hover(found.find((hit) => !hit.geometry.type.endsWith("Polygon")) ?? hits(event.point)[0]);
  });
  map.on("mouseout", () => hover(undefined));
  map.on("moveend", () => {
    const { lat, lng } = map.getCenter();
    listeners.moved([map.getZoom(), lat, lng]);
  });
  // The keyboard's click: what lies under the cross in the middle.
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const { clientWidth, clientHeight } = map.getContainer();
    inspect(clientWidth / 2, clientHeight / 2);
  });
  // A tile that does not come is asked for again when the map moves; the notice belongs to the layers.
  map.on("error", (event) => {
    if (event.error && !/Failed to fetch|AJAXError|503/.test(String(event.error))) console.error(event.error);
  });

  const padding = (): { top: number; bottom: number; left: number; right: number } => {
    // The drawer lies over the map: what is shown should not lie under it.
    const drawer = byId("drawer");
    const even = { top: 48, bottom: 48, left: 48, right: 48 };
    if (drawer.hidden) return even;
    const stage = map.getContainer().getBoundingClientRect();
    const over = drawer.getBoundingClientRect();
    if (over.right <= stage.left + 1) return even;
    if (over.width >= stage.width - 1) even.bottom += Math.max(0, stage.bottom - over.top);
    else even.right += Math.max(0, stage.right - over.left);
    // A small screen has no room for margins.
    if (stage.height - even.bottom < 96) even.bottom = Math.max(24, stage.height - 96);
    return even;
  };

  return {
    draw(next) {
      latest = next;
      if (ready) map.setStyle(compose(next), { diff: true });
      applyFault();
    },
    setValues(layer, values) {
      shownValues = { layer, values };
      applyValues();
    },
    chooseFault(index) {
      chosenFault = index;
      applyFault();
    },
    chooseShape(index) {
      chosenShape = index;
      applyFault();
    },
    fit(bbox, animate = true) {
      map.fitBounds(bbox, { padding: padding(), maxZoom: 17, duration: animate && !calm ? 700 : 0 });
    },
    look([zoom, lat, lon]) {
      map.jumpTo({ zoom, center: [lon, lat] });
    },
    zoomBy(steps) {
      map.easeTo({ zoom: map.getZoom() + steps, duration: calm ? 0 : 250 });
    },
    zoom: () => map.getZoom(),
    resize: () => void map.resize(),
  };
}
