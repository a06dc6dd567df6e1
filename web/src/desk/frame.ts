// What every page of the desk has: a head with the way back, and how trouble is shown.

import { ApiError, setToken, token } from "../api";
import { byId, h, prose } from "../element";
import { change } from "../state";
import type { Stage } from "../stage";
import { d } from "./words";

/** A page of the desk while it is open. */
export interface Here {
  stage: Stage;
  root: HTMLElement;
  /** False once another page was opened: what comes late is not drawn. */
  alive(): boolean;
  /** Called when the page is left. */
  onLeave(act: () => void): void;
}

export function go(to: string | null): void {
  change({ desk: to });
}

/** A link to a page of the desk. */
export function deskLink(to: string, ...content: (Node | string)[]): HTMLElement {
  return h("button", { type: "button", class: "link", onclick: () => go(to) }, ...content);
}

/** The head: the way back, the title, and who is at the desk. */
export function head(title: string, back: { to: string | null; text: string } | null = null): HTMLElement {
  const to = back ?? { to: null, text: d("toMap") };
  return h("header", { class: "desk-head" },
    h("button", { type: "button", class: "back", onclick: () => go(to.to) }, h("span", { "aria-hidden": "true" }, "← "), to.text),
    h("h2", { id: "desk-title", tabindex: -1 }, title));
}

/** Puts a page in place and gives it the focus, so that a screen reader begins at its title. */
export function put(root: HTMLElement, ...content: (Node | string | null)[]): void {
  root.replaceChildren(...content.filter((one) => one !== null));
  root.scrollTop = 0;
  byId("desk-title").focus({ preventScroll: true });
}

/** Says what went wrong; asks for a token where that is what is missing. */
export function trouble(error: unknown, again: () => void): HTMLElement {
  const status = error instanceof ApiError ? error.status : -1;
  if (status === 401 || status === 403) return signIn(status === 403 && token() !== null ? d("sign.notAllowed") : d("sign.needed"), again);
  const why = error instanceof ApiError ? (error.status === 0 ? d("unreachable") : error.message) : String(error);
  return h("div", { class: "problem", role: "alert" }, h("p", {}, why), h("p", { class: "buttons" }, h("button", { type: "button", onclick: again }, d("again"))));
}

/** The box a token is entered in. It is kept for this tab only. */
export function signIn(why: string, done: () => void): HTMLElement {
  const field = h("input", { type: "password", id: "token", autocomplete: "current-password", spellcheck: "false", required: true });
  return h("form", { class: "sign-in", role: "alert", onsubmit: (event: Event) => {
      event.preventDefault();
      setToken(field.value.trim());
      done();
    } },
    h("p", {}, why),
    h("label", { class: "field", for: "token" }, d("sign.token")),
    h("div", { class: "row" }, field, h("button", { type: "submit", class: "primary" }, d("sign.in"))),
    h("p", { class: "quiet" }, ...prose(d("sign.kept"))));
}

/** Does something the server must agree to: the button waits, and trouble stands where it was asked for. */
export async function doing(button: HTMLButtonElement, into: HTMLElement, act: () => Promise<void>): Promise<void> {
  button.disabled = true;
  into.replaceChildren();
  try {
    await act();
  } catch (error) {
    into.replaceChildren(trouble(error, () => void doing(button, into, act)));
  } finally {
    button.disabled = false;
  }
}
