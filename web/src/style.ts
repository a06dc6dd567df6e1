// Puts the map's style together from the layers' own styles (data under styles/, sent by the server), the
// colours of an indicator, the faults of a report and what was clicked. One pure function: MapLibre
// compares its answer with the last one and changes only what differs.

import type {
  ExpressionSpecification,
  LayerSpecification,
  SourceSpecification,
  StyleSpecification,
} from "maplibre-gl";
import base from "../../styles/base.json";
import { address, type Bbox, type LayerInfo } from "./api";
import { INKS, NO_VALUE } from "./marks";
import type { Classes } from "./palette";

/** What a style file may say beyond the MapLibre specification. */
interface Extras {
  /** Where the style layer lies: small is below. */
  "parat:order"?: number;
  /** Paint properties that replace their namesakes at night. */
  "parat:dark"?: Record<string, unknown>;
  /** The field whose codes the legend explains. */
  "parat:key"?: string;
  /** How the legend shows a layer without codes: `fill`, `line`, `point`. */
  "parat:swatch"?: string;
}

/** A style layer as the files under styles/ hold it: without a source, which is the layer itself. */
type FileLayer = Omit<LayerSpecification, "metadata" | "paint" | "layout"> & {
  metadata?: Extras;
  paint?: Record<string, unknown>;
  layout?: Record<string, unknown>;
  minzoom?: number;
};

export interface Scene {
  layers: LayerInfo[];
  isOn: (id: string) => boolean;
  dark: boolean;
  language: string;
  /** The layer that an indicator colours, and how. */
  choropleth: { layer: string; classes: Classes } | null;
  faults: GeoJSON.FeatureCollection;
  picked: GeoJSON.FeatureCollection;
  /** What the desk lays over the map: candidates, repairs, differences; `role` says how each is drawn. */
  shapes: GeoJSON.FeatureCollection;
  /** True while the map is only the ground for what the desk shows. */
  ground: boolean;
}

/** Between water and parks below, and roads above. */
const CHOROPLETH_ORDER = 290;
export const FAULTS = "faults";
export const PICKED = "picked";
export const SHAPES = "shapes";

export function fileLayers(layer: LayerInfo): FileLayer[] {
  const sent = (layer.style ?? []) as unknown as FileLayer[];
  return sent.length > 0 ? sent : plainStyle(layer);
}

export function compose(scene: Scene): StyleSpecification {
  const sources: Record<string, SourceSpecification> = {};
  const drawn: { order: number; layer: LayerSpecification }[] = [];
  const push = (order: number, layer: unknown): void => {
    drawn.push({ order, layer: layer as LayerSpecification });
  };

  for (const layer of scene.layers) {
    sources[layer.id] = {
      type: "vector",
      tiles: [address(layer.tiles ?? "")],
      maxzoom: layer.maxzoom ?? 16,
      ...(layer.bbox ? { bounds: layer.bbox } : {}),
    };
    for (const file of fileLayers(layer)) {
      push(file.metadata?.["parat:order"] ?? 400, dress(file, layer, scene));
    }
  }
  if (scene.choropleth) {
    for (const layer of colouring(scene.choropleth.layer, scene.choropleth.classes, scene.dark)) {
      push(CHOROPLETH_ORDER, layer);
    }
  }
  sources[PICKED] = { type: "geojson", data: scene.picked };
  sources[SHAPES] = { type: "geojson", data: scene.shapes };
  sources[FAULTS] = { type: "geojson", data: scene.faults };
  for (const layer of shapeLayers(scene.dark)) push(900, layer);
  for (const layer of marks(scene.dark)) push(1000, layer);

  drawn.sort((a, b) => a.order - b.order);
  return {
    version: 8,
    sources,
    layers: [
      ...(base.layers as unknown as FileLayer[]).map((file) => paper(file, scene.dark)),
      ...drawn.map((entry) => entry.layer),
    ],
  };
}

