// The panel that opens over the map: one at a time, closed by its button or Escape, and then the focus
// goes back to where it came from.

import { byId, h } from "./element";
import { t } from "./i18n";

let opener: HTMLElement | null = null;
let afterClose: (() => void) | null = null;

/** Opens with a title and content; `closed` is called once, however it closes. */
export function open(title: string, content: Node[], closed: () => void = () => undefined): void {
  const drawer = byId("drawer");
  const before = afterClose;
  afterClose = null;
  before?.();
  if (drawer.hidden) opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  afterClose = closed;
  drawer.replaceChildren(
    h(
      "header",
      {},
      h("h2", { id: "drawer-title" }, title),
      h("button", { type: "button", class: "close", "aria-label": t("close"), onclick: close }, "×"),
    ),
    h("div", { class: "drawer-body" }, ...content),
  );
  drawer.hidden = false;
  document.body.classList.add("drawn");
  drawer.focus({ preventScroll: true });
}

/** Replaces the content of what is open, for what came later. */
export function fill(content: Node[]): void {
  byId("drawer").querySelector(".drawer-body")?.replaceChildren(...content);
}

export function close(): void {
  const drawer = byId("drawer");
  if (drawer.hidden) return;
  drawer.hidden = true;
  drawer.replaceChildren();
  document.body.classList.remove("drawn");
  const after = afterClose;
  afterClose = null;
  after?.();
  if (opener?.isConnected) opener.focus();
  opener = null;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
