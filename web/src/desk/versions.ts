// Every version of a layer: where it stands, who moved it, and the way back to an earlier one.

import { address, get, type Verdict } from "../api";
import { h } from "../element";
import { moment, number, tMaybe } from "../i18n";
import { badgeElement } from "../layers";
import { titleOf } from "./delivery";
import { deskLink, go, head, put, trouble, type Here } from "./frame";
import type { VersionState } from "./talk";
import { d } from "./words";

export type Action = "submit" | "approve" | "return" | "publish" | "retire";

export interface VersionEntry {
  layer: string;
  version: number;
  state: VersionState;
  revision: number;
  hash: string;
  features: number;
  verdict: Verdict;
  summary: string;
  report: string;
  file: string;
  at: string;
  changed_at: string;
  /** Who sent it and who moved it last; told to those with an account. */
  author?: string;
  changed_by?: string;
  comment?: string | null;
  /** When it was what everybody saw. */
  public: { from: string; until?: string | null }[];
  /** What the one who asks may do with it now. */
  actions: Action[];
}

export async function draw(here: Here, layer: string): Promise<void> {
  put(here.root, head(d("versions.title", { layer: titleOf(layer) })), h("p", { class: "quiet", role: "status" }, "…"));
  try {
    const { versions } = await get<{ versions: VersionEntry[] }>(`collections/${layer}/versions`);
    if (!here.alive()) return;
    const newest = [...versions].sort((a, b) => b.version - a.version);
    document.body.dataset["page"] = "desk";
    put(here.root,
      head(d("versions.title", { layer: titleOf(layer) })),
      h("p", { class: "quiet" }, d("versions.lead")),
      h("ol", { class: "versions" }, ...newest.map(row)),
      asOf(layer));
  } catch (error) {
    if (here.alive()) put(here.root, head(d("versions.title", { layer: titleOf(layer) })), trouble(error, () => void draw(here, layer)));
  }
}

function row(one: VersionEntry): HTMLElement {
  return h("li", { class: `version version-${one.state}` },
    h("p", { class: "version-head" },
      h("button", { type: "button", class: "link", onclick: () => go(`version:${one.layer}@${one.version}`) }, h("strong", {}, d("version.n", { n: one.version }))),
      badgeElement(one.state, d(`version.${one.state}`)),
      badgeElement(one.verdict, tMaybe(`badge.${one.verdict}`, one.verdict))),
    h("p", { class: "quiet" }, [d("version.features", { n: number(one.features) }), one.file].join(" · ")),
    h("p", { class: "quiet" }, moved(one)),
    one.public.length > 0 ? h("p", { class: "quiet" }, d("version.public"), " ", one.public.map(({ from, until }) => `${moment(from)} – ${until ? moment(until) : d("version.now")}`).join("; ")) : null,
    one.comment ? h("blockquote", {}, one.comment) : null);
}

/** When it was last moved, and by whom where that is told. */
export function moved(one: VersionEntry): string {
  return [one.changed_by, moment(one.changed_at)].filter(Boolean).join(", ");
}

/** The layer as the public saw it on a day. */
function asOf(layer: string): HTMLElement {
  const day = h("input", { type: "date", id: "as-of", max: new Date().toISOString().slice(0, 10) });
  const link = h("a", { class: "button", hidden: true }, d("versions.open"));
  day.addEventListener("input", () => {
    link.hidden = !day.value;
    link.href = address(`collections/${layer}?as-of=${day.value}&f=html`);
  });
  return h("section", { class: "as-of" },
    h("h3", {}, d("versions.asOf")),
    h("label", { class: "field", for: "as-of" }, d("versions.day")),
    h("div", { class: "row" }, day, link),
    h("p", {}, deskLink("journal", d("journal.title"))));
}