function paper(file: FileLayer, dark: boolean): LayerSpecification {
  const { metadata, ...rest } = file;
  return { ...rest, paint: { ...file.paint, ...(dark ? metadata?.["parat:dark"] : {}) } } as LayerSpecification;
}

function dress(file: FileLayer, layer: LayerInfo, scene: Scene): unknown {
  const { metadata, ...rest } = file;
  const paint: Record<string, unknown> = { ...file.paint, ...(scene.dark ? metadata?.["parat:dark"] : {}) };
  const layout: Record<string, unknown> = { ...file.layout };
  layout["visibility"] = scene.isOn(layer.id) ? "visible" : "none";
  if (file.type === "symbol" && scene.language !== "en") {
    layout["text-field"] = local(spelt(layout["text-field"]));
  } else {
    for (const part of ["line-color", "fill-color", "circle-color"]) {
      // Hovering answers by the feature's stable id, so nothing is laid out anew.
      if (part in paint && !file.id.includes("-ground")) paint[part] = hovered(paint[part], part, scene.dark);
    }
  }
  if (scene.ground && file.type !== "symbol") {
    // What the desk shows must stand out from the city around it.
    const part = file.type === "circle" ? "circle" : file.type;
    if (paint[`${part}-opacity`] === undefined) paint[`${part}-opacity`] = 0.45;
    if (file.type === "circle") paint["circle-stroke-opacity"] = 0.45;
  }
  if (scene.choropleth && file.type === "symbol") {
    paint["text-color"] = scene.dark ? "#ffffff" : "#231d28";
    paint["text-halo-color"] = scene.dark ? "#15191d" : "#ffffff";
    paint["text-halo-width"] = 2;
  }
  if (scene.choropleth && file.type === "line" && layer.dimension === 1) {
    // Streets stay for orientation but must not compete with the values.
    paint["line-opacity"] = file.id.includes("case") ? 0 : 0.22;
  }
  if (scene.choropleth && file.type === "fill") {
    // A class must have one colour everywhere, so nothing beneath may tint it.
    paint["fill-opacity"] = 0.12;
  }
  if (scene.choropleth && file.type === "circle") {
    paint["circle-opacity"] = 0.3;
    paint["circle-stroke-opacity"] = 0.3;
  }
  return { ...rest, source: layer.id, paint, layout };
}

/** A text with `{fields}` in it, which every client reads, as the expression that it means. */
function spelt(text: unknown): unknown {
  if (typeof text !== "string") return text;
  const parts = text.split(/\{(\w+)\}/).map((part, at) => (at % 2 === 1 ? ["get", part] : part));
  return ["concat", ...parts.filter((part) => part !== "")];
}

/** `name` becomes `name_local`, where there is one. */
function local(text: unknown): unknown {
  if (!Array.isArray(text)) return text;
  if (text.length === 2 && text[0] === "get" && text[1] === "name") {
    return ["coalesce", ["get", "name_local"], ["get", "name"]];
  }
  return text.map(local);
}

/** Lines and points answer a pointer strongly; areas are large and answer with a tint. */
function hovered(colour: unknown, part: string, dark: boolean): ExpressionSpecification {
  const [area, mark] = dark ? ["#4d4129", "#ffd27a"] : ["#f6dfbd", "#b3541e"];
  const lit = part === "fill-color" ? area : mark;
  return ["case", ["boolean", ["feature-state", "hover"], false], lit, colour] as ExpressionSpecification;
}

function colouring(id: string, classes: Classes, dark: boolean): unknown[] {
  const value: ExpressionSpecification = ["to-number", ["feature-state", "value"], 0];
  const stops = classes.starts.flatMap((start, at) => [start, classes.colours[at + 1] ?? "#000"]);
  const first = classes.colours[0] ?? "#888";
  const known = ["==", ["typeof", ["feature-state", "value"]], "number"];
  const shared = { type: "fill", source: id, "source-layer": id };
  return [
    {
      ...shared,
      id: `${id}-none`,
      paint: {
        "fill-pattern": NO_VALUE + (dark ? "-dark" : ""),
        "fill-opacity": ["case", known, 0, 1],
      },
    },
    {
      ...shared,
      id: `${id}-value`,
      paint: {
        "fill-color": stops.length > 0 ? ["step", value, first, ...stops] : first,
        "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, ["case", known, 0.9, 0], 16, ["case", known, 0.7, 0]],
        "fill-antialias": false,
      },
    },
  ];
}

