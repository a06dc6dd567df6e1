// A column of numbered steps, of which one is open. A step's head says where it stands, so that the closed
// column reads as a summary.

import { h } from "../element";

export type Mark = "done" | "open" | "trouble" | "later";

export interface Step {
  id: string;
  title: string;
  mark: Mark;
  /** Where it stands, in a few words. */
  says: string;
  /** Makes the content when the step is first opened. */
  body: () => Node;
  /** What the map should show while it is open. */
  shown?: () => void;
}

export interface Steps {
  element: HTMLElement;
  open(id: string): void;
  /** The step that is open. */
  current(): string | null;
}

const MARKS: Record<Mark, string> = { done: "✓", open: "", trouble: "!", later: "" };

export function steps(list: Step[], first: string | null, changed: (id: string | null) => void): Steps {
  let current: string | null = null;
  const items = new Map(list.map((step, at) => {
    const button: HTMLButtonElement = h("button", { type: "button", id: `head-${step.id}`, "aria-expanded": "false", "aria-controls": `step-${step.id}`, onclick: () => {
        set(current === step.id ? null : step.id);
        // The step that closed above may have pulled this one out of sight.
        button.scrollIntoView({ block: "nearest" });
      } },
      h("span", { class: "step-number", "aria-hidden": "true" }, MARKS[step.mark] || String(at + 1)),
      h("span", { class: "step-title" }, step.title),
      h("span", { class: "step-says" }, step.says));
    const body = h("div", { class: "step-body", id: `step-${step.id}`, role: "region", "aria-labelledby": `head-${step.id}`, hidden: true });
    return [step.id, { step, button, body, item: h("li", { class: `step step-${step.mark}`, "data-step": step.id }, h("h3", {}, button), body) }] as const;
  }));

  const set = (id: string | null): void => {
    current = id;
    for (const [name, { step, button, body, item }] of items) {
      const open = name === id;
      button.setAttribute("aria-expanded", String(open));
      item.classList.toggle("current", open);
      body.hidden = !open;
      if (open && body.childElementCount === 0) body.append(step.body());
      if (open) step.shown?.();
    }
    changed(id);
  };
  set(first);
  return {
    element: h("ol", { class: "steps" }, ...[...items.values()].map(({ item }) => item)),
    open(id) {
      set(id);
      const button = items.get(id)?.button;
      button?.focus({ preventScroll: true });
      button?.scrollIntoView({ block: "start", behavior: "smooth" });
    },
    current: () => current,
  };
}
