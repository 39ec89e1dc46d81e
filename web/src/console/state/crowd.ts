/** The crowd map's hours, asked for one at a time: a city's whole day would be megabytes. */
import { signal } from "@preact/signals";
import { HOUR_MS } from "../logic/clock.ts";
import { type HourTotal, hoursBetween, KEPT_HOURS, type Resolution, totalsByHour } from "../logic/crowd.ts";
import type { CrowdFeature } from "../wire.ts";
import { call } from "./calls.ts";
import { nowMs } from "./clock.ts";
import { watched } from "./watched.ts";

/** All hours that are shown, with what they add up to. Of the coarsest cells: there are few, and sums are the same. */
export const hours = watched<HourTotal[]>(async () => {
  const toMs = Math.ceil(nowMs.value);
  const { from_ms, to_ms, features } = await askCrowd(toMs - KEPT_HOURS * HOUR_MS, toMs, 5);
  return totalsByHour(hoursBetween(from_ms, to_ms), features);
});

/** What an hour shows: it does not change any more once it does. */
const known = signal<ReadonlyMap<string, readonly CrowdFeature[]>>(new Map());
const MOST_KNOWN = 3 * KEPT_HOURS;

const keyOf = (hourMs: number, resolution: Resolution) => `${hourMs}/${resolution}`;

/** Returns the cells of an hour, or null while they were not asked for or did not come. */
export function cellsAt(hourMs: number, resolution: Resolution): readonly CrowdFeature[] | null {
  return known.value.get(keyOf(hourMs, resolution)) ?? null;
}

/** Asks for an hour unless it is known; rejects as a call does. */
export async function loadHour(hourMs: number, resolution: Resolution): Promise<void> {
  const key = keyOf(hourMs, resolution);
  if (known.value.has(key)) return;
  const { features } = await askCrowd(hourMs, hourMs + HOUR_MS, resolution);
  const all = [...known.value, [key, features] as const];
  known.value = new Map(all.slice(-MOST_KNOWN));
}

function askCrowd(fromMs: number, toMs: number, resolution: Resolution) {
  return call("GET /v1/admin/crowd", { query: { from_ms: Math.floor(fromMs), to_ms: toMs, resolution } });
}