/** What the desk lays over the city. Colour never speaks alone: each role has its pattern, its line, its sign. */
function shapeLayers(dark: boolean): unknown[] {
  const tail = dark ? "-dark" : "";
  const inks = INKS[dark ? "dark" : "light"];
  const by = (pick: (role: keyof typeof inks) => unknown, other: unknown): unknown => [
    "match", ["get", "role"], ...(Object.keys(inks) as (keyof typeof inks)[]).flatMap((role) => [role, pick(role)]), other,
  ];
  const ink = by((role) => inks[role], inks.outline);
  const chosen = ["boolean", ["feature-state", "chosen"], false];
  const dashed = ["in", ["get", "role"], ["literal", ["removed", "before", "candidate"]]];
  const width = ["case", chosen, 5, ["==", ["get", "role"], "outline"], 1, 2.2];
  const area = ["in", "Polygon", ["geometry-type"]];
  const point = ["in", "Point", ["geometry-type"]];
  const patterned = ["in", ["get", "role"], ["literal", ["added", "removed", "changed"]]];
  return [
    { id: "shapes-fill", type: "fill", source: SHAPES, filter: ["all", area, ["in", ["get", "role"], ["literal", ["candidate", "before", "after"]]]], paint: { "fill-color": ink, "fill-opacity": ["case", chosen, 0.3, 0.08] } },
    { id: "shapes-pattern", type: "fill", source: SHAPES, filter: ["all", area, patterned], paint: { "fill-pattern": by((role) => `area-${role}${tail}`, `area-changed${tail}`), "fill-opacity": 0.9 } },
    { id: "shapes-line", type: "line", source: SHAPES, filter: ["all", ["!", point], ["!", dashed]], layout: { "line-join": "round" }, paint: { "line-color": ink, "line-width": width } },
    { id: "shapes-dash", type: "line", source: SHAPES, filter: ["all", ["!", point], dashed], paint: { "line-color": ink, "line-width": width, "line-dasharray": [2.5, 1.6] } },
    { id: "shapes-point", type: "circle", source: SHAPES, filter: point, paint: { "circle-color": ink, "circle-radius": ["case", chosen, 12, 8], "circle-stroke-color": dark ? "#15191d" : "#ffffff", "circle-stroke-width": 1.5 } },
    { id: "shapes-sign", type: "symbol", source: SHAPES, filter: patterned, layout: { "icon-image": ["concat", "sign-", ["get", "role"], tail], "icon-allow-overlap": ["step", ["zoom"], false, 15, true], "icon-ignore-placement": true } },
    // Where a layer may lie must be seen from any height, whatever stands there.
    { id: "shapes-candidate", type: "symbol", source: SHAPES, filter: ["has", "sign"], layout: { "icon-image": ["concat", "sign-", ["get", "sign"], tail], "icon-allow-overlap": true, "icon-ignore-placement": true } },
  ];
}

