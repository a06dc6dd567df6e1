// What stands in the map's place where the browser cannot draw one: the same facts as tables.

import { currentIndicator, state } from "./state";
import { byId, h } from "./element";
import { address } from "./api";
import { number, say, t } from "./i18n";
import { badge, badgeElement, title } from "./layers";
import { table } from "./join";

/** Draws the tables. `openReport` is called with a layer's id. */
export function draw(openReport: (id: string) => void): void {
  const plain = byId("plain");
  plain.hidden = false;
  byId("map").hidden = true;
  document.body.classList.add("plain");
  const values = h("div", {});
  plain.replaceChildren(
    h("div", { class: "message", role: "alert" }, h("h2", {}, t("webgl.title")), h("p", {}, t("webgl.text"))),
    values,
    h("h2", {}, t("webgl.layers")),
    h("table", { class: "overview" },
      h("thead", {}, h("tr", {}, ...[t("webgl.layer"), t("webgl.verdict"), t("webgl.count"), t("webgl.data")].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...state.city.layers.map((layer) => {
        const mark = badge(layer);
        return h("tr", {},
          h("th", { scope: "row" }, title(layer)),
          h("td", {},
            layer.report
              ? h("button", { type: "button", class: `badge badge-${mark.kind}`, "aria-label": t("layer.report", { badge: mark.text, layer: title(layer) }), onclick: () => openReport(layer.id) }, mark.text)
              : badgeElement(mark.kind, mark.text)),
          h("td", { class: "number" }, layer.features ? number(layer.features) : "–"),
          h("td", {}, layer.tiles ? h("a", { href: address(`collections/${layer.id}/items?f=html`) }, "HTML") : "–"));
      }))),
  );
  const indicator = currentIndicator();
  if (indicator && state.values) {
    const shown = state.values;
    void table(shown, indicator.unit, null)
      .then((made) => values.replaceChildren(h("h2", {}, t("table.title", { indicator: say(indicator.titles, indicator.title), period: shown.period })), made))
      .catch(() => undefined);
  }
}
