// The page in a real browser, against a running server: PAGE_URL=http://127.0.0.1:8080/ npm test
// SHOTS=folder saves screenshots there. CHROMIUM names the browser. Without one the test says so and is skipped.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { desk } from "./desk.mjs";
import { ways } from "./ways.mjs";

const url = process.env.PAGE_URL;
const shots = process.env.SHOTS;
const browserPath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);
if (!url) {
  console.error("PAGE_URL is not set: the address of a running server, such as http://127.0.0.1:8080/");
  process.exit(2);
}
if (!browserPath) {
  console.log("skipped: the page test (no Chromium here; set CHROMIUM to its path)");
  process.exit(0);
}
const { chromium } = await import("playwright-core");
const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"];
const DRAWS = [...FLAGS, "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const origin = new URL(url).origin;
const problems = [];
let passed = 0;

async function step(name, act) {
  try {
    await act();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    problems.push(name);
    console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split("\n").slice(0, 6).join("\n      ")}`);
  }
}

/** A page that remembers what it complained of and whom it asked. */
async function open(browser, hash, options) {
  const context = await browser.newContext({ locale: "en-IN", ...options });
  const page = await context.newPage();
  const seen = { errors: [], strangers: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.errors.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => seen.errors.push(`uncaught: ${error.message}`));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (!["blob:", "data:"].includes(asked.protocol) && asked.origin !== origin) seen.strangers.push(request.url());
  });
  await page.goto(url + hash);
  return { page, seen, context };
}

const settled = (page) => page.waitForFunction(() => window.paratMap?.loaded(), null, { timeout: 30_000 });
async function shoot(page, name) {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

const browser = await chromium.launch({ executablePath: browserPath, args: DRAWS });
const city = await (await fetch(new URL("layers", url))).json();
const indicators = (await (await fetch(new URL("indicators", url))).json()).indicators.filter((one) => one.layer);
const drawn = city.layers.filter((layer) => layer.tiles);
const faulty = city.deliveries.find((one) => one.verdict === "does_not_conform");

{
  const { page, seen, context } = await open(browser, "", { viewport: { width: 1440, height: 900 } });
  await step("every layer of the server is in the list, those with tiles with a switch", async () => {
    await page.waitForSelector(".layer");
    assert.equal(await page.locator("#panel-layers .layer").count(), city.layers.length);
    assert.equal(await page.locator("#panel-layers input[role=switch]").count(), drawn.length);
  });
  await step("the map draws features of the server's tiles", async () => {
    await settled(page);
    const count = await page.evaluate(() => window.paratMap.queryRenderedFeatures().length);
    assert.ok(count > 0, `${count} features on the map`);
  });
  await shoot(page, "wide-light");
  await step("a switch takes its layer off the map and out of the address", async () => {
    const id = drawn.at(-1).id;
    await page.locator(`#switch-${id}`).uncheck();
    await page.waitForFunction((one) => location.hash.includes("on=") && !location.hash.includes(one), id);
    const left = await page.evaluate((one) => window.paratMap.getStyle().layers.filter((layer) => layer.source === one && layer.layout.visibility !== "none").length, id);
    assert.equal(left, 0);
    await page.locator(`#switch-${id}`).check();
  });
  if (indicators.length > 0) {
    const chosen = indicators[0];
    await step("choosing an indicator fills the legend and the city's panel", async () => {
      await page.click("#tab-indicators");
      await page.selectOption("#indicator", chosen.code);
      await page.waitForSelector("#key:not([hidden]) li");
      assert.ok((await page.locator("#key li").count()) >= 2, "at least two lines in the legend");
      await page.waitForSelector(".join-card");
      // Features on the map carry values.
      await page.waitForFunction((layer) => {
        const map = window.paratMap;
        if (!map.getLayer(`${layer}-value`)) return false;
        return map.queryRenderedFeatures({ layers: [`${layer}-value`] }).some((one) => typeof one.state.value === "number");
      }, chosen.layer);
    });
    await step("other class breaks change the legend where they differ", async () => {
      const query = new URLSearchParams({ period: chosen.periods.at(-1), layer: chosen.layer });
      const { breaks } = await (await fetch(new URL(`indicators/${encodeURIComponent(chosen.code)}?${query}`, url))).json();
      const before = await page.locator("#key ul").innerText();
      await page.check("input[name=breaks][value=equal]");
      await page.waitForFunction(() => location.hash.includes("breaks=equal"));
      const after = await page.locator("#key ul").innerText();
      assert.equal(after === before, JSON.stringify(breaks.equal) === JSON.stringify(breaks.quantile));
    });
    if (chosen.periods.length > 1) {
      await step("the slider moves through time without asking for tiles again", async () => {
        let tiles = 0;
        const count = (request) => (tiles += request.url().includes("/xyz/") ? 1 : 0);
        await settled(page);
        page.on("request", count);
        await page.focus("#period");
        await page.keyboard.press("Home");
        await page.waitForFunction((period) => document.querySelector("#key .key-title span")?.textContent.includes(period), chosen.periods[0]);
        page.off("request", count);
        assert.equal(tiles, 0);
      });
    }
    await shoot(page, "wide-indicator");
    await step("the join report opens beside the map, and Escape closes it and gives the focus back", async () => {
      await page.click("#open-join");
      await page.waitForSelector("#drawer:not([hidden]) .bars");
      await shoot(page, "wide-join");
      await page.keyboard.press("Escape");
      assert.ok(await page.locator("#drawer").isHidden());
      assert.equal(await page.evaluate(() => document.activeElement.id), "open-join");
    });
    await step("a click on the map shows attributes and the indicator over time", async () => {
      const spot = await page.evaluate((layer) => {
        const map = window.paratMap;
        const box = map.getContainer().getBoundingClientRect();
        for (let ring = 0; ring < 12; ring += 1) {
          for (const [x, y] of [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]) {
            const at = [box.width / 2 + x * ring * 25, box.height / 2 + y * ring * 25];
            if (map.queryRenderedFeatures(at, { layers: [`${layer}-value`] }).length > 0) return [box.left + at[0], box.top + at[1]];
          }
        }
        return null;
      }, chosen.layer);
      assert.ok(spot, "a feature near the middle");
      await page.mouse.click(...spot);
      await page.waitForSelector("#drawer:not([hidden]) .attributes dt");
      await page.waitForSelector("#drawer .series strong");
      await shoot(page, "wide-attributes");
      await page.keyboard.press("Escape");
    });
  } else {
    console.log("skipped: 5 steps about indicators (the server has none)");
  }
  await step("the map answers the keyboard: it takes the focus, moves, and Enter inspects its middle", async () => {
    await page.focus("#map canvas");
    const before = await page.evaluate(() => window.paratMap.getCenter().lng);
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction((lng) => Math.abs(window.paratMap.getCenter().lng - lng) > 1e-6, before);
    await page.waitForFunction(() => !window.paratMap.isMoving());
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
  });
  if (faulty) {
    await step("the report of the faulty layer opens beside the map", async () => {
      await page.evaluate((id) => (location.hash = `#open=report:${id}`), faulty.id);
      await page.waitForSelector("#drawer .verdict-does_not_conform");
      assert.ok((await page.locator("#drawer .todo li").count()) <= 3, "three things to do, at most");
      await shoot(page, "wide-report");
      await page.keyboard.press("Escape");
    });
  } else {
    console.log("skipped: a step about the faulty delivery (the server has none)");
  }
  await step("the wide page had no console message and asked nobody else", () => {
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.strangers, []);
  });
  await context.close();
}

