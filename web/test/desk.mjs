// The desk in a real browser, against a running server that lets whoever is at the machine write: a faulty file
// goes in and is seen, mended, described, submitted, compared, approved, published; then the version before it
// comes back. It changes what the server publishes, and puts it back.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LAYER = "ward_boundary";

/** The wards that the server shows, with faults that a person makes: one crosses itself, one has no number, one
 * is drawn twice as large in numbers. */
async function faultyWards(url) {
  const all = await (await fetch(new URL(`collections/${LAYER}/items?limit=1000`, url))).json();
  const features = all.features.map((one) => ({ type: "Feature", properties: { ...one.properties }, geometry: one.geometry }));
  const ring = outer(features[3]);
  [ring[1], ring[2]] = [ring[2], ring[1]];
  features[5].properties.name = `${features[5].properties.name} Extension`;
  return { type: "FeatureCollection", features };
}

function outer(feature) {
  const { type, coordinates } = feature.geometry;
  return type === "Polygon" ? coordinates[0] : coordinates[0][0];
}

/** Eastings and northings of UTM by the series of Snyder (1987), good to a millimetre here. */
function utm([lon, lat]) {
  const [a, f, k] = [6378137, 1 / 298.257223563, 0.9996];
  const zone = Math.floor((lon + 180) / 6) + 1;
  const e2 = f * (2 - f);
  const ep = e2 / (1 - e2);
  const phi = (lat * Math.PI) / 180;
  const n = a / Math.sqrt(1 - e2 * Math.sin(phi) ** 2);
  const t = Math.tan(phi) ** 2;
  const c = ep * Math.cos(phi) ** 2;
  const al = ((lon - (zone * 6 - 183)) * Math.PI * Math.cos(phi)) / 180;
  const m = a * ((1 - e2 / 4 - (3 * e2 ** 2) / 64 - (5 * e2 ** 3) / 256) * phi - ((3 * e2) / 8 + (3 * e2 ** 2) / 32 + (45 * e2 ** 3) / 1024) * Math.sin(2 * phi)
    + ((15 * e2 ** 2) / 256 + (45 * e2 ** 3) / 1024) * Math.sin(4 * phi) - ((35 * e2 ** 3) / 3072) * Math.sin(6 * phi));
  const x = k * n * (al + ((1 - t + c) * al ** 3) / 6 + ((5 - 18 * t + t * t + 72 * c - 58 * ep) * al ** 5) / 120) + 500_000;
  const y = k * (m + n * Math.tan(phi) * (al ** 2 / 2 + ((5 - t + 9 * c + 4 * c * c) * al ** 4) / 24 + ((61 - 58 * t + t * t + 600 * c - 330 * ep) * al ** 6) / 720));
  return [zone, x, y];
}

/** Toilets as a table in metres that does not say in which system. */
async function metres(url) {
  const all = await (await fetch(new URL("collections/toilet/items?limit=1000", url))).json();
  const names = Object.keys(all.features[0].properties).filter((name) => !["lon", "lat"].includes(name));
  let zone = 0;
  const rows = all.features.map((one) => {
    const [at, x, y] = utm(one.geometry.coordinates);
    zone = at;
    return [x.toFixed(2), y.toFixed(2), ...names.map((name) => `"${String(one.properties[name] ?? "").replaceAll('"', '""')}"`)].join(",");
  });
  return { zone, text: [["x", "y", ...names].join(","), ...rows].join("\n") };
}

/** The parts of a shapefile of one point, as Esri's paper describes them. */
function shapefile([lon, lat]) {
  const header = (bytes) => {
    const head = Buffer.alloc(100);
    head.writeInt32BE(9994, 0);
    head.writeInt32BE(bytes / 2, 24);
    head.writeInt32LE(1000, 28);
    head.writeInt32LE(1, 32);
    [lon, lat, lon, lat].forEach((side, at) => head.writeDoubleLE(side, 36 + 8 * at));
    return head;
  };
  const record = Buffer.alloc(28);
  record.writeInt32BE(1, 0);
  record.writeInt32BE(10, 4);
  record.writeInt32LE(1, 8);
  record.writeDoubleLE(lon, 12);
  record.writeDoubleLE(lat, 20);
  const place = Buffer.alloc(8);
  place.writeInt32BE(50, 0);
  place.writeInt32BE(10, 4);
  const table = Buffer.alloc(65 + 9 + 1, 0x20);
  table.set([3, 126, 1, 1, 1, 0, 0, 0, 65, 0, 9, 0]);
  table.fill(0, 12, 32);
  table.fill(0, 32, 64);
  table.write("NAME", 32, "latin1");
  table.write("C", 43, "latin1");
  table.writeUInt8(8, 48);
  table.writeUInt8(0x0d, 64);
  table.write(" Toilet", 65, "latin1");
  table.writeUInt8(0x1a, 74);
  const prj = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]';
  return { shp: Buffer.concat([header(128), record]), shx: Buffer.concat([header(108), place]), dbf: table, prj: Buffer.from(prj) };
}

