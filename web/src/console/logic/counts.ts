/** What counts of rooms and seats say. */
import type { NowAnswer } from "../wire.ts";

export interface Balance {
  /** Rooms of nobody who is connected are left out: their seats are held. */
  readonly alone: number;
  readonly pairs: number;
  readonly company: number;
  readonly people: number;
}

/** Fewer members make a thin room. */
export const THIN_BELOW = 3;

export function balanceOf(roomsBySize: NowAnswer["rooms_by_size"]): Balance {
  const rooms = (holds: (size: number) => boolean) =>
    roomsBySize.filter(({ size }) => holds(size)).reduce((sum, { rooms }) => sum + rooms, 0);
  return {
    alone: rooms((size) => size === 1),
    pairs: rooms((size) => size === 2),
    company: rooms((size) => size >= THIN_BELOW),
    people: roomsBySize.reduce((sum, { size, rooms }) => sum + size * rooms, 0),
  };
}

/** Returns counts with those that are 0 left out, the largest first. */
export function largestFirst<T extends { readonly count: number }>(counts: readonly T[]): T[] {
  return counts.filter(({ count }) => count > 0).sort((one, other) => other.count - one.count);
}

/** Returns a series in hundredths, holes kept. */
export function inPercent(shares: readonly (number | null)[]): (number | null)[] {
  return shares.map((share) => (share === null ? null : share * 100));
}

/** Returns the last value that was measured within so many steps, or null. */
export function latest(values: readonly (number | null)[], within = 3): number | null {
  return values.slice(-within).findLast((value) => value !== null) ?? null;
}
