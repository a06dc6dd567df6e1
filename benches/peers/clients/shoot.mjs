// Draws a running server's city in three clients of the browser and keeps a picture of each.
//
// usage: MODULES=folder/node_modules node shoot.mjs URL FOLDER [ZOOM [CLIENTS]]
//
// Fails when a client complains, asks a stranger, or draws nothing; the pictures are for eyes.
import {mkdir, readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const [base, folder, zoom = '14.5', only = 'maplibre,openlayers,deck'] = process.argv.slice(2);
const clients = only.split(',');
const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(pathToFileURL(`${process.env.MODULES}/`));
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const esbuild = (await load('esbuild')).default;
const {chromium} = (await load('playwright-core')).default;

const {center} = await (await fetch(`${base}/collections/ward_boundary/tiles/WebMercatorQuad/tilejson.json`)).json();
const main = (name) => `
  import draw from './${name}.js';
  window.faults = [];
  draw(document.getElementById('map'), {
    base: ${JSON.stringify(base)}, center: ${JSON.stringify(center.slice(0, 2))}, zoom: ${Number(zoom)},
    settled: (count) => { window.drawn = count; },
    failed: (error) => window.faults.push(String(error?.message ?? error)),
  });`;
const bundles = {};
for (const part of ['maplibre-gl-worker.mjs', 'maplibre-gl-shared.mjs']) {
  bundles[`/${part}`] = await readFile(join(dirname(require.resolve('maplibre-gl/dist/maplibre-gl.css')), part));
}
for (const name of clients) {
  const built = await esbuild.build({
    stdin: {contents: main(name), resolveDir: here}, bundle: true, write: false, outdir: 'out', format: 'esm',
    nodePaths: [process.env.MODULES], loader: {'.css': 'css'}, logLevel: 'error', define: {'process.env.NODE_ENV': '"production"'},
  });
  for (const file of built.outputFiles) bundles[`/${name}${file.path.endsWith('.css') ? '.css' : '.js'}`] = file.text;
}
const page = (name) => `<!doctype html><meta charset="utf-8"><title>${name}</title><link rel="stylesheet" href="/${name}.css">
  <style>html, body, #map { margin: 0; width: 100%; height: 100%; position: relative; background: #fff }</style><link rel="icon" href="data:,">
  <div id="map"></div><script type="module" src="/${name}.js"></script>`;
// An address of its own, so that what the server sends must be open to other origins.
const site = createServer((request, response) => {
  const path = request.url;
  const type = /\.m?js$/.test(path) ? 'text/javascript' : path.endsWith('.css') ? 'text/css' : 'text/html';
  response.writeHead(200, {'Content-Type': type}).end(/\.(m?js|css)$/.test(path) ? bundles[path] ?? '' : page(path.slice(1)));
});
await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
const origin = `http://127.0.0.1:${site.address().port}`;

await mkdir(folder, {recursive: true});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
});
let wrong = 0;
for (const name of clients) {
  const tab = await browser.newPage({viewport: {width: 1200, height: 800}});
  const seen = [];
  let tiles = 0;
  tab.on('console', (message) => ['error', 'warning'].includes(message.type()) && !/GPU stall|swiftshader|WebGL/i.test(message.text()) && seen.push(message.text()));
  tab.on('pageerror', (error) => seen.push(`uncaught: ${error.message}`));
  tab.on('request', (request) => {
    const url = request.url();
    if (!/^(blob|data):/.test(url) && !url.startsWith(base) && !url.startsWith(origin)) seen.push(`asks a stranger: ${url}`);
  });
  tab.on('response', (response) => {
    if (response.status() >= 400) seen.push(`${response.status()} ${response.url()}`);
    if (/\.mvt|WebMercatorQuad\/\d/.test(response.url())) tiles += 1;
  });
  await tab.goto(`${origin}/${name}`);
  await tab.waitForFunction(() => window.drawn !== undefined, null, {timeout: 120_000}).catch(() => seen.push('did not settle'));
  await tab.waitForTimeout(1500);
  await tab.screenshot({path: join(folder, `${name}.png`)});
  const {drawn, faults} = await tab.evaluate(() => ({drawn: window.drawn, faults: window.faults}));
  const said = [...new Set([...seen, ...(faults ?? [])])];
  console.log(`${name}: ${drawn} features at the middle, ${tiles} tiles asked for${said.length ? `\n  ${said.slice(0, 8).join('\n  ')}` : ', no complaint'}`);
  if (said.length || !drawn) wrong += 1;
  await tab.close();
}
await browser.close();
site.close();
process.exit(wrong ? 1 : 0);
