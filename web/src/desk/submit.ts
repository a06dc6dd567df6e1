// Step 6: the layer is handed over for approval; after that, where it stands.

import { send } from "../api";
import { h } from "../element";
import { badgeElement } from "../layers";
import { titleOf, type Desk } from "./delivery";
import { deskLink, doing, go } from "./frame";
import { d } from "./words";

export function body(desk: Desk): Node {
  const { layer, report } = desk;
  const into = h("div", {});
  if (!layer?.version) {
    return h("div", {}, h("p", {}, report.verdict === "does_not_conform" ? d("submit.keptOut") : d("submit.noVersion")), into);
  }
  const id = `${layer.layer}@${layer.version}`;
  if (layer.state && layer.state !== "draft") {
    return h("div", {},
      h("p", {}, badgeElement(layer.state, d(`version.${layer.state}`)), " ", d("submit.stands", { layer: titleOf(layer.layer), version: layer.version })),
      h("p", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: () => go(`version:${id}`) }, d("submit.review"))));
  }
  if (report.verdict === "does_not_conform" || report.verdict === "not_judged") {
    return h("div", {}, h("p", {}, d("submit.keptOut")), h("p", { class: "buttons" }, h("button", { type: "button", onclick: () => go(`version:${id}`) }, d("submit.compare"))));
  }
  const comment = h("textarea", { id: "comment", rows: 2, maxlength: 2000 });
  const button = h("button", { type: "submit", class: "primary" }, d("submit.submit"));
  return h("form", { onsubmit: (event: Event) => {
      event.preventDefault();
      void doing(button, into, async () => {
        const said = comment.value.trim();
        await send("POST", `collections/${layer.layer}/versions/${layer.version}/submit`, said ? { comment: said } : {});
        desk.here.stage.announce(d("submit.done"));
        await desk.here.stage.refresh();
        go(`version:${id}`);
      });
    } },
    h("p", {}, d("submit.lead", { layer: titleOf(layer.layer) })),
    h("label", { class: "field", for: "comment" }, d("submit.comment")), comment,
    h("p", { class: "buttons" }, button, deskLink(`version:${id}`, d("submit.compare"))),
    into);
}
