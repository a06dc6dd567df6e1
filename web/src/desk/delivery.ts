// One delivery: what the gate says of it stands on top, the six steps below. Whatever a person answers goes
// back with the file to the gate, which judges anew.

import { address, ApiError, get, getOnce, type Report } from "../api";
import { byId, h, prose } from "../element";
import { bytes, getLanguage, humanise, moment, number, t, tMaybe } from "../i18n";
import { badgeElement } from "../layers";
import { change, layerById, state } from "../state";
import { boundsOfMost } from "../stage";
import { NOTHING } from "../style";
import * as faults from "./faulty";
import { doing, go, head, put, trouble, type Here } from "./frame";
import * as identity from "./identity";
import * as mend from "./mend";
import * as metadata from "./metadata";
import { steps, type Mark, type Step, type Steps } from "./steps";
import * as submit from "./submit";
import { ask, cancel, delivery, follow, isOver, saving, type Ask, type Counts, type Delivery, type JudgedLayer, type VersionState } from "./talk";
import { d, dMaybe, type DeskKey } from "./words";

/** What a step knows and may do. */
export interface Desk {
  here: Here;
  delivery: Delivery;
  report: GateReport;
  layer: JudgedLayer | null;
  /** Sends answers to the gate and waits for its verdict. */
  again(change: Ask, into: HTMLElement, button: HTMLButtonElement): void;
  open(step: string): void;
}

/** The report with what the desk needs of it. */
export interface GateReport extends Report {
  counts?: Counts;
  proposals?: Proposals;
}

export interface Proposals {
  layers: { layer: string; title: string; score: number; why: string }[];
  crs: { code: string; name: string; why: string; lands: "inside" | "near" | "far"; bbox: [number, number, number, number] }[];
  encodings: { name: string; why: string; samples: string[] }[];
  columns: { field: string; column: string; score: number; why: string }[];
  repairs: RepairProposal[];
}

export interface RepairProposal {
  kind: string;
  count: number;
  safe: boolean;
  title: string;
  examples: {
    place: { row?: number; key?: string; field?: string; at?: [number, number]; bbox?: [number, number, number, number] };
    before: string;
    after: string;
    geometry_before?: GeoJSON.Geometry;
    geometry_after?: GeoJSON.Geometry;
  }[];
}

/** The step to open after the gate has judged anew; the person stays where they were. */
let kept: { id: string; step: string } | null = null;

export async function draw(here: Here, asked: string): Promise<void> {
  const [id = "", which = "0"] = asked.split("/");
  put(here.root, head(id), h("p", { class: "quiet", role: "status" }, "…"));
  let now: Delivery;
  try {
    now = await delivery(id);
  } catch (error) {
    if (!here.alive()) return;
    // What came by the command line has a report and no file that could be judged again.
    if (error instanceof ApiError && error.status === 404) change({ desk: null, open: `report:${id}` });
    else put(here.root, head(id), trouble(error, () => void draw(here, asked)));
    return;
  }
  if (!here.alive()) return;
  const card = h("div", { class: "gate-card", "aria-live": "polite" });
  const below = h("div", {});
  put(here.root, head(now.file), place(now), card, below);
  if (isOver(now.state)) return judged(here, now, Number(which), card, below);
  running(here, now, card);
  here.onLeave(follow(id, (later) => {
    if (!here.alive()) return;
    if (isOver(later.state)) {
      void here.stage.refresh();
      judged(here, later, Number(which), card, below).catch(() => undefined);
    } else running(here, later, card);
  }));
}

/** Where the report stays for good. */
function place(now: Delivery): HTMLElement {
  const url = address(`reports/${now.id}`);
  const copied = h("span", { class: "quiet", role: "status" });
  return h("p", { class: "place quiet" }, d("delivery.place"), " ", h("a", { href: `${url}.html` }, url), " ",
    h("button", { type: "button", class: "link", onclick: () => void navigator.clipboard?.writeText(url).then(() => (copied.textContent = d("delivery.copied"))) }, d("delivery.copy")), " ", copied);
}

