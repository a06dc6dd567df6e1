// MapLibre GL with the server's own style of the city.
import {Map, setWorkerUrl} from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';

// Its worker is a module of its own beside it.
setWorkerUrl('/maplibre-gl-worker.mjs');

export default (target, {base, center, zoom, settled, failed}) => {
  const map = new Map({container: target, style: `${base}/styles/city`, center, zoom});
  map.on('error', (event) => failed(event.error));
  map.once('idle', () => settled(map.queryRenderedFeatures().length));
};
