// OpenLayers: one layer by XYZ from its TileJSON, the others by OGC API Tiles, drawn in its own plain style.
import MVT from 'ol/format/MVT.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import Map from 'ol/Map.js';
import 'ol/ol.css';
import {fromLonLat} from 'ol/proj.js';
import OGCVectorTile from 'ol/source/OGCVectorTile.js';
import VectorTile from 'ol/source/VectorTile.js';
import View from 'ol/View.js';

export default async (target, {base, center, zoom, settled, failed}) => {
  const tilejson = await (await fetch(`${base}/collections/building/tiles/WebMercatorQuad/tilejson.json`)).json();
  const sources = [
    new OGCVectorTile({
      url: `${base}/collections/ward_boundary/tiles/WebMercatorQuad`,
      format: new MVT({layers: ['ward_boundary']}),
    }),
    new OGCVectorTile({url: `${base}/tiles/WebMercatorQuad?collections=road,park`, format: new MVT({layers: ['road', 'park']})}),
    new VectorTile({urls: tilejson.tiles, maxZoom: tilejson.maxzoom, format: new MVT({layers: ['building']})}),
  ];
  const map = new Map({
    target,
    layers: sources.map((source) => {
      source.on('tileloaderror', () => failed('a tile did not load'));
      source.on('change', () => source.getState() === 'error' && failed('a source failed'));
      return new VectorTileLayer({source});
    }),
    view: new View({center: fromLonLat(center), zoom: zoom + 1}),
  });
  map.on('loadend', () => {
    const seen = map.getView().calculateExtent();
    settled(map.getAllLayers().reduce((sum, layer) => sum + layer.getFeaturesInExtent(seen).length, 0));
  });
};
