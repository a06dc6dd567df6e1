// The files that were handed in, where each stands, and the way to hand in another.

import { get, setToken, token, type Delivery as Judged } from "./api";
import { byId, h } from "./element";
import { moment, say, t, tMaybe } from "./i18n";
import { badgeElement } from "./layers";
import { change, state } from "./state";
import type { Delivery } from "./desk/talk";

/** How often the list is asked for again while something in it is at work and it is looked at. */
const AGAIN_MS = 4000;

/** Who the server takes the person for. */
interface Actor {
  name: string;
  role: string;
}

let me: Actor | null = null;
let known: Delivery[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

let openReport: (id: string) => void = () => undefined;

/** Draws the panel. `report` is called with the id of a delivery that came by the command line. */
export function begin(report: (id: string) => void): void {
  openReport = report;
  draw();
  void load();
}

/** Draws the panel; what the server knows of deliveries follows when the panel is looked at. */
function draw(): void {
  const panel = byId("panel-deliveries");
  const focused = document.activeElement?.id;
  panel.replaceChildren(
    h("p", { class: "buttons" }, h("button", { type: "button", id: "deliver", class: "primary", onclick: () => change({ desk: "new" }) }, t("deliveries.new"))),
    waiting.length > 0 ? h("h3", {}, t("deliveries.waiting")) : "",
    h("ul", { class: "deliveries waiting" }, ...waiting.map(waitingRow)),
    h("p", { class: "quiet" }, t(known.length + state.city.deliveries.length === 0 ? "deliveries.none" : "deliveries.lead")),
    h("ul", { class: "deliveries" }, ...known.map(row), ...elsewhere().map(judged)),
    h("p", { class: "buttons" },
      h("button", { type: "button", id: "open-journal", onclick: () => change({ desk: "journal" }) }, t("deliveries.journal")),
      token()
        ? h("button", { type: "button", id: "sign-out", onclick: () => {
            setToken(null);
            known = [];
            void load();
          } }, t("sign.out"))
        : me?.role === "public" || me === null ? h("button", { type: "button", id: "sign-in", onclick: () => change({ desk: "sign-in" }) }, t("sign.in")) : null),
    me && me.role !== "public" && me.name !== "local" ? h("p", { class: "quiet" }, t("sign.as", { name: me.name, role: tMaybe(`role.${me.role}`, me.role) })) : "");
  if (focused) document.getElementById(focused)?.focus();
}

/** Asks the server for the list, and again while something is at work. */
export async function load(): Promise<void> {
  clearTimeout(timer);
  if (state.tab !== "deliveries" || state.desk) return;
  try {
    me = (await get<{ you: Actor }>("workflow")).you;
    known = me.role === "public" ? [] : (await get<{ deliveries: Delivery[] }>("deliveries?limit=100")).deliveries;
    await whereTheyStand();
    draw();
    if (known.some((one) => !isOver(one))) timer = setTimeout(() => void load(), AGAIN_MS);
  } catch {
    // The list stays as it is; the next look asks again.
  }
}

/** How many files the gate keeps out, by what it last said of each. */
export function keptOut(): number {
  const latest = new Map<string, Judged>();
  for (const one of state.city.deliveries) if (!latest.has(one.file)) latest.set(one.file, one);
  return [...latest.values()].filter((one) => one.verdict === "does_not_conform").length;
}

/** Versions that wait for a decision. */
let waiting: Standing[] = [];

interface Standing {
  layer: string;
  version: number;
  state: NonNullable<Delivery["layers"][number]["state"]>;
}

/** A delivery tells where its version stood when it was judged; where it stands now, the layer tells. */
async function whereTheyStand(): Promise<void> {
  const layers = new Set(known.flatMap((one) => one.layers.filter((layer) => layer.version).map((layer) => layer.layer)));
  const found = await Promise.all([...layers].map((id) => get<{ versions: Standing[] }>(`collections/${id}/versions`).catch(() => ({ versions: [] }))));
  const all = found.flatMap(({ versions }) => versions);
  waiting = all.filter((one) => one.state === "submitted" || one.state === "approved");
  for (const one of known.flatMap((delivery) => delivery.layers)) {
    one.state = all.find((other) => other.layer === one.layer && other.version === one.version)?.state ?? one.state ?? null;
  }
}

function waitingRow(one: Standing): HTMLElement {
  const info = state.city.layers.find((known) => known.id === one.layer);
  return h("li", {},
    h("button", { type: "button", class: "delivery", onclick: () => change({ desk: `version:${one.layer}@${one.version}` }) },
      h("span", { class: "file" }, `${info ? say(info.titles, info.title) : one.layer}, ${one.version}`),
      badgeElement(one.state, tMaybe(`at.${one.state}`, one.state))));
}

/** What was handed in by the command line, which keeps no file here. */
function elsewhere(): Judged[] {
  // Each judging of a file has a report of its own; the list has the file once.
  return state.city.deliveries.filter((one) => !known.some((other) => other.file === one.file && other.created_at <= (one.at ?? "")));
}

function judged(one: Judged): HTMLElement {
  return h("li", {},
    h("button", { type: "button", class: "delivery", id: `delivery-${one.id}`, onclick: () => openReport(one.id) },
      h("span", { class: "file" }, one.file),
      badgeElement(one.verdict, tMaybe(`badge.${one.verdict}`, one.verdict)),
      h("span", { class: "summary" }, one.summary),
      one.at ? h("span", { class: "quiet" }, moment(one.at)) : null));
}

function isOver(one: Delivery): boolean {
  return ["judged", "failed", "cancelled"].includes(one.state);
}

function row(one: Delivery): HTMLElement {
  const layers = one.layers.map((layer) => {
    const info = state.city.layers.find((known) => known.id === layer.layer);
    return info ? say(info.titles, info.title) : layer.layer;
  });
  return h("li", {},
    h("button", { type: "button", class: "delivery", id: `delivery-${one.id}`, onclick: () => change({ desk: one.id }) },
      h("span", { class: "file" }, one.file),
      badgeOf(one),
      h("span", { class: "summary" }, one.reason ?? one.layers[0]?.summary ?? ""),
      h("span", { class: "quiet" }, [layers.join(", "), moment(one.created_at)].filter(Boolean).join(" · "))));
}

/** Where it stands: on its way, its worst verdict, or how far the version has come. */
function badgeOf(one: Delivery): HTMLElement {
  if (one.state !== "judged") return badgeElement(one.state, tMaybe(`at.${one.state}`, one.state));
  const states = new Set(one.layers.map((layer) => layer.state).filter((state) => state && state !== "draft"));
  const [only] = states;
  if (states.size === 1 && only) return badgeElement(only, tMaybe(`at.${only}`, only));
  const worst = ["does_not_conform", "not_judged", "conforms_with_warnings", "conforms"].find((verdict) => one.layers.some((layer) => layer.verdict === verdict)) ?? "not_judged";
  return badgeElement(worst, tMaybe(`badge.${worst}`, worst));
}
