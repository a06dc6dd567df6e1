// Bundles the page into dist/: index.html and favicon.svg, and under assets/ the code, the style sheet and
// MapLibre's worker, each with a hash in its name so that browsers may keep it for good. Nothing is fetched.
// The map and the desk are pieces of their own, fetched when they are first wanted.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

/** What may be sent before the layers stand in the list, compressed: code and style sheet. */
const FIRST_BYTES = 45_000;

await rm("dist", { recursive: true, force: true });
await mkdir("dist/assets", { recursive: true });

// The comment that names a source map goes, because browsers' tools would ask the server for a file it
// has not.
const shipped = await readFile("node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", "utf8");
const worker = shipped.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
const workerName = `worker-${createHash("sha256").update(worker).digest("hex").slice(0, 8)}.js`;
await writeFile(`dist/assets/${workerName}`, worker);

const { metafile } = await build({
  entryPoints: { app: "src/main.ts" },
  outdir: "dist/assets",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  charset: "utf8",
  legalComments: "linked",
  metafile: true,
  define: { WORKER_NAME: JSON.stringify(workerName) },
  logLevel: "info",
});

const [entry, { imports, cssBundle }] = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === "src/main.ts");
const first = [entry, cssBundle, ...imports.filter((one) => one.kind === "import-statement").map((one) => one.path)];
let page = await readFile("src/index.html", "utf8");
page = page.replace('"app.js"', `"assets/${basename(entry)}"`).replace('"app.css"', `"assets/${basename(cssBundle)}"`);
await writeFile("dist/index.html", page);
await copyFile("src/favicon.svg", "dist/favicon.svg");

let bytes = 0;
for (const path of first) bytes += gzipSync(await readFile(path)).length;
console.log(`${bytes} bytes, compressed, before the layers stand in the list`);
if (bytes > FIRST_BYTES) throw new Error(`the page begins with more than ${FIRST_BYTES} bytes`);