/** While the gate works: what it is at, how far, and the way to stop it. */
function running(here: Here, now: Delivery, card: HTMLElement): void {
  const { done = 0, total = null, unit = "" } = now.progress ?? {};
  const told = total ? d("running.of", { done: amount(done, unit), total: amount(total, unit) }) : done > 0 ? amount(done, unit) : "";
  const name = dMaybe(`state.${now.state}`, humanise(now.state));
  card.className = "gate-card gate-running";
  // Only what changes is touched: a button that is drawn anew loses the focus.
  if (!card.querySelector("progress")) {
    card.replaceChildren(h("p", { class: "card-title" }), h("progress", { "aria-label": d("running.progress") }), h("p", { class: "quiet figures" }), h("p", { class: "buttons" },
      h("button", { type: "button", onclick: (event: Event) => void doing(event.currentTarget as HTMLButtonElement, byId("stop-trouble"), async () => void (await cancel(now.id))) }, d("running.stop"))), h("div", { id: "stop-trouble" }));
  }
  const [title, figures] = [card.querySelector(".card-title")!, card.querySelector(".figures")!];
  if (title.textContent !== name) title.textContent = name;
  figures.textContent = [now.phase && now.phase !== now.state ? dMaybe(`phase.${now.phase}`, humanise(now.phase)) : "", told].filter(Boolean).join(" · ");
  const bar = card.querySelector("progress")!;
  if (total) {
    bar.max = total;
    bar.value = done;
  } else bar.removeAttribute("value");
  if (!here.alive()) card.remove();
}

function amount(count: number, unit: string): string {
  return unit === "bytes" ? bytes(count) : `${number(count, 0)} ${dMaybe(`unit.${unit}`, unit)}`;
}

