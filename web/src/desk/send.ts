// Step 1 before there is a delivery: files are dropped or chosen and go up, each with its progress.

import { address, get } from "../api";
import { chosen, unfold, type Found, type Held } from "../dropped";
import { h } from "../element";
import { bytes, number } from "../i18n";
import { blobOf, sorted, type Parcel } from "./bundle";
import { deskLink, go, head, put, trouble, type Here } from "./frame";
import { Cancelled, upload, type Uploading } from "./tus";
import { d } from "./words";

/** What the server takes, in the little that this page shows of it. */
interface Inputs {
  formats?: { name: string; endings?: string[] }[];
  limits?: { name: string; value: number; unit?: string }[];
}

/** Draws the page; `held` is what was dropped before it was open. */
export function draw(here: Here, held: Held | null): void {
  const list = h("ul", { class: "parcels", "aria-label": d("send.list") });
  const left = h("p", { class: "quiet", role: "status" });
  const chooser = h("input", { type: "file", id: "files", multiple: true, class: "unseen", onchange: () => taken(chooser) });
  // Not every hand can drag: a folder may be chosen too, where the browser knows how.
  const folder = h("input", { type: "file", id: "folder", webkitdirectory: true, class: "unseen", onchange: () => taken(folder) });
  const source = h("input", { id: "source", list: "sources", maxlength: 120, value: localStorage.getItem("parat-source") ?? "" });
  const accepts = h("p", { class: "quiet" });
  const running: Promise<string | null>[] = [];

  const inputs = get<Inputs>("accepted-inputs").catch(() => ({}) as Inputs);

  const taken = (input: HTMLInputElement): void => {
    const files = [...(input.files ?? [])];
    input.value = "";
    void take(files.map(chosen));
  };
  const take = async (found: Found[]): Promise<void> => {
    const endings = ((await inputs).formats ?? []).flatMap((format) => format.endings ?? []);
    const said = source.value.trim();
    localStorage.setItem("parat-source", said);
    const sort = await sorted(found, endings);
    left.textContent = sort.left.length > 0 ? d("send.left", { files: sort.left.join(", ") }) : "";
    for (const parcel of sort.parcels) {
      const sent = one(parcel, said, here);
      list.append(sent.row);
      running.push(sent.done);
    }
    if (running.length === 0) return;
    const ids = await Promise.all(running);
    // One file: on to what it is. Several: the list leads to each.
    const arrived = ids.filter((id) => id !== null);
    if (here.alive() && ids.length === 1 && arrived.length === 1) go(arrived[0] ?? null);
  };

  put(here.root,
    head(d("send.title")),
    h("p", { class: "lead" }, d("send.lead")),
    h("div", { class: "drop" },
      h("p", { class: "drop-mark", "aria-hidden": "true" }, "⇪"),
      h("p", {}, h("strong", {}, d("send.drop"))),
      h("p", { class: "buttons" },
        h("label", { class: "button primary", for: "files" }, d("send.choose")), chooser,
        h("label", { class: "button", for: "folder" }, d("send.folder")), folder),
      accepts),
    h("label", { class: "field", for: "source" }, d("send.source")), source,
    h("p", { class: "quiet" }, d("send.sourceWhy")),
    list, left,
    h("p", { class: "quiet" }, h("a", { href: address("accepted-inputs?f=html") }, d("send.limits"))));

  void inputs.then(({ formats = [] }) => {
    const names = formats.map((format) => format.name);
    if (here.alive() && names.length > 0) accepts.textContent = d("send.accepts", { formats: names.join(", ") });
  });
  if (held) void unfold(held).then(take);
}

/** One parcel on its way up, with its row. `done` resolves with the delivery, or null if it was given up. */
function one(parcel: Parcel, source: string, here: Here): { row: HTMLElement; done: Promise<string | null> } {
  const size = parcel.files.reduce((sum, file) => sum + file.size, 0);
  const bar = h("progress", { max: size, value: 0, "aria-label": d("send.progress", { file: parcel.name }) });
  const said = h("p", { class: "quiet figures", role: "status" }, d("send.preparing"));
  const place = h("p", { class: "quiet" });
  const hold = h("button", { type: "button", class: "small" }, d("send.pause"));
  const stop = h("button", { type: "button", class: "small" }, d("cancel"));
  const buttons = h("p", { class: "buttons" }, hold, stop);
  const row = h("li", { class: "parcel" },
    h("p", { class: "parcel-head" }, h("span", {}, h("strong", {}, parcel.name), parcel.folder ? h("span", { class: "quiet" }, ` ${d("send.from", { folder: parcel.folder })}`) : null), h("span", { class: "number" }, bytes(size))),
    parcel.files.length > 1 ? h("p", { class: "quiet" }, d("send.parts", { parts: parcel.files.map((file) => file.name.split(".").slice(1).join(".")).join(", ") })) : null,
    bar, said, place, buttons);

  const speed = meter(size);
  const run = async (): Promise<string | null> => {
    let going: Uploading | null = null;
    let paused = false;
    try {
      const blob = await blobOf(parcel);
      const about = { ...(source ? { source } : {}), ...(parcel.metadata ? { metadata: JSON.stringify(parcel.metadata) } : {}) };
      going = upload(blob, parcel.name, Math.max(...parcel.files.map((file) => file.lastModified)), about, {
        sent: (sent) => {
          bar.max = blob.size;
          bar.value = sent;
          if (!paused) said.textContent = speed(sent);
        },
        named: (id) => {
          if (id) place.replaceChildren(d("send.report"), " ", h("a", { href: address(`reports/${id}.html`) }, address(`reports/${id}`)));
        },
        waiting: () => (said.textContent = d("send.waiting")),
      });
      const now = going;
      hold.onclick = () => {
        paused = !paused;
        if (paused) now.pause();
        else now.resume();
        hold.textContent = d(paused ? "send.goOn" : "send.pause");
        said.textContent = paused ? d("send.paused") : "";
      };
      stop.onclick = () => void now.cancel();
      const id = await going.done;
      row.classList.add("done");
      said.textContent = d("send.arrived");
      buttons.replaceChildren(deskLink(id, d("send.open")));
      here.stage.announce(d("send.arrivedOf", { file: parcel.name }));
      return id;
    } catch (error) {
      if (error instanceof Cancelled) {
        row.remove();
        return null;
      }
      said.textContent = "";
      row.append(trouble(error, () => {
        row.querySelector(".problem, .sign-in")?.remove();
        void run().then((id) => id && go(id));
      }));
      return null;
    }
  };
  return { row, done: run() };
}

/** Says how far, how fast and how long still, by what came through in the last seconds. */
function meter(total: number): (sent: number) => string {
  const seen: { at: number; sent: number }[] = [];
  return (sent) => {
    const now = performance.now();
    seen.push({ at: now, sent });
    while (seen.length > 2 && now - (seen[0]?.at ?? now) > 5000) seen.shift();
    const first = seen[0]!;
    const rate = now > first.at + 250 ? ((sent - first.sent) * 1000) / (now - first.at) : 0;
    const parts = [d("send.of", { sent: bytes(sent), total: bytes(total) })];
    if (rate > 0 && sent < total) {
      parts.push(d("send.rate", { rate: bytes(rate) }));
      const left = (total - sent) / rate;
      parts.push(left < 60 ? d("send.seconds", { n: number(Math.ceil(left), 0) }) : d("send.minutes", { n: number(Math.ceil(left / 60), 0) }));
    }
    return parts.join(" · ");
  };
}
