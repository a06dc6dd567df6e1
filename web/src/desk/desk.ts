// The desk: the way of a file from hand to map. It takes the place of the list of layers; which of its pages
// is open stands in the address.

import type { Held } from "../dropped";
import { byId } from "../element";
import type { Stage } from "../stage";
import * as delivery from "./delivery";
import { go, head, put, signIn, type Here } from "./frame";
import * as journal from "./journal";
import * as review from "./review";
import * as send from "./send";
import * as versions from "./versions";
import { d } from "./words";

let visits = 0;
let leaving: (() => void)[] = [];

/** Where a token is entered before anything asks for one. */
function signInPage(here: Here): void {
  put(here.root, head(d("sign.in")), signIn(d("sign.lead"), () => go(null)));
}

/** Opens a page: `new`, `journal`, `versions:LAYER`, `version:LAYER@3`, or a delivery's id. */
export function enter(asked: string, stage: Stage, files: Held | null): void {
  leave();
  const mine = visits;
  const here: Here = {
    stage,
    root: byId("desk"),
    alive: () => visits === mine,
    onLeave: (act) => leaving.push(act),
  };
  document.body.dataset["page"] = ["new", "journal", "sign-in"].includes(asked) ? "whole" : "map";
  const [page, about = ""] = asked.split(":");
  if (page === "new") send.draw(here, files);
  else if (page === "sign-in") signInPage(here);
  else if (page === "journal") void journal.draw(here);
  else if (page === "versions") void versions.draw(here, about);
  else if (page === "version") void review.draw(here, about);
  else void delivery.draw(here, asked);
}

export function leave(): void {
  visits += 1;
  const acts = leaving;
  leaving = [];
  for (const act of acts) act();
}
