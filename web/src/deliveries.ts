// The files that were handed in, with what the gate said of each.

import { state } from "./state";
import { byId, h } from "./element";
import { moment, t, tMaybe } from "./i18n";
import { badgeElement } from "./layers";

/** Draws the list. `openReport` is called with a delivery's id. */
export function draw(openReport: (id: string) => void): void {
  byId("panel-deliveries").replaceChildren(
    ...(state.city.deliveries.length === 0
      ? [h("p", { class: "quiet" }, t("deliveries.none"))]
      : [
          h("p", { class: "quiet" }, t("deliveries.lead")),
          h("ul", { class: "deliveries" }, ...state.city.deliveries.map((one) =>
            h("li", {},
              h("button", { type: "button", class: "delivery", id: `delivery-${one.id}`, onclick: () => openReport(one.id) },
                h("span", { class: "file" }, one.file),
                badgeElement(one.verdict, tMaybe(`badge.${one.verdict}`, one.verdict)),
                h("span", { class: "summary" }, one.summary),
                one.at ? h("span", { class: "quiet" }, moment(one.at)) : null)))),
        ]),
  );
}
