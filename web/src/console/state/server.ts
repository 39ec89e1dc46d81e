/** What every page wants to know of the server: how it is, what waits, and what is stopped. */
import { signal } from "@preact/signals";
import { sameOrNew } from "../logic/series.ts";
import {
  type BrakesAnswer,
  NoAnswer,
  type NowAnswer,
  type PageConfig,
  type ReportsAnswer,
  type SanctionsAnswer,
} from "../wire.ts";
import { call } from "./calls.ts";
import { heard } from "./clock.ts";
import { token } from "./session.ts";
import { repeat, type Watched, watched } from "./watched.ts";

const NOW_EVERY_MS = 5_000;
const QUEUE_EVERY_MS = 15_000;

export const now: Watched<NowAnswer> = watched(async () => {
  const answer = await call("GET /v1/admin/now");
  heard(answer.at_ms);
  return { ...answer, history: sameOrNew(now.look.value.value?.history, answer.history) };
});
export const openReports = watched<ReportsAnswer>(() => call("GET /v1/admin/reports", { query: { status: "open" } }));
export const brakes = watched<BrakesAnswer>(() => call("GET /v1/admin/brakes"));
export const sanctions = watched<SanctionsAnswer>(() => call("GET /v1/admin/sanctions"));

/** Where map tiles come from and whose they are, null without any: then maps have coastlines and a grid. */
export interface Tiles {
  readonly url: string;
  readonly attribution: string;
}

export const tiles = signal<Tiles | null>(null);

async function askPage(): Promise<void> {
  const answer = await fetch("/page.json");
  if (!answer.ok) return;
  const { tile_url: url, tile_attribution } = (await answer.json()) as PageConfig;
  tiles.value = url === null ? null : { url, attribution: tile_attribution ?? "" };
}

/** Whether nobody answers. */
export function isUnreachable(): boolean {
  return now.look.value.error instanceof NoAnswer;
}

/** Asks again and again while somebody is signed in; returns the function that ends it. */
export function watchServer(): () => void {
  if (token.value === null) return () => {};
  askPage().catch(() => {
    // Without it maps have coastlines and a grid.
  });
  const ends = [
    repeat(() => now.refresh(), NOW_EVERY_MS),
    repeat(async () => {
      await Promise.all([openReports.refresh(), brakes.refresh(), sanctions.refresh()]);
    }, QUEUE_EVERY_MS),
  ];
  return () => {
    for (const end of ends) end();
    for (const one of [now, openReports, brakes, sanctions]) one.clear();
  };
}