async function judged(here: Here, now: Delivery, which: number, card: HTMLElement, below: HTMLElement): Promise<void> {
  const again = (): void => void draw(here, which > 0 ? `${now.id}/${which}` : now.id);
  const layer = now.layers[which] ?? null;
  const path = (layer?.report ?? now.report).replace(/^\//, "");
  let report: GateReport | null = null;
  try {
    // The address of a file with several layers answers with all their reports.
    const found = await get<GateReport | GateReport[] | { state: string }>(`${path}?lang=${getLanguage()}`);
    const one = Array.isArray(found) ? found[which] : found;
    report = one && "rules" in one ? one : null;
    // The delivery tells where its version stood when it was judged; it may have gone on.
    if (layer?.version) {
      const entry = await get<{ state: VersionState }>(`collections/${layer.layer}/versions/${layer.version}`).catch(() => null);
      if (entry) layer.state = entry.state;
    }
  } catch (error) {
    if (here.alive()) card.replaceChildren(trouble(error, again));
    return;
  }
  if (!here.alive()) return;
  if (now.state !== "judged" || !report) return ended(now, card, again);

  let column: Steps | null = null;
  const desk: Desk = {
    here, delivery: now, report, layer,
    again: (change, into, button) => void doing(button, into, async () => {
      await ask(now.id, change);
      kept = { id: now.id, step: column?.current() ?? "" };
      again();
    }),
    open: (step) => column?.open(step),
  };
  const list = sixSteps(desk);
  const next = nextOf(desk);
  const first = kept?.id === now.id && list.some((step) => step.id === kept?.step) ? kept.step : next.step;
  kept = null;
  drawCard(desk, card, next);
  if (now.passed_over) card.append(h("p", { class: "quiet" }, now.passed_over));
  column = steps(list, null, (id) => {
    document.body.dataset["page"] = id === null ? "desk" : "map";
    if (id === null) here.stage.show({ faults: NOTHING, shapes: NOTHING });
  });
  below.replaceChildren(...(now.layers.length > 1 ? [chooser(now, which)] : []), column.element);
  if (first) column.element.querySelector<HTMLElement>(`#head-${first}`)?.click();
  here.stage.announce(`${tMaybe(`verdict.${report.verdict}`, report.verdict)}. ${report.summary}`);
}

/** It ended without a verdict: why, and what can be done. The file is never lost. */
function ended(now: Delivery, card: HTMLElement, again: () => void): void {
  card.className = "gate-card gate-ended";
  const into = h("div", {});
  card.replaceChildren(
    h("p", { class: "card-title" }, dMaybe(`state.${now.state}`, now.state)),
    now.reason ? h("p", {}, now.reason) : "",
    h("p", { class: "quiet" }, d("ended.kept")),
    h("p", { class: "buttons" },
      h("button", { type: "button", class: "primary", onclick: (event: Event) => void doing(event.currentTarget as HTMLButtonElement, into, async () => {
        await ask(now.id, {});
        again();
      }) }, d("ended.again")),
      h("a", { class: "button", ...saving(`deliveries/${now.id}/file`, now.file) }, d("file.original")),
      h("button", { type: "button", onclick: () => go("new") }, d("ended.other"))),
    into);
}

/** The layers of a file that holds several. */
function chooser(now: Delivery, which: number): HTMLElement {
  return h("nav", { class: "layer-tabs", "aria-label": d("delivery.layers") },
    ...now.layers.map((layer, at) =>
      h("button", { type: "button", "aria-current": at === which ? "true" : null, onclick: () => go(at > 0 ? `${now.id}/${at}` : now.id) },
        titleOf(layer.layer), " ", badgeElement(layer.verdict, tMaybe(`badge.${layer.verdict}`, layer.verdict)))));
}

export function titleOf(id: string): string {
  const layer = layerById(id);
  return layer ? (layer.titles ? sayOf(layer.titles, layer.title) : layer.title) : humanise(id);
}

function sayOf(texts: Record<string, string>, fallback: string): string {
  return texts[document.documentElement.lang] ?? texts["en"] ?? fallback;
}

interface Next {
  step: string;
  text: string;
}

/** The one thing to do now. */
function nextOf({ report, layer }: Desk): Next {
  const at = (step: string, key: DeskKey, gaps = {}): Next => ({ step, text: d(key, gaps) });
  if (layer?.state && layer.state !== "draft") return at("submit", "next.follow");
  if (report.verdict === "not_judged" || !report.standard || report.rules.some((rule) => rule.code === "C01" && rule.outcome === "failed")) return at("identity", "next.identity");
  if (report.verdict !== "does_not_conform") return at("submit", "next.submit");
  const keeping = report.rules.filter((rule) => (rule.outcome === "failed" && ["error", "block"].includes(rule.severity)) || (rule.outcome === "not_run" && rule.needed));
  if (keeping.length > 0 && keeping.every((rule) => rule.code.startsWith("M"))) return at("metadata", "next.metadata");
  const safe = (report.proposals?.repairs ?? []).filter((one) => one.safe).reduce((sum, one) => sum + one.count, 0);
  if (safe > 0) return at("mend", "next.mend", { n: number(safe) });
  return at("faults", "next.faults");
}

function drawCard({ report, layer, open }: Desk, card: HTMLElement, next: Next): void {
  card.className = `gate-card verdict-${report.verdict}`;
  const state = layer?.state && layer.state !== "draft" ? badgeElement(layer.state, d(`version.${layer.state}`)) : null;
  card.replaceChildren(
    h("p", { class: "card-title" }, badgeElement(report.verdict, tMaybe(`verdict.${report.verdict}`, report.verdict)), state),
    h("p", {}, ...prose(report.summary)),
    report.counts ? balance(report.counts) : "",
    report.todo.length > 0 ? h("div", { class: "todo" }, h("h3", {}, t("report.todo")), h("ol", {}, ...report.todo.map((one) => h("li", {}, ...prose(one))))) : "",
    h("p", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: () => open(next.step) }, next.text)));
}

/** read = accepted + repaired + set aside, always, as a bar and as a sum. */
export function balance(counts: Counts): HTMLElement {
  const part = (kind: "accepted" | "repaired" | "set_aside"): Node[] =>
    counts[kind] > 0 ? [h("span", { class: `part part-${kind}`, style: `flex-grow:${counts[kind]}` })] : [];
  return h("div", { class: "balance" },
    h("div", { class: "balance-bar", "aria-hidden": "true" }, ...part("accepted"), ...part("repaired"), ...part("set_aside")),
    h("p", { class: "figures" }, d("balance", { read: number(counts.read), accepted: number(counts.accepted), repaired: number(counts.repaired), aside: number(counts.set_aside) })));
}

/** How many faults of how many rules, in a line. */
function faultsSaid(found: number, rules: number): string {
  if (found === 0) return t("report.clean");
  if (found === 1) return d("faults.says_one");
  return d(rules === 1 ? "faults.says_kind" : "faults.says", { n: number(found), rules: number(rules) });
}

