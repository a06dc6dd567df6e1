// What the desk may ask of the map, whether there is one or not.

import type { Bbox } from "./api";
import { NOTHING } from "./style";

/** What lies over the city while the desk is open, and who hears of clicks on it. */
export interface Overlay {
  faults: GeoJSON.FeatureCollection;
  shapes: GeoJSON.FeatureCollection;
  faultClicked(index: number): void;
  shapeClicked(index: number): void;
}

export const BARE: Overlay = { faults: NOTHING, shapes: NOTHING, faultClicked: () => undefined, shapeClicked: () => undefined };

export interface Stage {
  /** False where the browser draws no map: then nothing should lead to it. */
  readonly hasMap: boolean;
  show(overlay: Partial<Overlay>): void;
  fit(bbox: Bbox): void;
  chooseFault(index: number | null): void;
  chooseShape(index: number | null): void;
  announce(text: string): void;
  /** Asks the server again for the city: something was published, or a delivery changed. */
  refresh(): Promise<void>;
}

/** The box around shapes, grown by about 150 metres, so that a point has surroundings; null around nothing. */
export function boundsOf(shapes: GeoJSON.FeatureCollection): Bbox | null {
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
  return box[0] <= box[2] ? grown(box) : null;
}

/** The box around most of the shapes: what lies far outside the city, when most does not, is left to be flown to,
 * because a map that shows both shows nothing. */
export function boundsOfMost(shapes: GeoJSON.FeatureCollection, city: Bbox | null | undefined): Bbox | null {
  if (!city) return boundsOf(shapes);
  const [wide, high] = [(city[2] - city[0]) / 2, (city[3] - city[1]) / 2];
  const near = shapes.features.filter((one) => {
    const box = boundsOf({ type: "FeatureCollection", features: [one] });
    return box !== null && box[0] > city[0] - wide && box[1] > city[1] - high && box[2] < city[2] + wide && box[3] < city[3] + high;
  });
  return boundsOf(near.length * 2 >= shapes.features.length ? { type: "FeatureCollection", features: near } : shapes);
}

/** Grown by about 150 metres. */
export function grown([west, south, east, north]: Bbox): Bbox {
  const by = 0.0015;
  return [west - by, south - by, east + by, north + by];
}
