// The ways of a delivery and of a version that are not straight: called off, set aside, confirmed before, returned,
// withdrawn, brought back. Each is gone in the page and held against what the server says afterwards.
import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LAYER = "toilet";
const SAID = { title: "Public toilets", reference_date: "2026-03-31", abstract: "Public toilets of the city.", publisher: "Municipal Corporation", contact: "Health cell, health@example.org", lineage: "Surveyed on foot.", scale: "1:2000", jurisdiction: "The city" };

export async function ways({ browser, url, open, step, shoot, settled }) {
  if ((await fetch(new URL("deliveries?limit=1", url))).status !== 200) return;
  const folder = await mkdtemp(join(tmpdir(), "parat-ways-"));
  const { page, seen, context } = await open(browser, "", { viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  page.setDefaultTimeout(30_000);
  await page.waitForSelector(".layer");
  const ask = async (path) => (await fetch(new URL(path, url))).json();
  const versions = async () => (await ask(`collections/${LAYER}/versions`));
  const openStep = async (id) => {
    if (!(await page.locator(`#step-${id}`).isVisible())) await page.click(`#head-${id}`);
  };
  const gone = () => page.evaluate(() => document.querySelector(".steps")?.classList.add("old"));
  const again = () => page.waitForSelector(".steps:not(.old)", { timeout: 60_000 });
  const before = (await versions()).public;
  const sender = `Health office ${Date.now()}`;
  const items = await ask(`collections/${LAYER}/items?limit=1000`);
  const features = items.features.map(({ geometry, properties }) => ({ type: "Feature", geometry, properties: { ...properties } }));
  const deliver = async (name, body) => {
    const file = join(folder, name);
    await writeFile(file, body);
    await page.evaluate(() => (location.hash = "#desk=new"));
    await page.waitForSelector(".drop");
    await page.fill("#source", sender);
    await page.setInputFiles("#files", file);
    await page.waitForFunction(() => /desk=d-\d+/.test(location.hash), null, { timeout: 60_000 });
  };
  const idOf = async () => (await page.evaluate(() => location.hash)).match(/d-\d+/)[0];

  await step("a delivery is called off while it is looked at, says so, and its file stays", async () => {
    // Large enough that a person can be quicker than the gate.
    const many = Array.from({ length: 40_000 }, (_, at) => ({ ...features[at % features.length], properties: { ...features[at % features.length].properties, toilet_id: `T${at}` } }));
    await deliver("many_toilets.geojson", JSON.stringify({ type: "FeatureCollection", features: many }));
    const id = await idOf();
    await page.locator(".gate-running button").first().click();
    await page.waitForSelector(".gate-ended");
    const begun = Date.now();
    const now = await ask(`deliveries/${id}`);
    assert.equal(now.state, "cancelled");
    assert.equal(now.layers.length, 0);
    assert.ok(Date.now() - begun < 2000);
    await shoot(page, "ways-called-off");
    // Its bytes are there still.
    assert.equal((await fetch(new URL(`deliveries/${id}/file`, url))).status, 200);
  });
  await step("rows with grave faults are set aside, counted, and come as a file to mend", async () => {
    const rows = structuredClone(features);
    rows[1].geometry = null;
    rows[2].geometry = { type: "Point", coordinates: [0, 0] };
    await deliver("toilets.geojson", JSON.stringify({ type: "FeatureCollection", features: rows }));
    await again();
    await openStep("mend");
    await gone();
    await page.locator("#aside").check();
    await again();
    await openStep("mend");
    const link = page.locator("#step-mend a", { hasText: "CSV" });
    await link.waitFor();
    await shoot(page, "ways-set-aside");
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    const text = await readFile(await download.path(), "utf8");
    const now = await ask(`deliveries/${await idOf()}`);
    const [{ counts }] = now.layers;
    assert.equal(counts.read, counts.accepted + counts.repaired + counts.set_aside);
    assert.ok(counts.set_aside >= 1);
    assert.equal(text.trim().split("\n").length - 1, counts.set_aside, text.slice(0, 300));
  });
  await step("what a person said once is kept for the source, and the next delivery tells whose word it was", async () => {
    const renamed = features.map((one) => {
      const { ward_no: wardNo, ...properties } = one.properties;
      return { ...one, properties: { ...properties, "Prabhag Kramank": wardNo } };
    });
    const body = JSON.stringify({ type: "FeatureCollection", features: renamed });
    await deliver("toilets_april.geojson", body);
    await again();
    await openStep("identity");
    const field = page.locator(".identity select").first();
    await field.waitFor();
    await shoot(page, "ways-columns");
    await gone();
    await page.locator(".identity > .buttons .primary").click();
    await again();
    await deliver("toilets_may.geojson", body);
    await again();
    await openStep("identity");
    assert.match(await page.locator("#step-identity").innerText(), /ward_no = Prabhag Kramank[^]*confirmed by/);
    await shoot(page, "ways-confirmed");
  });
  let version = 0;
  await step("a version is submitted, returned with a comment, and the comment stands where its author looks", async () => {
    const rows = structuredClone(features);
    rows[0].properties.name = "Returned Market";
    rows.splice(4, 1);
    await deliver("toilets_june.geojson", JSON.stringify({ type: "FeatureCollection", features: rows }));
    await again();
    const id = await idOf();
    await fetch(new URL(`deliveries/${id}`, url), { method: "PATCH", headers: { "Content-Type": "application/merge-patch+json" }, body: JSON.stringify({ metadata: SAID }) });
    let now = await ask(`deliveries/${id}`);
    for (; now.state !== "judged"; now = await ask(`deliveries/${id}`)) await page.waitForTimeout(200);
    assert.match(now.layers[0].verdict, /^conforms/, now.layers[0].summary);
    await gone();
    await page.reload();
    await again();
    version = now.layers[0].version;
    await openStep("submit");
    await page.locator("#step-submit .primary").click();
    await page.waitForFunction(() => location.hash.includes("desk=version"));
    await page.waitForSelector(".tallies");
    await page.fill("#comment", "Toilet 5 is missing: was it closed?");
    await page.getByRole("button", { name: "Return with the comment" }).click();
    await page.waitForSelector(".gate-card .badge-returned");
    assert.match(await page.locator(".gate-card blockquote").innerText(), /was it closed/);
    assert.equal((await ask(`collections/${LAYER}/versions/${version}`)).state, "returned");
    await page.waitForSelector(".diff-table tbody tr");
    await settled(page);
    await shoot(page, "ways-returned");
  });
  await step("the public version is withdrawn with a reason, is gone for everybody, and comes back", async () => {
    await page.evaluate((hash) => (location.hash = hash), `#desk=version:${LAYER}@${before}`);
    await page.waitForSelector(".gate-card .badge-published");
    const retire = page.locator(".decide .buttons button").last();
    await retire.click();
    await page.waitForSelector(".decide .problem");
    await page.fill("#comment", "Positions of a wrong survey");
    await retire.click();
    await page.waitForSelector(".gate-card .badge-retired");
    assert.equal((await fetch(new URL(`collections/${LAYER}/items`, url))).status, 410);
    await shoot(page, "ways-retired");
    await page.fill("#comment", "The survey was right after all");
    await page.getByRole("button", { name: "Publish this version again" }).click();
    await page.waitForSelector(".gate-card .badge-published");
    assert.equal((await versions()).public, before);
    assert.equal((await fetch(new URL(`collections/${LAYER}/items`, url))).status, 200);
  });
  await step("what cannot be done is said in the language of the page, whatever the browser speaks", async () => {
    await page.evaluate((hash) => (location.hash = hash), `#lang=hi&desk=version:${LAYER}@99999`);
    await page.waitForFunction(() => document.documentElement.lang === "hi");
    await page.locator("#desk .problem").first().waitFor();
    const said = await page.locator("#desk .problem").first().innerText();
    assert.match(said, /[\u0900-\u097f]{3}.*99999|99999.*[\u0900-\u097f]{3}/s, said);
    await shoot(page, "ways-hindi-problem");
    await page.evaluate(() => (location.hash = "#lang=en"));
  });
  await step("these ways had no message in the console but the refusals that were asked for", () => {
    assert.deepEqual(seen.errors.filter((text) => !/status of 4(04|10)/.test(text)), []);
    assert.deepEqual(seen.strangers, []);
  });
  await context.close();
}