/** A file with two layers. */
function twoLayers([lon, lat]) {
  const place = (name, by) => `<Placemark><name>${name}</name><Point><coordinates>${lon + by},${lat}</coordinates></Point></Placemark>`;
  return `<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>Public toilets</name>${place("North", 0)}</Folder><Folder><name>Parks</name>${place("South", 0.001)}</Folder></Document></kml>`;
}

/** Lets files and folders of the disk fall onto the page, as a hand does. */
async function drop(page, files) {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await devtools.send("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
    await page.waitForTimeout(500);
  }
}

/** What reaches beyond the right edge of the screen, by tag, class and text. */
const widest = (page) => page.evaluate(() =>
  [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
    .slice(-3)
    .map((one) => `${one.tagName}.${one.className} "${one.textContent.slice(0, 60)}"`)
    .join(", "));

export async function desk({ browser, url, open, step, shoot, settled }) {
  const who = await fetch(new URL("deliveries?limit=1", url));
  if (who.status !== 200) {
    console.log(`skipped: the desk (deliveries answer ${who.status})`);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "parat-page-"));
  const { page, seen, context } = await open(browser, "", { viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(30_000);
  const generation = async () => (await (await fetch(new URL("layers", url))).json()).generation;
  const verdictOf = () => page.locator(".gate-card .badge").first().getAttribute("class");
  const openStep = async (id) => {
    if (!(await page.locator(`#step-${id}`).isVisible())) await page.click(`#head-${id}`);
  };
  // The server may know this test already: what it goes back to, and who sends, are of this run.
  const before = (await (await fetch(new URL(`collections/${LAYER}/versions`, url))).json()).public;
  const sender = `Survey office ${Date.now()}`;
  const gone = () => page.evaluate(() => document.querySelector(".steps")?.classList.add("old"));
  const again = () => page.waitForSelector(".steps:not(.old)", { timeout: 60_000 });

  await step("a file is chosen, goes up, and its verdict stands on top with three things to do", async () => {
    await page.click("#tab-deliveries");
    await page.click("#deliver");
    await page.waitForSelector(".drop");
    await shoot(page, "desk-new");
    const file = join(folder, "wards_2026.geojson");
    await writeFile(file, JSON.stringify(await faultyWards(url)));
    await page.fill("#source", sender);
    await page.setInputFiles("#files", file);
    await page.waitForFunction(() => /desk=d-\d+/.test(location.hash), null, { timeout: 60_000 });
    await again();
    assert.match(await verdictOf(), /badge-does_not_conform/);
    const todo = await page.locator(".gate-card .todo li").count();
    assert.ok(todo >= 1 && todo <= 3, `${todo} things to do`);
    await shoot(page, "desk-verdict");
  });
  await step("a fault in the table leads to the map, and its mark on the map to the row", async () => {
    await openStep("faults");
    await page.waitForFunction(() => window.paratMap.getSource("faults") && !window.paratMap.isMoving());
    await settled(page);
    const rule = page.locator(".faults details.rule", { has: page.locator("tr[data-fault]") }).first();
    await rule.locator("summary").click();
    await page.evaluate(() => window.paratMap.jumpTo({ zoom: 11 }));
    await rule.locator("tr[data-fault] button").first().click();
    await page.waitForFunction(() => window.paratMap.getZoom() > 12);
    await page.waitForFunction(() => !window.paratMap.isMoving());
    await settled(page);
    await shoot(page, "desk-faults");
    await page.evaluate(() => document.querySelector("tr.chosen").classList.remove("chosen"));
    const spot = await page.evaluate(() => {
      const map = window.paratMap;
      const box = map.getContainer().getBoundingClientRect();
      const [one] = map.queryRenderedFeatures({ layers: ["faults-point"] });
      const at = map.project(one.geometry.coordinates);
      return [box.left + at.x, box.top + at.y];
    });
    await page.mouse.click(...spot);
    await page.waitForSelector("tr.chosen");
  });
  await step("one rule can be looked at alone, in the table and on the map", async () => {
    const chips = page.locator(".filter label");
    if ((await chips.count()) === 0) return;
    await chips.nth(1).click();
    const code = await page.locator(".filter input").nth(1).getAttribute("value");
    assert.equal(await page.locator(".faults details.rule:visible").count(), 1);
    await settled(page);
    const drawn = await page.evaluate(() => [...new Set(window.paratMap.queryRenderedFeatures({ layers: ["faults-point"] }).map((one) => one.properties.rule))]);
    for (const one of drawn) assert.equal(one, code);
  });
  await step("safe repairs are shown before and after, made, counted, and taken back", async () => {
    await openStep("mend");
    const sum = async () => (await page.locator(".mend .balance .figures").innerText()).match(/\d+/g).map(Number);
    const [read, accepted, repaired, aside] = await sum();
    assert.equal(read, accepted + repaired + aside);
    assert.equal(repaired, 0);
    await page.locator(".offer summary").first().click();
    await settled(page);
    await shoot(page, "desk-repairs");
    await gone();
    await page.locator(".mend .primary").click();
    await again();
    const mended = await sum();
    assert.equal(mended[0], mended[1] + mended[2] + mended[3]);
    assert.ok(mended[2] > 0, "rows were repaired");
    await shoot(page, "desk-repaired");
    await gone();
    await page.getByRole("button", { name: "Take all repairs back" }).click();
    await again();
    assert.equal((await sum())[2], 0);
    await gone();
    await page.locator(".mend .primary").click();
    await again();
  });
  await step("the metadata form asks for what is lacking, is saved, and then the file conforms", async () => {
    await openStep("metadata");
    await page.waitForSelector(".metadata .element");
    const said = { reference_date: "2026-03-31", abstract: "Electoral wards of the city after the last delimitation.", publisher: "Municipal Corporation", contact: "GIS cell, gis@example.org", lineage: "Drawn from the gazette.", scale: "1:2000", jurisdiction: "The city" };
    for (const field of await page.locator(".metadata [data-element]").all()) {
      const name = await field.getAttribute("data-element");
      if (said[name] && (await field.isVisible())) await field.fill(said[name]);
    }
    await shoot(page, "desk-metadata");
    await gone();
    await page.locator(".metadata .primary").click();
    await again();
    assert.match(await verdictOf(), /badge-conforms/);
  });
  let version = 0;
  await step("it is submitted, and its review shows the difference as numbers, as a table and on the map", async () => {
    await page.click(".gate-card .primary");
    await page.locator("#step-submit .primary").click();
    await page.waitForFunction(() => location.hash.includes("desk=version"));
    version = Number((await page.evaluate(() => location.hash)).match(/@(\d+)/)[1]);
    await page.waitForSelector(".tallies");
    const changed = Number(await page.locator("label.tally b").nth(3).innerText());
    assert.ok(changed >= 1, "the renamed ward counts as changed");
    assert.ok((await page.locator(".diff-table tbody tr").count()) >= 1);
    await page.waitForFunction(() => window.paratMap.getSource("shapes")?.serialize().data.features.length > 0);
    await settled(page);
    await shoot(page, "desk-review");
    await page.locator(".diff-table tbody button").first().click();
    await page.waitForSelector(".diff-table tr.chosen");
  });
  await step("returning asks for a reason; approving and publishing make it the public one", async () => {
    await page.getByRole("button", { name: "Return with the comment" }).click();
    await page.waitForSelector(".decide .problem");
    const generationBefore = await generation();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.waitForSelector(".gate-card .badge-approved");
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await page.waitForSelector(".gate-card .badge-published");
    assert.ok((await generation()) > generationBefore);
    const items = await (await fetch(new URL(`collections/${LAYER}/items?limit=1000`, url))).json();
    assert.ok(items.features.some((one) => String(one.properties.name).endsWith("Extension")));
  });
  await step("an earlier version is published again, and the journal is whole", async () => {
    await page.click(".back");
    await page.waitForSelector(".versions .version");
    await shoot(page, "desk-versions");
    await page.getByRole("button", { name: `Version ${before}`, exact: true }).click();
    await page.getByRole("button", { name: "Publish this version again" }).click();
    await page.waitForSelector(".gate-card .badge-published");
    const items = await (await fetch(new URL(`collections/${LAYER}/items?limit=1000`, url))).json();
    assert.ok(!items.features.some((one) => String(one.properties.name).endsWith("Extension")));
    await page.evaluate(() => (location.hash = "#desk=journal"));
    await page.waitForSelector(".journal li");
    await page.getByRole("button", { name: "Check the chain" }).click();
    await page.waitForSelector(".good");
    await shoot(page, "desk-journal");
  });
  await step("a table in metres: the system is proposed with its place on the map, chosen there, and kept", async () => {
    const { zone, text } = await metres(url);
    const file = join(folder, "toilets_metres.csv");
    await writeFile(file, text);
    await page.evaluate(() => (location.hash = "#desk=new"));
    await page.waitForSelector(".drop");
    await page.setInputFiles("#files", file);
    await page.waitForFunction(() => /desk=d-\d+/.test(location.hash), null, { timeout: 60_000 });
    await again();
    await openStep("identity");
    const wanted = page.locator(`input[name=crs][value="EPSG:${32600 + zone}"]`);
    await wanted.waitFor();
    await settled(page);
    await shoot(page, "desk-identity");
    await wanted.check();
    await gone();
    await page.locator(".identity > .buttons .primary").click();
    await again();
    assert.match(await page.locator("[data-step=identity] .step-says").innerText(), new RegExp(String(32600 + zone)));
  });
  const middle = (await (await fetch(new URL("collections/toilet/items?limit=1", url))).json()).features[0].geometry.coordinates;
  await step("a folder is dropped: parts go as one, files of one name in two folders apart, and what is no layer stays", async () => {
    for (const office of ["north", "south"]) {
      await mkdir(join(folder, "city", office), { recursive: true });
      for (const [part, bytes] of Object.entries(shapefile(middle))) await writeFile(join(folder, "city", office, `toilets.${part}`), bytes);
    }
    await writeFile(join(folder, "city", "read me.txt"), "As agreed by telephone.");
    // From the map, as somebody does who has not looked for the button.
    await page.click(".back");
    await page.waitForSelector("#side:not([hidden])");
    await drop(page, [join(folder, "city")]);
    await page.waitForFunction(() => document.querySelectorAll(".parcel.done").length === 2, null, { timeout: 60_000 });
    const said = await page.locator("#desk").innerText();
    for (const word of ["in city/north", "in city/south", "read me.txt"]) assert.ok(said.includes(word), word);
    assert.equal(await page.locator(".parcel", { hasText: "Sent as one archive" }).count(), 2);
    await shoot(page, "desk-folder");
    await page.locator(".parcel a, .parcel button", { hasText: "Open" }).first().click();
    await page.waitForSelector(".steps", { timeout: 60_000 });
    assert.match(await page.locator("[data-step=file] .step-says").innerText(), /Shapefile/);
  });
  await step("two files are dropped at once and a file with two layers shows each with its own verdict", async () => {
    const files = [join(folder, "one.kml"), join(folder, "two.kml")];
    for (const file of files) await writeFile(file, twoLayers(middle));
    await page.evaluate(() => (location.hash = "#desk=new"));
    await page.waitForSelector(".drop");
    await drop(page, files);
    await page.waitForFunction(() => document.querySelectorAll(".parcel.done").length === 2, null, { timeout: 60_000 });
    await page.locator(".parcel a, .parcel button", { hasText: "Open" }).first().click();
    await page.waitForSelector(".layer-tabs", { timeout: 60_000 });
    assert.equal(await page.locator(".layer-tabs button").count(), 2);
    const first = await page.locator(".gate-card").innerText();
    await page.locator(".layer-tabs button").nth(1).click();
    await page.waitForFunction(() => document.querySelector(".layer-tabs button:nth-child(2)")?.getAttribute("aria-current") === "true");
    await page.waitForSelector(".steps");
    assert.notEqual(await page.locator(".gate-card").innerText(), first);
    await shoot(page, "desk-layers");
  });
  await step("the desk had no console message and asked nobody else", () => {
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.strangers, []);
  });
  const delivery = (await (await fetch(new URL("deliveries?limit=2", url))).json()).deliveries.at(-1).id;
  await context.close();

  for (const [name, viewport, colorScheme, lang] of [
    ["phone", { width: 360, height: 740 }, "light", "en"],
    ["phone", { width: 360, height: 740 }, "dark", "hi"],
    ["tablet", { width: 768, height: 1024 }, "light", "hi"],
    ["tablet", { width: 768, height: 1024 }, "dark", "en"],
    ["wide", { width: 1440, height: 900 }, "dark", "hi"],
  ]) {
    await step(`the desk on a ${name}, ${colorScheme}, ${lang}: nothing is wider than the screen, every step opens`, async () => {
      for (const hash of ["new", delivery, `version:${LAYER}@${version}`]) {
        const { page, seen, context } = await open(browser, `#lang=${lang}&desk=${hash}`, { viewport, colorScheme, hasTouch: name !== "wide" });
        await page.waitForSelector(hash === "new" ? ".drop" : hash === delivery ? ".steps" : ".tallies");
        const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        const steps = hash === delivery ? ["file", "identity", "faults", "mend", "metadata", "submit"] : [null];
        for (const one of steps) {
          if (one && !(await page.locator(`#step-${one}`).isVisible())) await page.click(`#head-${one}`);
          assert.ok((await wide()) <= 0, `${hash} ${one ?? ""}: no horizontal scroll, but ${await widest(page)}`);
          await shoot(page, `desk-${name}-${colorScheme}-${hash.split(":")[0]}${one ? `-${one}` : ""}`);
        }
        assert.deepEqual(seen.errors, []);
        assert.deepEqual(seen.strangers, []);
        await context.close();
      }
    });
  }
}
