// Bundles the page into dist/: index.html and favicon.svg, and under assets/ the code, the style sheet and
// MapLibre's worker, each with a hash in its name so that browsers may keep it for good. Nothing is fetched.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";

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
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "linked",
  metafile: true,
  define: { WORKER_NAME: JSON.stringify(workerName) },
  logLevel: "info",
});

let page = await readFile("src/index.html", "utf8");
for (const path of Object.keys(metafile.outputs)) {
  const name = basename(path);
  if (name.endsWith(".js")) page = page.replace('"app.js"', `"assets/${name}"`);
  if (name.endsWith(".css")) page = page.replace('"app.css"', `"assets/${name}"`);
}
await writeFile("dist/index.html", page);
await copyFile("src/favicon.svg", "dist/favicon.svg");
