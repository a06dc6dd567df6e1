// The list of layers: a switch, a sample of its colours, and its verdict, which opens its report.

import type { LayerInfo } from "./api";
import { change, drawable, isOn, state } from "./state";
import { byId, h } from "./element";
import { humanise, number, percent, say, t, tMaybe } from "./i18n";
import * as losses from "./losses";
import { swatches, shownFrom, type Swatch } from "./style";

const GROUPS = ["administrative", "land", "transport", "water", "drainage", "waste", "energy", "social", "environment"];

export function title(layer: LayerInfo): string {
  return say(layer.titles, layer.title || humanise(layer.id));
}

/** What is said of a layer in one word: its state where that is news, else its verdict. */
export function badge(layer: Pick<LayerInfo, "state" | "verdict">): { kind: string; text: string } {
  const kind = layer.state === "published" ? (layer.verdict ?? "not_judged") : layer.state;
  return { kind, text: tMaybe(`badge.${kind}`, kind) };
}

/** A badge as an element; the mark beside the word carries the meaning without colour. */
export function badgeElement(kind: string, text: string): HTMLElement {
  return h("span", { class: `badge badge-${kind}` }, text);
}

/** Draws the list. `openReport` is called with a layer's id, `announce` with what a switch did. */
export function draw(openReport: (id: string) => void, announce: (text: string) => void): void {
  const panel = byId("panel-layers");
  const focused = document.activeElement?.id;
  const here = state.city.layers.filter((layer) => layer.state !== "absent");
  const absent = state.city.layers.filter((layer) => layer.state === "absent");
  const groups = new Map<string, LayerInfo[]>();
  for (const layer of here) {
    const group = layer.group && GROUPS.includes(layer.group) ? layer.group : "other";
    groups.set(group, [...(groups.get(group) ?? []), layer]);
  }
  const opened = new Set([...panel.querySelectorAll("details[open]")].map((details) => details.id));

  panel.replaceChildren(
    ...[...GROUPS, "other"].flatMap((group) => {
      const layers = groups.get(group);
      return layers
        ? [h("h3", {}, tMaybe(`group.${group}`, group)), h("ul", { class: "layers" }, ...layers.map((layer) => row(layer, openReport, announce)))]
        : [];
    }),
    absent.length > 0
      ? h("details", { id: "absent", class: "absent" },
          h("summary", {}, t("absent.some", { n: number(absent.length) })),
          h("ul", { class: "layers" }, ...absent.map((layer) => row(layer, openReport, announce))))
      : "",
  );
  for (const id of opened) panel.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
  showReach(lastZoom);
}

function row(layer: LayerInfo, openReport: (id: string) => void, announce: (text: string) => void): HTMLElement {
  const name = title(layer);
  const mark = badge(layer);
  const canShow = drawable().includes(layer);
  const legend = swatches(layer, state.dark);
  const sample = legend.lines.length === 1 || layer.dimension !== 2 ? legend.lines.slice(0, 1) : legend.lines.slice(0, 3);
  const keyed = canShow && legend.lines.length > 1;
  const note = h("small", { class: "note", "data-from": shownFrom(layer) }, canShow ? countOf(layer) : "");
  const reachable = layer.state !== "absent" && layer.report;
  return h(
    "li",
    { class: "layer", "data-layer": layer.id },
    canShow
      ? h("label", { class: "switch" },
          h("input", {
            type: "checkbox", role: "switch", id: `switch-${layer.id}`, checked: isOn(layer.id),
            "aria-label": t("layer.show", { layer: name }),
            onchange: (event: Event) => {
              const on = (event.target as HTMLInputElement).checked;
              const now = drawable().map((one) => one.id).filter((id) => (id === layer.id ? on : isOn(id)));
              change({ on: now });
              announce(t(on ? "live.layerOn" : "live.layerOff", { layer: name }));
            },
          }),
          h("span", { class: "track", "aria-hidden": "true" }))
      : h("span", { class: "switch none" }),
    h("span", { class: "samples", "aria-hidden": "true" }, canShow ? sample.map(swatchElement) : null),
    h("span", { class: "layer-name" }, h("span", {}, name), keyed ? null : note),
    reachable
      ? h("button", {
          type: "button", id: `report-${layer.id}`, class: `badge badge-${mark.kind}`, title: layer.summary ?? "",
          "aria-label": t("layer.report", { badge: mark.text, layer: name }),
          onclick: () => openReport(layer.id),
        }, mark.text)
      : badgeElement(mark.kind, mark.text),
    keyed
      ? h("details", { id: `legend-${layer.id}`, class: "legend" },
          h("summary", { title: t("layer.legend", { layer: name }) }, note),
          h("ul", {}, ...legend.lines.map((line) => h("li", {}, swatchElement(line), codeLabel(layer, legend.field, line)))))
      : null,
  );
}

/** How many features; a draft says which file it is, since several may be of one kind. */
function countOf(layer: LayerInfo): string {
  const count = layer.features ? number(layer.features) : "";
  return layer.state === "draft" && layer.file ? `${count} · ${layer.file}` : count;
}

function codeLabel(layer: LayerInfo, field: string | null, line: Swatch): string {
  if (line.code === null || line.code === undefined) return t("layer.other");
  return code(layer, field, line.code);
}

/** A code in words, by the code list of its field. */
export function code(layer: LayerInfo | undefined, field: string | null, value: string): string {
  const codes = layer?.fields.find((one) => one.name === field)?.codes;
  if (!Array.isArray(codes)) return codes ? humanise(value) : value;
  return say(codes.find((entry) => entry.code === value)?.label, value);
}

export function swatchElement(line: Swatch): HTMLElement {
  const edge = line.outline && line.shape === "fill" ? `;border-color:${line.outline}` : "";
  return h("span", { class: `swatch swatch-${line.shape}`, style: `background:${line.colour}${edge}` });
}

let lastZoom = 0;

/** How much is left out: never nothing where something is. A share, because a feature counts in each tile that it meets. */
function shareOf(left: losses.Counted): string {
  return percent(Math.max(left.dropped / left.features_matched, 0.001));
}

/** Says beside each layer that is on whether the map must come closer to show it. */
export function showReach(zoom: number): void {
  lastZoom = zoom;
  for (const note of byId("panel-layers").querySelectorAll<HTMLElement>("[data-from]")) {
    const id = note.closest<HTMLElement>("[data-layer]")?.dataset["layer"] ?? "";
    const layer = state.city.layers.find((one) => one.id === id);
    if (!layer || !drawable().includes(layer)) continue;
    const far = zoom > 0 && isOn(id) && zoom < Number(note.dataset["from"]);
    const left = zoom > 0 && isOn(id) ? losses.at(layer, zoom) : null;
    note.textContent = far ? t("layer.closer") : left ? `${countOf(layer)} · ${t("layer.losses", { share: shareOf(left) })}` : countOf(layer);
    note.title = left && !far ? t("layer.lossesWhy", { n: number(left.dropped), all: number(left.features_matched) }) : "";
  }
}
