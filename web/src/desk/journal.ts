// Who did what and when, newest first, and whether the chain of entries is whole.

import { get } from "../api";
import { h } from "../element";
import { humanise, moment, number } from "../i18n";
import { titleOf } from "./delivery";
import { head, put, trouble, type Here } from "./frame";
import { d, dMaybe } from "./words";

interface Entry {
  id: number;
  at: string;
  actor?: string;
  what: string;
  subject: string;
  detail?: Record<string, unknown> | null;
  hash: string;
}

export async function draw(here: Here): Promise<void> {
  put(here.root, head(d("journal.title")), h("p", { class: "quiet", role: "status" }, "…"));
  try {
    const { entries } = await get<{ entries: Entry[] }>("journal?rows=200");
    if (!here.alive()) return;
    const seal = h("p", { role: "status" });
    put(here.root,
      head(d("journal.title")),
      h("p", { class: "quiet" }, d("journal.lead")),
      h("p", { class: "buttons" }, h("button", { type: "button", onclick: () => void verify(seal) }, d("journal.verify"))),
      seal,
      h("ol", { class: "journal" }, ...entries.map((one) =>
        h("li", {},
          h("p", {}, one.actor ? h("strong", {}, `${one.actor} `) : null, dMaybe(`journal.${one.what}`, humanise(one.what)), " ", h("span", {}, versionOf(one) ? `${titleOf(one.subject)}, ${d("version.n", { n: versionOf(one) ?? "" })}` : titleOf(one.subject))),
          h("p", { class: "quiet" }, moment(one.at), " · ", h("code", { title: one.hash }, `${one.id} · ${one.hash.slice(0, 10)}`))))));
  } catch (error) {
    if (here.alive()) put(here.root, head(d("journal.title")), trouble(error, () => void draw(here)));
  }
}

/** The version that an entry speaks of. */
function versionOf(one: Entry): number | null {
  const version = one.detail?.["version"];
  return typeof version === "number" ? version : null;
}

async function verify(into: HTMLElement): Promise<void> {
  into.textContent = "…";
  try {
    const found = await get<{ whole: boolean; entries: number; broken?: unknown }>("journal/verify");
    into.className = found.whole ? "lead good" : "problem";
    into.textContent = found.whole ? d("journal.sound", { n: number(found.entries) }) : `${d("journal.broken")} ${JSON.stringify(found.broken)}`;
  } catch (error) {
    into.replaceChildren(trouble(error, () => void verify(into)));
  }
}
