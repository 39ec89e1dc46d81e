import { computed, signal } from "@preact/signals";
import type { CatchAnswer, LineState, MeAnswer, Member } from "@wire";
import type { PageFacts } from "../devices/page.ts";
import * as storage from "../devices/storage.ts";
import { NO_TRACK, type Track } from "../model/position.ts";
import { NO_TALK, type Talk } from "../model/talk.ts";
import type { Sync } from "../model/time.ts";

/** What the page shows. Views read it; the session alone writes most of it. */

export type Tab = "room" | "people" | "bottles" | "me";
export type Locating = "idle" | "locating" | "denied" | "unavailable";
export type TokenNeed = "none" | "soon" | "ended";

/** Why there is no room yet, and when it helps to ask again, by a clock that never goes back. */
export interface Refusal {
  text: string;
  againAtMs: number | null;
}

/** Where the line stands, with times by a clock that never goes back. */
export interface Link {
  kind: LineState["kind"];
  code?: number | undefined;
  backAtMs?: number | undefined;
}

/** A bottle in hand, and until when, by a clock that never goes back. */
export interface Held {
  bottle: CatchAnswer;
  untilMs: number;
}

/** A member whose sheet is open, and in which room they were. */
export interface Sheet {
  room: string;
  member: Member;
}

/** Something told for a while, with one thing to do about it. */
export interface Toast {
  id: number;
  text: string;
  isBad: boolean;
  /** When it helps to try again, by a clock that never goes back. */
  againAtMs: number | null;
  action: { label: string; run: () => void } | null;
}

export const facts = signal<PageFacts | null>(null);
export const hasToken = signal(false);
export const place = signal<storage.Place | null>(null);
/** Whether another place is being chosen, and whether on the map. */
export const isChoosing = signal(false);
export const isPicking = signal(false);
export const locating = signal<Locating>("idle");
export const track = signal<Track>(NO_TRACK);
/** Why the last check-in was refused; null if it was not. */
export const refusal = signal<Refusal | null>(null);
export const link = signal<Link>({ kind: "idle" });
export const isOnline = signal(true);
export const tokenNeed = signal<TokenNeed>("none");
export const talk = signal<Talk>(NO_TALK);
/** What is being written: it outlives a reload, a change of room and the end of a token. */
export const draft = signal(storage.draft.get());
export const sync = signal<Sync | null>(null);
export const tab = signal<Tab>("room");
export const sheet = signal<Sheet | null>(null);
export const toast = signal<Toast | null>(null);
export const me = signal<MeAnswer | null>(null);
/** Whether I wait to be told of company; "off" where the server has no push service. */
export const notify = signal<"unknown" | "off" | "no" | "waiting">("unknown");
export const inHand = signal<readonly Held[]>([]);
/** What screen readers are told next. */
export const spoken = signal("");
/** Counts what changed among the people I know, so that their list is read again. */
export const meetings = signal(0);

export const screen = computed<"join" | "banned" | "place" | "main">(() => {
  if (link.value.code === 3501) return "banned";
  if (!hasToken.value) return "join";
  return place.value === null || isChoosing.value || isPicking.value ? "place" : "main";
});

let toasts = 0;

export function tell(text: string, more: Partial<Omit<Toast, "id" | "text">> = {}): void {
  toasts += 1;
  toast.value = { id: toasts, text, isBad: false, againAtMs: null, action: null, ...more };
}
