// What `@mapbox/vector-tile` reads in tiles, and what the specification says of them that only raw rings show.
// Reads paths of files from its input, one a line; writes one line of JSON for each: layers with their features as
// [id, type, properties, rings], and faults. `MODULES` is the folder in which npm has put its packages.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {pathToFileURL} from 'node:url';

const require = createRequire(pathToFileURL(`${process.env.MODULES}/`));
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const {VectorTile} = await load('@mapbox/vector-tile');
const {PbfReader} = await load('pbf');

/** Twice the area of a ring by the surveyor's formula; positive for an outer one, as y points down. */
const area = (ring) => {
  let sum = 0;
  for (let at = 0; at < ring.length - 1; at++) {
    sum += ring[at].x * ring[at + 1].y - ring[at + 1].x * ring[at].y;
  }
  return sum;
};

const faultsOf = (type, rings) => {
  const faults = [];
  if (!rings.length) faults.push('no geometry');
  for (const [at, ring] of rings.entries()) {
    if (type === 3) {
      const twice = area(ring);
      if (ring.length < 4) faults.push('ring of less than three corners');
      if (twice === 0) faults.push('ring without area');
      if (at === 0 && twice < 0) faults.push('first ring winds as a hole');
    } else if (type === 2 && ring.length < 2) faults.push('line of one point');
    if (type === 2 || type === 3) {
      for (let to = 1; to < ring.length; to++) {
        if (ring[to].x === ring[to - 1].x && ring[to].y === ring[to - 1].y) faults.push('a corner twice');
      }
    }
  }
  return faults;
};

for await (const file of createInterface({input: process.stdin})) {
  const told = {layers: {}, faults: []};
  try {
    const tile = new VectorTile(new PbfReader(readFileSync(file)));
    for (const [name, layer] of Object.entries(tile.layers)) {
      if (layer.version !== 2 || layer.extent !== 4096) told.faults.push(`${name}: version or extent`);
      const ids = new Set();
      told.layers[name] = [];
      for (let at = 0; at < layer.length; at++) {
        const feature = layer.feature(at);
        const rings = feature.loadGeometry();
        if (feature.id !== undefined && ids.has(feature.id)) told.faults.push(`${name}: id ${feature.id} twice`);
        ids.add(feature.id);
        for (const fault of faultsOf(feature.type, rings)) told.faults.push(`${name} ${feature.id}: ${fault}`);
        told.layers[name].push([feature.id ?? null, feature.type, feature.properties,
          rings.map((ring) => ring.map(({x, y}) => [x, y]))]);
      }
      if (!layer.length) told.faults.push(`${name}: a layer without features`);
    }
  } catch (error) {
    told.faults.push(String(error));
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
