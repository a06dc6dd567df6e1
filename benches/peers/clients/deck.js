// deck.gl: MVTLayer from the TileJSON of three layers; buildings stand up by their height.
import {Deck} from '@deck.gl/core';
import {MVTLayer} from '@deck.gl/geo-layers';
import {MVTLoader} from '@loaders.gl/mvt';

export default (target, {base, center, zoom, settled, failed}) => {
  const names = ['ward_boundary', 'road', 'building'];
  const counts = {};
  const layers = names.map((name) => new MVTLayer({
    id: name,
    data: `${base}/collections/${name}/tiles/WebMercatorQuad/tilejson.json`,
    uniqueIdProperty: 'feature_id',
    // Without a worker, which would come from a stranger.
    loaders: [MVTLoader],
    loadOptions: {core: {worker: false}},
    stroked: true,
    filled: name === 'building',
    extruded: name === 'building',
    getElevation: (feature) => feature.properties.height_m ?? 0,
    getFillColor: [201, 165, 120],
    getLineColor: name === 'road' ? [70, 110, 160] : [150, 60, 60],
    lineWidthMinPixels: 1,
    onTileError: failed,
    onViewportLoad: (tiles) => {
      counts[name] = tiles.reduce((sum, tile) => sum + (tile.content?.length ?? tile.content?.points?.positions?.value?.length ?? 1), 0);
      if (Object.keys(counts).length === names.length) settled(Object.values(counts).reduce((a, b) => a + b));
    },
  }));
  new Deck({
    parent: target,
    initialViewState: {longitude: center[0], latitude: center[1], zoom, pitch: 40},
    layers,
    onError: failed,
  });
};