function sixSteps(desk: Desk): Step[] {
  const { delivery: now, report, layer, here } = desk;
  const failed = report.rules.filter((rule) => rule.outcome === "failed");
  const found = failed.reduce((sum, rule) => sum + (rule.count ?? 0), 0);
  const keeping = failed.some((rule) => ["error", "block"].includes(rule.severity));
  const offered = report.proposals?.repairs ?? [];
  const lacking = failed.some((rule) => rule.code.startsWith("M"));
  const crs = crsText(report);
  const passes = report.verdict === "conforms" || report.verdict === "conforms_with_warnings";
  const all = faults.make(desk);
  return [
    { id: "file", title: d("step.file"), mark: "done", says: `${bytes(now.bytes)} · ${report.source.format}`, body: () => fileStep(desk) },
    {
      id: "identity", title: d("step.identity"), mark: identity.mark(report),
      says: [report.standard ? titleOf(report.layer) : d("identity.unknown"), crs].filter(Boolean).join(" · "),
      body: () => identity.body(desk), shown: () => identity.shown(desk),
    },
    {
      id: "faults", title: d("step.faults"), mark: found === 0 ? "done" : keeping ? "trouble" : "open",
      says: faultsSaid(found, failed.length),
      body: () => all.body, shown: () => all.shown(),
    },
    {
      id: "mend", title: d("step.mend"), mark: offered.length > 0 ? "open" : "done",
      says: report.repairs.length > 0 ? d("mend.made", { n: number(report.counts?.repaired ?? report.repairs.length) }) : offered.length > 0 ? d("mend.offered", { n: number(offered.reduce((sum, one) => sum + one.count, 0)) }) : d("mend.none"),
      body: () => mend.body(desk), shown: () => mend.shown(desk),
    },
    {
      id: "metadata", title: d("step.metadata"), mark: lacking ? "trouble" : "done",
      says: lacking ? d("metadata.lacking") : d("metadata.there"),
      body: () => metadata.body(desk), shown: () => ground(here, report),
    },
    {
      id: "submit", title: d("step.submit"), mark: (layer?.state && layer.state !== "draft" ? "done" : passes ? "open" : "later") as Mark,
      says: layer?.state && layer.state !== "draft" ? d(`version.${layer.state}`) : passes ? d("submit.ready") : d("submit.notYet"),
      body: () => submit.body(desk), shown: () => ground(here, report),
    },
  ];
}

/** The map shows the delivered layer's outline. */
export function ground(here: Here, report: GateReport): void {
  const features: GeoJSON.Feature[] = (report.outline ?? []).map((line) => ({ type: "Feature", properties: { role: "outline" }, geometry: { type: "LineString", coordinates: line } }));
  const shapes: GeoJSON.FeatureCollection = { type: "FeatureCollection", features };
  here.stage.show({ faults: NOTHING, shapes, faultClicked: () => undefined, shapeClicked: () => undefined });
  const box = boundsOfMost(shapes, state.city.city.bbox);
  if (box) here.stage.fit(box);
}

export function crsText(report: GateReport): string {
  const { crs } = report;
  return typeof crs === "string" ? (crs === "missing" ? d("identity.noCrs") : crs) : crs.authority ? `${crs.authority.name}:${crs.authority.code}` : d("identity.ownCrs");
}

function fileStep({ delivery: now, report }: Desk): Node {
  const rows: [string, string][] = [
    [t("report.file"), [report.source.file, report.source.member].filter(Boolean).join(" › ")],
    [t("report.format"), report.source.format],
    [t("report.rows"), number(report.rows)],
    [d("file.received"), `${bytes(now.bytes)}, ${moment(now.created_at)}`],
    [d("file.source"), now.source ?? ""],
    [t("report.notes"), report.notes.map((note) => note.text).join(" ")],
  ];
  return h("div", {},
    h("dl", { class: "attributes" }, ...rows.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    h("p", { class: "quiet" }, d("file.kept")),
    h("p", { class: "buttons" },
      h("a", { class: "button", ...saving(`deliveries/${now.id}/file`, now.file) }, d("file.original")),
      h("button", { type: "button", onclick: () => go("new") }, d("file.another"))));
}

/** The words of a standard's layer: its fields, with which are required. */
export function standardOf(layer: string): Promise<{ fields: { name: string; title: Record<string, string>; kind: string; required: boolean; unit?: string | null }[] }> {
  return getOnce(`standards/${encodeURIComponent(layer)}`);
}