function marks(dark: boolean): unknown[] {
  const ink = dark ? "#ffd27a" : "#7a1fa2";
  const bad = dark ? "#ff8a75" : "#c62c1c";
  const ring = dark ? "#15191d" : "#ffffff";
  const chosen = ["boolean", ["feature-state", "chosen"], false];
  return [
    { id: "picked-line", type: "line", source: PICKED, filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": ink, "line-width": 3 } },
    { id: "picked-point", type: "circle", source: PICKED, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 10, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": ink, "circle-stroke-width": 3 } },
    { id: "faults-outline", type: "line", source: FAULTS, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": dark ? "#c9c2b6" : "#4a424e", "line-width": 1.2, "line-opacity": 0.55 } },
    { id: "faults-box", type: "line", source: FAULTS, filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": bad, "line-width": ["case", chosen, 3.5, 1.5], "line-dasharray": [2, 1.5] } },
    {
      id: "faults-point",
      type: "circle",
      source: FAULTS,
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": ["case", chosen, 11, 6],
        "circle-color": ["match", ["get", "severity"], "warning", dark ? "#f2c14e" : "#c98a00", "note", "#7d8793", bad],
        "circle-stroke-color": ring,
        "circle-stroke-width": ["case", chosen, 3, 1.5],
      },
    },
  ];
}

/** A layer that no file styles is still drawn, quietly. */
function plainStyle(layer: LayerInfo): FileLayer[] {
  const shared = { "source-layer": layer.id, metadata: { "parat:order": 450 + layer.dimension } };
  const made: FileLayer[] = [];
  if (layer.dimension === 2) {
    made.push({ ...shared, id: `${layer.id}-fill`, type: "fill", paint: { "fill-color": "#8a8fa8", "fill-opacity": 0.25 } } as FileLayer);
  }
  if (layer.dimension >= 1) {
    made.push({ ...shared, id: `${layer.id}-line`, type: "line", paint: { "line-color": "#5a6080", "line-width": 1.2 } } as FileLayer);
  } else {
    made.push({ ...shared, id: `${layer.id}-point`, type: "circle", paint: { "circle-color": "#5a6080", "circle-radius": 4, "circle-stroke-color": "#fff", "circle-stroke-width": 1 } } as FileLayer);
  }
  return made;
}

/** One line of a layer's legend; `code` null is everything else, undefined is the layer as a whole. */
export interface Swatch {
  code: string | null | undefined;
  colour: string;
  outline: string | null;
  shape: "fill" | "line" | "point";
}

/** The legend of a layer, read from its style, so that it cannot say something else than the map. */
export function swatches(layer: LayerInfo, dark: boolean): { field: string | null; lines: Swatch[] } {
  const files = fileLayers(layer).filter((file) => file.type !== "symbol");
  const chief = files.find((file) => file.metadata?.["parat:key"]) ?? files.find((file) => file.metadata?.["parat:swatch"]) ?? files[0];
  if (!chief) return { field: null, lines: [] };
  const paint = { ...chief.paint, ...(dark ? chief.metadata?.["parat:dark"] : {}) };
  const shape = chief.type === "line" ? "line" : chief.type === "circle" ? "point" : "fill";
  const edge = files.find((file) => file.type === "line" && file !== chief);
  const edgePaint = { ...edge?.paint, ...(dark ? edge?.metadata?.["parat:dark"] : {}) };
  const outline = typeof edgePaint["line-color"] === "string" ? edgePaint["line-color"] : null;
  const colour = paint[`${shape === "point" ? "circle" : shape}-color`];
  if (typeof colour === "string") return { field: null, lines: [{ code: undefined, colour, outline, shape }] };
  if (!Array.isArray(colour) || colour[0] !== "match") return { field: null, lines: [] };
  const lines: Swatch[] = [];
  for (let at = 2; at + 1 < colour.length; at += 2) {
    lines.push({ code: String(colour[at]), colour: String(colour[at + 1]), outline, shape });
  }
  lines.push({ code: null, colour: String(colour[colour.length - 1]), outline, shape });
  return { field: chief.metadata?.["parat:key"] ?? null, lines };
}

/** The zoom from which a layer shows anything. */
export function shownFrom(layer: LayerInfo): number {
  return Math.min(...fileLayers(layer).filter((file) => file.type !== "symbol").map((file) => file.minzoom ?? 0));
}

export const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** A box as a polygon. */
export function boxShape([west, south, east, north]: Bbox): GeoJSON.Polygon {
  return { type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] };
}
