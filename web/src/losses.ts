// What the tiles of a zoom leave out, as the server counted it when it made them: a map that leaves something
// out says so.

import { getOnce, type LayerInfo } from "./api";

export interface Counted {
  features_matched: number;
  dropped: number;
}

interface TileJson {
  losses?: Record<string, { known: boolean; zooms?: { zoom: number; sum: Counted }[] }>;
}

/** A layer this small is shown whole at every zoom. */
const ALWAYS_WHOLE = 500;

const known = new Map<string, Map<number, Counted>>();

/** Asks once for each layer that may be thinned; `told` is called when something became known. */
export function ask(layers: LayerInfo[], told: () => void): void {
  for (const layer of layers) {
    const name = `${layer.id} ${layer.version}`;
    if ((layer.features ?? 0) <= ALWAYS_WHOLE || known.has(name)) continue;
    known.set(name, new Map());
    getOnce<TileJson>(`collections/${layer.id}/tiles/WebMercatorQuad/tilejson.json`).then((tiles) => {
      for (const { zoom, sum } of tiles.losses?.[layer.id]?.zooms ?? []) known.get(name)?.set(zoom, sum);
      told();
    }, () => known.delete(name));
  }
}

/** What the tiles at a zoom of the map leave out; null where they leave out nothing or nobody counted. */
export function at(layer: LayerInfo, zoom: number): Counted | null {
  const zooms = known.get(`${layer.id} ${layer.version}`);
  if (!zooms || zooms.size === 0) return null;
  // Tiles of 512 pixels: the map shows those of the whole zoom below.
  const found = zooms.get(Math.min(Math.floor(zoom), Math.max(...zooms.keys())));
  return found && found.dropped > 0 ? found : null;
}
