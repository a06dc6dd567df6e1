// An indicator through time, as arrays beside the layer: fetched once, so that moving through the periods
// changes what features carry and asks the server for nothing.

import { getOnce, type Indicator } from "./api";

export interface Series {
  code: string;
  layer: string;
  /** By period: feature id to value. */
  values: ReadonlyMap<string, Record<string, number | null>>;
}

interface SideArray {
  layer: string;
  periods: { label: string }[];
  ids: number[];
  values: (number | null)[][];
}

/** All periods of an indicator; null where the server cannot tell. */
export async function series(indicator: Indicator): Promise<Series | null> {
  const query = new URLSearchParams({ layer: indicator.layer });
  try {
    const found = await getOnce<SideArray>(`indicators/${encodeURIComponent(indicator.code)}/values?${query}`);
    const values = new Map(
      found.periods.map(({ label }, at) => {
        const column = found.values[at] ?? [];
        return [label, Object.fromEntries(found.ids.map((id, row) => [id, column[row] ?? null]))] as const;
      }),
    );
    return { code: indicator.code, layer: found.layer, values };
  } catch {
    return null;
  }
}