for (const [name, viewport] of [["phone", { width: 360, height: 740 }], ["tablet", { width: 768, height: 1024 }]]) {
  for (const colorScheme of ["light", "dark"]) {
    const hash = indicators[0] ? `#ind=${encodeURIComponent(indicators[0].code)}` : "";
    const { page, seen, context } = await open(browser, hash, { viewport, colorScheme, hasTouch: true });
    await step(`${name}, ${colorScheme}: nothing is wider than the screen, and nothing complains`, async () => {
      await settled(page);
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok((await wide()) <= 0, "no horizontal scroll");
      await shoot(page, `${name}-${colorScheme}`);
      await page.click("#tab-layers");
      await page.waitForSelector("#panel-layers .layer >> nth=0", { state: "visible" });
      assert.ok((await wide()) <= 0, "no horizontal scroll with the layers open");
      const cut = await page.evaluate(() => [...document.querySelectorAll(".layer")].filter((row) => row.scrollWidth > row.clientWidth + 1).length);
      assert.equal(cut, 0, "no row of the list is cut");
      await shoot(page, `${name}-${colorScheme}-layers`);
      assert.deepEqual(seen.errors, []);
      assert.deepEqual(seen.strangers, []);
    });
    await context.close();
  }
}

{
  const hash = indicators[0] ? `#lang=hi&ind=${encodeURIComponent(indicators[0].code)}` : "#lang=hi";
  const { page, seen, context } = await open(browser, hash, { viewport: { width: 1440, height: 900 } });
  await step("Hindi: the page speaks it", async () => {
    await settled(page);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "hi");
    assert.match(await page.locator("#tab-layers").innerText(), /परतें/);
    await shoot(page, "wide-hindi");
    assert.deepEqual(seen.errors, []);
  });
  await context.close();
}
await desk({ browser, url, open, step, shoot, settled });
await ways({ browser, url, open, step, shoot, settled });
await browser.close();

{
  const blind = await chromium.launch({ executablePath: browserPath, args: [...FLAGS, "--disable-3d-apis"] });
  const hash = indicators[0] ? `#ind=${encodeURIComponent(indicators[0].code)}` : "";
  const { page, seen, context } = await open(blind, hash, { viewport: { width: 1024, height: 900 } });
  await step("without WebGL the page says so and shows layers, values and reports as tables", async () => {
    await page.waitForSelector("#plain .message");
    // The desk's steps have handed in layers of their own since the first.
    const { layers } = await (await fetch(new URL("layers", url))).json();
    assert.equal(await page.locator("#plain table.overview tbody tr").count(), layers.length);
    if (indicators[0]) await page.waitForSelector("#plain table.values tbody tr");
    await page.locator("#plain button.badge").first().click();
    await page.waitForSelector("#drawer .verdict");
    await shoot(page, "no-webgl");
    await page.keyboard.press("Escape");
    const handedIn = await fetch(new URL("deliveries?limit=1", url));
    const [one] = handedIn.ok ? (await handedIn.json()).deliveries : [];
    if (one) {
      await page.evaluate((id) => (location.hash = `#desk=${id}`), one.id);
      await page.waitForSelector(".steps");
      if (!(await page.locator("#step-identity").isVisible())) await page.click("#head-identity");
      await page.waitForSelector("#step-identity select");
      await shoot(page, "no-webgl-desk");
    }
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.strangers, []);
  });
  await context.close();
  await blind.close();
}

console.log(problems.length === 0 ? `${passed} steps passed` : `${problems.length} of ${passed + problems.length} steps failed`);
process.exit(problems.length === 0 ? 0 : 1);
