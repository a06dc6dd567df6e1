// What the server says, and how it is asked. Every address is relative to the page, so the server may sit
// under a path prefix.

import type { LayerSpecification } from "maplibre-gl";

export type Bbox = [number, number, number, number];
export type Texts = Record<string, string>;
export type Verdict = "conforms" | "conforms_with_warnings" | "not_judged" | "does_not_conform";
export type LayerState = "published" | "draft" | "withheld" | "absent";

export interface CodeEntry {
  code: string;
  label: Texts | string;
}

export interface FieldInfo {
  name: string;
  title?: Texts | string | null;
  kind: string;
  unit?: string | null;
  codes?: CodeEntry[] | string | null;
}

export interface LayerInfo {
  id: string;
  title: string;
  titles?: Texts | null;
  group?: string | null;
  class?: string | null;
  state: LayerState;
  verdict: Verdict | null;
  summary?: string | null;
  features?: number | null;
  file?: string | null;
  version?: number | null;
  dimension: number;
  bbox?: Bbox | null;
  fields: FieldInfo[];
  report?: string | null;
  tiles?: string | null;
  maxzoom?: number | null;
  style?: LayerSpecification[] | null;
}

export interface Delivery {
  id: string;
  layer?: string | null;
  file: string;
  verdict: Verdict;
  summary: string;
  at?: string | null;
  report: string;
}

export interface City {
  city: { name?: string | null; names?: Texts | null; bbox?: Bbox | null };
  generation?: number;
  layers: LayerInfo[];
  deliveries: Delivery[];
}

export type Direction = "higher" | "lower" | "target" | "neutral";

export interface Indicator {
  code: string;
  title: string;
  titles?: Texts | null;
  unit?: string | null;
  direction: Direction;
  target?: number | null;
  rollup?: string | null;
  /** The layer it colours; indicators without one are not offered. */
  layer: string;
  periods: string[];
  sector?: string | null;
}

export type BreakKind = "quantile" | "equal" | "jenks";

export interface Keyed {
  id: string | number;
  key?: string | null;
  name?: string | null;
}

export interface JoinReport {
  layer: string;
  layer_version?: number | null;
  indicator: string;
  table_version?: number | string | null;
  period: string;
  matched: number;
  matched_exactly?: number;
  matched_after_normalising?: number;
  features_without_value: Keyed[];
  features_without_value_count: number;
  keys_without_feature: (string | { key: string })[];
  keys_without_feature_count: number;
  duplicate_keys: (string | { key: string })[];
  near_matches: { key: string; feature_key: string; score: number }[];
  delimitation?: { table?: string | null; layer?: string | null; agrees?: boolean | null } | null;
  quality: string;
  summary: string;
}

export interface IndicatorValues {
  period: string;
  layer: string;
  version?: number | null;
  values: Record<string, number | null>;
  breaks: Partial<Record<BreakKind, number[]>>;
  city_value?: {
    value: number | null;
    numer?: number | null;
    denom?: number | null;
    coverage?: number | null;
    rule?: string | null;
  } | null;
  join: JoinReport;
}

export interface Place {
  row?: number;
  key?: string;
  field?: string;
  at?: [number, number];
  bbox?: Bbox;
}

export interface Finding {
  place: Place;
  message: string;
  remedy?: string | null;
  measure?: number | null;
  severity?: string | null;
}

export interface RuleWords {
  title?: Texts | string;
  what?: Texts | string;
  why?: Texts | string;
  fix?: Texts | string;
  fault?: Texts | string;
}

/** The page of the standards on a rule, a layer or an attribute. */
export interface Page {
  name: string;
  title: Texts | string;
  sections: { heading: string; text: Texts | string }[];
}

export interface RuleReport {
  code: string;
  name: string;
  severity: string;
  outcome: "passed" | "failed" | "not_run";
  checked?: number;
  count?: number;
  findings?: Finding[];
  because?: string;
  needed?: boolean;
}

