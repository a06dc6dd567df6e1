// The page's own sentences, by language, and numbers and dates as that language writes them.

import type { Texts } from "./api";
import en from "./words/en.json";
import hi from "./words/hi.json";

export type WordKey = keyof typeof en;

const WORDS: Record<string, Record<WordKey, string>> = { en, hi };
/** Number formats: Indian grouping (1,00,000) in both. */
const LOCALES: Record<string, string> = { en: "en-IN", hi: "hi-IN" };

let language = "en";

/** The languages there are, with their own names. */
export function languages(): { code: string; name: string }[] {
  return Object.entries(WORDS).map(([code, words]) => ({ code, name: words["lang.name"] }));
}

/** The language to begin with: the asked one, else the browser's, else English. */
export function pick(asked: string | null): string {
  const wanted = [asked, ...navigator.languages].map((tag) => tag?.split("-")[0] ?? "");
  return wanted.find((tag) => tag in WORDS) ?? "en";
}

export function setLanguage(code: string): void {
  language = code;
  document.documentElement.lang = code;
}

export function getLanguage(): string {
  return language;
}

/** A sentence with its `{gaps}` filled. */
export const t = sentences(WORDS);

/** The same for words that a part of the page brings along. */
export function sentences<K extends string>(words: Record<string, Record<K, string>>): (key: K, gaps?: Record<string, string | number>) => string {
  return (key, gaps = {}) => (words[language] ?? words["en"])![key].replace(/\{(\w+)\}/g, (_, gap: string) => String(gaps[gap] ?? ""));
}

/** A sentence whose key is data; `fallback` where there is none. */
export function tMaybe(key: string, fallback: string): string {
  return key in en ? t(key as WordKey) : fallback;
}

/** A text of the server in the page's language. */
export function say(texts: Texts | string | null | undefined, fallback = ""): string {
  if (!texts) return fallback;
  if (typeof texts === "string") return texts;
  return texts[language] ?? texts["en"] ?? fallback;
}

/** A number with at most `digits` decimals. */
export function number(value: number, digits = 2): string {
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value);
}

/** A share of 1 as per cent. */
export function percent(share: number): string {
  return new Intl.NumberFormat(LOCALES[language], { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** A size in bytes as people say it. */
export function bytes(count: number): string {
  const steps = ["B", "kB", "MB", "GB"];
  const step = Math.min(steps.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return `${number(count / 1000 ** step, step === 0 ? 0 : 1)} ${steps[step]}`;
}

/** A value with its unit: `82 %`, `3.4 sq km`. */
export function measure(value: number, unit: string | null | undefined, digits = 2): string {
  return unit ? `${number(value, digits)} ${unit}` : number(value, digits);
}

/** An RFC 3339 moment or date for people. */
export function moment(text: string): string {
  const when = new Date(text);
  if (Number.isNaN(when.getTime())) return text;
  const time = text.includes("T") ? ({ timeStyle: "short" } as const) : {};
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", ...time }).format(when);
}

/** A code nobody translated, made readable: `sub_arterial` becomes `Sub arterial`. */
export function humanise(code: string): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
