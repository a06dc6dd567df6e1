// A small client of the resumable upload protocol tus 1.0 (core and creation): a file goes up in pieces, a
// lost connection or a closed page costs the piece that was on its way, and the same file chosen again goes
// on where it stopped.

import { address, ApiError, asking } from "../api";

/** A piece: small enough that losing one on a weak line costs little, large enough to be no burden. */
const PIECE_BYTES = 4 << 20;
/** How often a piece is sent again before the person is asked, and the pause before each. */
const PAUSES_MS = [500, 2000, 5000, 10_000, 20_000];
const VERSION = { "Tus-Resumable": "1.0.0" };

export interface Telling {
  /** Bytes that the server has or that are on their way. */
  sent(bytes: number): void;
  /** The delivery's id is known from the first byte. */
  named(delivery: string): void;
  /** The line is lost; it is tried again. */
  waiting(): void;
}

export interface Uploading {
  /** Resolves with the delivery's id once the server has the whole file; rejects when it is given up. */
  done: Promise<string>;
  pause(): void;
  resume(): void;
  /** Gives up and has the server forget what it has. */
  cancel(): Promise<void>;
}

/** What is remembered of an upload, so that the same file goes on where it stopped. */
interface Memory {
  url: string;
  delivery: string;
}

export function upload(file: Blob, name: string, modified: number, about: Record<string, string>, tell: Telling): Uploading {
  const key = `parat-upload:${name}:${file.size}:${modified}`;
  let paused = false;
  let gone = false;
  let wake: (() => void) | null = null;
  let running: XMLHttpRequest | null = null;
  let known: Memory | null = null;

  const resting = async (): Promise<void> => {
    while (paused && !gone) await new Promise<void>((resolve) => (wake = resolve));
    if (gone) throw new Cancelled();
  };

  const create = async (): Promise<Memory> => {
    const said = Object.entries({ ...about, filename: name }).map(([word, value]) => `${word} ${base64(value)}`).join(",");
    const answer = await fetch(address("uploads"), {
      method: "POST",
      headers: { ...VERSION, ...asking(), "Upload-Length": String(file.size), "Upload-Metadata": said },
    });
    if (!answer.ok) throw await problem(answer);
    const made = { url: new URL(answer.headers.get("location") ?? "", answer.url).href, delivery: answer.headers.get("parat-delivery") ?? "" };
    localStorage.setItem(key, JSON.stringify(made));
    return made;
  };

  /** Where the server stands with an upload it knows; null for one it does not. */
  const offsetOf = async (url: string): Promise<number | null> => {
    const answer = await fetch(url, { method: "HEAD", headers: { ...VERSION, ...asking() }, cache: "no-store" });
    if ([404, 410, 403].includes(answer.status)) return null;
    if (!answer.ok) throw new ApiError(answer.status, answer.statusText);
    return Number(answer.headers.get("upload-offset"));
  };

  const piece = (url: string, offset: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      running = request;
      request.open("PATCH", url);
      for (const [header, value] of Object.entries({ ...VERSION, ...asking(), "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" })) {
        request.setRequestHeader(header, value);
      }
      request.upload.onprogress = (event) => tell.sent(offset + event.loaded);
      request.onload = () => {
        if (request.status >= 200 && request.status < 300) resolve(Number(request.getResponseHeader("upload-offset")));
        else reject(new ApiError(request.status, said(request)));
      };
      request.onerror = () => reject(new ApiError(0, "unreachable"));
      request.onabort = () => reject(new Stopped());
      request.send(file.slice(offset, offset + PIECE_BYTES));
    });

  const run = async (): Promise<string> => {
    const remembered = JSON.parse(localStorage.getItem(key) ?? "null") as Memory | null;
    let offset = 0;
    if (remembered) {
      const at = await offsetOf(remembered.url).catch(() => null);
      if (at === null) localStorage.removeItem(key);
      else {
        known = remembered;
        offset = at;
      }
    }
    await resting();
    known ??= await create();
    tell.named(known.delivery);
    tell.sent(offset);
    let tries = 0;
    while (offset < file.size) {
      await resting();
      try {
        offset = await piece(known.url, offset);
        tries = 0;
        tell.sent(offset);
      } catch (error) {
        if (gone) throw new Cancelled();
        const stopped = error instanceof Stopped;
        const passes = stopped || (error instanceof ApiError && (error.passes || error.status === 409));
        if (!passes || tries >= PAUSES_MS.length) throw error;
        if (!stopped) {
          tell.waiting();
          await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[tries]));
          tries += 1;
        }
        await resting();
        // The server may have kept a part of the piece.
        const at = await offsetOf(known.url).catch(() => offset);
        if (at === null) throw error;
        offset = at;
      }
    }
    localStorage.removeItem(key);
    return known.delivery;
  };

  return {
    done: run(),
    pause() {
      paused = true;
      running?.abort();
    },
    resume() {
      paused = false;
      wake?.();
    },
    async cancel() {
      gone = true;
      paused = false;
      running?.abort();
      wake?.();
      localStorage.removeItem(key);
      if (known) await fetch(known.url, { method: "DELETE", headers: { ...VERSION, ...asking() } }).catch(() => undefined);
    },
  };
}

/** The person gave it up. */
export class Cancelled extends Error {}
/** The person paused it. */
class Stopped extends Error {}

async function problem(answer: Response): Promise<ApiError> {
  const told = (await answer.json().catch(() => ({}))) as { detail?: string; title?: string };
  return new ApiError(answer.status, told.detail ?? told.title ?? answer.statusText);
}

function said(request: XMLHttpRequest): string {
  try {
    const told = JSON.parse(request.responseText) as { detail?: string; title?: string };
    return told.detail ?? told.title ?? request.statusText;
  } catch {
    return request.statusText;
  }
}

function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