export interface Report {
  layer: string;
  verdict: Verdict;
  summary: string;
  todo: string[];
  source: { file: string; member?: string; layer: string; format: string };
  standard?: string | null;
  standard_chosen: string;
  /** What was taken from what a person confirmed, and whose word it was. */
  confirmed?: { part: string; what?: string[]; by?: string; at?: string; from?: string }[];
  profile: string;
  rows: number;
  crs: string | { authority?: { name: string; code: string }; wkt?: string };
  crs_origin: string;
  encoding?: { name: string; origin: string } | null;
  bbox?: Bbox | null;
  columns: { field: string; column: string; why: string }[];
  extra_columns: string[];
  notes: { kind: string; text: string; count: number }[];
  rules: RuleReport[];
  /** The outlines of what was delivered, simplified, where it could be placed. */
  outline?: [number, number][][];
  repairs: { kind: string; place: Place; before: string; after: string }[];
}

/** An answer that is not the one that was asked for. */
export class ApiError extends Error {
  constructor(
    /** The status; 0 when the server could not be reached at all. */
    readonly status: number,
    message: string,
    /** When the server asks to come back, in seconds. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** True when the same request may succeed a little later. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

/** A path of the API as an address beside the page. */
export function address(path: string): string {
  // A `{z}` must stay as it is, which URL would encode.
  return new URL(".", document.baseURI).href + path.replace(/^\//, "");
}

const TOKEN = "parat-token";

/** The token of somebody who signed in; it is forgotten with the tab. */
export function token(): string | null {
  return sessionStorage.getItem(TOKEN);
}

/** Signs in with a token, or out with none. */
export function setToken(text: string | null): void {
  if (text) sessionStorage.setItem(TOKEN, text);
  else sessionStorage.removeItem(TOKEN);
}

/** What a request says of who asks. */
export function credentials(): Record<string, string> {
  const known = token();
  return known ? { Authorization: `Bearer ${known}` } : {};
}

/** What every request says of who asks, and in which language the page is read: problems are answered in it. */
export function asking(): Record<string, string> {
  return { "Accept-Language": document.documentElement.lang || "en", ...credentials() };
}

/** Asks once. */
export function get<T>(path: string): Promise<T> {
  return send<T>("GET", path);
}

/** Sends something and reads the answer, which may be empty. */
export async function send<T>(method: string, path: string, body?: unknown, media = "application/json"): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address(path), {
      method,
      headers: {
        Accept: "application/json, application/geo+json",
        ...asking(),
        ...(body === undefined ? {} : { "Content-Type": media }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "unreachable");
  }
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
    const after = Number(answer.headers.get("retry-after"));
    throw new ApiError(answer.status, problem.detail ?? problem.title ?? answer.statusText, after > 0 ? after : null);
  }
  const text = await answer.text();
  return (text === "" ? null : JSON.parse(text)) as T;
}

/** Asks again for as long as the server is away or busy, telling `waiting` each time and `back` once. */
export async function getPatiently<T>(path: string, waiting: () => void, back: () => void): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const found = await get<T>(path);
      if (attempt > 0) back();
      return found;
    } catch (error) {
      if (!(error instanceof ApiError) || !error.passes) throw error;
      waiting();
      const seconds = error.retryAfter ?? Math.min(2 ** attempt, 15);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
}

const cache = new Map<string, Promise<unknown>>();

/** Asks once and remembers; a failure is forgotten, so that the next asking tries again. */
export function getOnce<T>(path: string): Promise<T> {
  const known = cache.get(path);
  if (known) return known as Promise<T>;
  const asked = get<T>(path);
  cache.set(path, asked);
  asked.catch(() => cache.delete(path));
  return asked;
}

/** Forgets all answers: the server has something newer. */
export function forget(): void {
  cache.clear();
}

/** The values of an indicator for a period. */
export function indicatorValues(indicator: Indicator, period: string): Promise<IndicatorValues> {
  const query = new URLSearchParams({ period, layer: indicator.layer });
  return getOnce(`indicators/${encodeURIComponent(indicator.code)}?${query}`);
}

/** One feature, with its geometry as the truth has it. */
export function feature(layer: string, id: string | number): Promise<GeoJSON.Feature> {
  return getOnce(`collections/${layer}/items/${encodeURIComponent(String(id))}`);
}

/** All features of a layer, for tables. */
export function features(layer: string): Promise<GeoJSON.FeatureCollection> {
  return getOnce(`collections/${layer}/items?limit=10000`);
}
