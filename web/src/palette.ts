// Colours for classes, made in OKLCH so that steps look equally far apart, and kept to pairs that people
// with any common colour blindness tell apart: one hue running in lightness, or blue against orange.

import type { Direction } from "./api";

/** The thresholds between classes, ascending, with a colour for each class: one colour more than thresholds. */
export interface Classes {
  thresholds: number[];
  /** Where the next class begins, for comparing with `>=`: a break is the largest value of its class, so
   * it lies a hair above; a target that is met counts as met, so it lies on it. */
  starts: number[];
  colours: string[];
  /** The smallest and the largest value. */
  range: [number, number];
  /** The target the colours part at; null for a one-way ramp. */
  middle: number | null;
}

type Lch = [lightness: number, chroma: number, hue: number];

/** Hues by meaning: more is good, more is bad, neither. */
const HUE: Record<Direction, number> = { higher: 245, lower: 50, target: 245, neutral: 310 };

export function classify(
  values: number[],
  breaks: number[],
  direction: Direction,
  target: number | null | undefined,
  dark: boolean,
): Classes {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  // Servers may send the ends along; a threshold below the smallest or above the largest value parts nothing.
  let thresholds = [...new Set(breaks)].filter((edge) => edge > low && edge < high).sort((a, b) => a - b);
  const parted = target !== null && target !== undefined && target > low && target < high;
  if (!parted || direction === "neutral") {
    const colours = ramp(thresholds.length + 1, HUE[direction], dark);
    return { thresholds, starts: starts(thresholds, null, high - low), colours, range: [low, high], middle: null };
  }
  // The target takes the place of the break nearest to it, so that no class holds both sides.
  const nearest = thresholds.reduce((a, b) => (Math.abs(b - target) < Math.abs(a - target) ? b : a), thresholds[0] ?? target);
  thresholds = [...new Set(thresholds.map((edge) => (edge === nearest ? target : edge)).concat(target))].sort((a, b) => a - b);
  const below = thresholds.indexOf(target) + 1;
  const above = thresholds.length + 1 - below;
  const [worse, better] = [50, 245];
  const [under, over] = direction === "lower" ? [better, worse] : [worse, better];
  const colours = [...side(below, under, dark).reverse(), ...side(above, over, dark)];
  const met = direction === "lower" ? null : target;
  return { thresholds, starts: starts(thresholds, met, high - low), colours, range: [low, high], middle: target };
}

function starts(thresholds: number[], exact: number | null, span: number): number[] {
  return thresholds.map((edge) => (edge === exact ? edge : edge + span * 1e-9));
}

/** One hue from quiet to strong: towards dark on paper, towards bright at night. */
function ramp(count: number, hue: number, dark: boolean): string[] {
  const [from, to]: [Lch, Lch] = dark
    ? [[0.33, 0.04, hue], [0.87, 0.11, hue]]
    : [[0.93, 0.03, hue], [0.38, 0.12, hue]];
  return steps(count, from, to);
}

/** One side of a diverging ramp, from the middle outwards. */
function side(count: number, hue: number, dark: boolean): string[] {
  const [from, to]: [Lch, Lch] = dark
    ? [[0.4, 0.035, hue], [0.82, 0.13, hue]]
    : [[0.91, 0.035, hue], [0.52, 0.125, hue]];
  return steps(count, from, to);
}

function steps(count: number, from: Lch, to: Lch): string[] {
  return Array.from({ length: count }, (_, at) => {
    const share = count === 1 ? 0.6 : at / (count - 1);
    return hex([0, 1, 2].map((part) => from[part as 0] + (to[part as 0] - from[part as 0]) * share) as Lch);
  });
}

/** OKLCH to sRGB, by Ottosson's matrices; what lies outside sRGB is clamped. */
function hex([lightness, chroma, hue]: Lch): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return `#${[
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
    .map((linear) => {
      const light = Math.min(1, Math.max(0, linear));
      const shown = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
      return Math.round(shown * 255).toString(16).padStart(2, "0");
    })
    .join("")}`;
}

/** The class a value falls in. */
export function classOf(value: number, classes: Classes): number {
  return classes.starts.filter((start) => value >= start).length;
}
