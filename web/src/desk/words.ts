// The desk's own sentences, which come with its code and not with the map's.

import { sentences } from "../i18n";
import en from "../words/desk.en.json";
import hi from "../words/desk.hi.json";

export type DeskKey = keyof typeof en;

export const d = sentences<DeskKey>({ en, hi });

/** A sentence whose key is data; `fallback` where there is none. */
export function dMaybe(key: string, fallback: string): string {
  return key in en ? d(key as DeskKey) : fallback;
}
