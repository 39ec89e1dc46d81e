/** The crowd map: hours of the retention, and the classes in which the server tells how many people a cell had. */
import type { CrowdFeature } from "../wire.ts";
import { HOUR_MS } from "./clock.ts";

/** Lower bounds of the classes: fewer than the first are never shown. */
export const CLASSES = [10, 20, 50, 100] as const;

export const RESOLUTIONS = [7, 6, 5] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** Whole hours that are kept, counting back from now. */
export const KEPT_HOURS = 24;

/** Returns which class a lower bound is in: 0 to 3. Sums of coarser cells fall in the class they reach. */
export function classOf(atLeast: number): number {
  return Math.max(0, CLASSES.filter((bound) => bound <= atLeast).length - 1);
}

/** Returns how many people a cell had, as it is told: "10-19" with an upper bound, "120 or more" without. */
export function rangeOf(atLeast: number, atMost: number | null): string {
  return atMost === null ? `${atLeast} or more` : `${atLeast}–${atMost}`;
}

/** Returns a class as the legend says it. */
export function classLabel(index: number): string {
  const next = CLASSES[index + 1];
  return rangeOf(CLASSES[index] ?? 0, next === undefined ? null : next - 1);
}

/** Returns the starts of the hours that an answer is of, oldest first. */
export function hoursBetween(fromMs: number, toMs: number): number[] {
  const hours: number[] = [];
  for (let at = fromMs; at < toMs; at += HOUR_MS) hours.push(at);
  return hours;
}

export interface HourTotal {
  hourMs: number;
  cells: number;
  atLeast: number;
}

/** Returns per hour how many cells are shown and what their lower bounds add up to; an hour without any has zeros. */
export function totalsByHour(hours: readonly number[], features: readonly CrowdFeature[]): HourTotal[] {
  const totals = new Map(hours.map((hourMs) => [hourMs, { hourMs, cells: 0, atLeast: 0 }]));
  for (const { properties } of features) {
    const total = totals.get(properties.hour_start_ms);
    if (!total) continue;
    total.cells += 1;
    total.atLeast += properties.at_least;
  }
  return [...totals.values()];
}

/** Returns the cells of one hour, the fullest first. */
export function cellsOf(features: readonly CrowdFeature[], hourMs: number): CrowdFeature[] {
  return features
    .filter(({ properties }) => properties.hour_start_ms === hourMs)
    .sort((one, other) => other.properties.at_least - one.properties.at_least);
}
