// Deliveries and versions as the server tells of them, and how the page speaks with it about them.

import { address, asking, credentials, get, send, type Verdict } from "../api";

export type DeliveryState = "receiving" | "queued" | "reading" | "checking" | "publishing" | "judged" | "failed" | "cancelled";

/** What a person said of a file. */
export interface Ask {
  layer?: string | null;
  crs?: string | null;
  encoding?: string | null;
  columns?: Record<string, string | null> | null;
  repairs?: string | null;
  set_aside?: boolean | null;
  metadata?: Record<string, unknown> | null;
}

export interface Counts {
  read: number;
  accepted: number;
  repaired: number;
  set_aside: number;
}

export interface JudgedLayer {
  layer: string;
  verdict: Verdict;
  summary: string;
  counts?: Counts | null;
  version?: number | null;
  state?: VersionState | null;
  report: string;
  /** Where the rows are that were set aside. */
  set_aside?: string | null;
}

export interface Delivery {
  id: string;
  source?: string | null;
  file: string;
  bytes: number;
  received: number;
  state: DeliveryState;
  phase?: string | null;
  progress?: { done: number; total: number | null; unit: string } | null;
  reason?: string | null;
  ask: Ask;
  /** What nobody said this time, but once for files of this source. */
  remembered?: { from: string; at: string } | null;
  /** What was said with it and could not be meant. */
  passed_over?: string | null;
  layers: JudgedLayer[];
  report: string;
  created_at: string;
  updated_at: string;
}

export type VersionState = "draft" | "submitted" | "returned" | "approved" | "published" | "superseded" | "retired";

export function deliveries(limit = 50): Promise<{ deliveries: Delivery[] }> {
  return get(`deliveries?limit=${limit}`);
}

export function delivery(id: string): Promise<Delivery> {
  return get(`deliveries/${encodeURIComponent(id)}`);
}

/** A link that saves a file which needs an account: where there is a token, a plain link would come without it. */
export function saving(path: string, name: string): { href: string; download: string; onclick: (event: Event) => void } {
  return {
    href: address(path),
    download: name,
    onclick: (event) => {
      const token = credentials();
      if (Object.keys(token).length === 0) return;
      event.preventDefault();
      void fetch(address(path), { headers: token }).then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        const url = URL.createObjectURL(await answer.blob());
        const link = document.createElement("a");
        link.href = url;
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
      }).catch(() => window.open(address(path)));
    },
  };
}

/** Changes what was said of a file; it is judged again. */
export function ask(id: string, change: Ask): Promise<Delivery> {
  return send("PATCH", `deliveries/${encodeURIComponent(id)}`, change, "application/merge-patch+json");
}

export function cancel(id: string): Promise<unknown> {
  return send("DELETE", `deliveries/${encodeURIComponent(id)}`);
}

export function isOver(state: DeliveryState): boolean {
  return state === "judged" || state === "failed" || state === "cancelled";
}

const POLL_MS = 1500;

/** Tells every change of a delivery until it is over or the returned function is called. Where events do not come
 * through, as behind some proxies, it asks again and again instead. */
export function follow(id: string, changed: (now: Delivery) => void): () => void {
  const stop = new AbortController();
  const tell = (now: Delivery): void => {
    if (stop.signal.aborted) return;
    if (isOver(now.state)) stop.abort();
    changed(now);
  };
  const run = async (): Promise<void> => {
    await events(id, stop.signal, tell).catch(() => undefined);
    while (!stop.signal.aborted) {
      await delivery(id).then(tell, () => undefined);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  void run();
  return () => stop.abort();
}

/** Server-sent events by fetch: an EventSource cannot say who asks. */
async function events(id: string, signal: AbortSignal, tell: (now: Delivery) => void): Promise<void> {
  const answer = await fetch(address(`deliveries/${encodeURIComponent(id)}/events`), { headers: { Accept: "text/event-stream", ...asking() }, signal });
  if (!answer.ok || !answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const messages = (rest + value).split(/\r?\n\r?\n/);
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const data = message.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      if (data) tell(JSON.parse(data) as Delivery);
    }
  }
}

/** A metadata element as the standard asks for it. */
export interface Element {
  element: string;
  title: Record<string, string>;
  about: Record<string, string>;
  obligation: "required" | "conditional" | "recommended";
  when?: string | null;
  derived?: boolean;
  default?: string | null;
  codes?: { name: string; entries: { code: string; label: Record<string, string> | string }[] } | null;
}
