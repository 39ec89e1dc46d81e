/** A position as a device gives it, at a time by a clock that never goes back. */
export interface Fix {
  lat: number;
  lon: number;
  accuracyM: number;
  atMs: number;
}

/** Faster than an express train: more likely the device is wrong. */
const JUMP_M_PER_S = 100;

/** Two fixes this close say the same; what they are uncertain by is added. */
const TOGETHER_M = 500;

/** A fix is good for so long when no newer one comes. */
export const STALE_MS = 15 * 60_000;

export interface Track {
  /** The fix to check in with, or null if there was none yet. */
  good: Fix | null;
  /** The last one that was too far off to believe, until another one agrees with it. */
  doubted: Fix | null;
}

export const NO_TRACK: Track = { good: null, doubted: null };

/** Returns the track with one more fix: one that is too far off for the time between is believed once the next agrees. */
export function tracked(track: Track, fix: Fix): Track {
  const { good, doubted } = track;
  if (good === null || !isJump(good, fix)) return { good: fix, doubted: null };
  if (doubted !== null && distanceM(doubted, fix) <= TOGETHER_M + doubted.accuracyM + fix.accuracyM) {
    return { good: fix, doubted: null };
  }
  return { good, doubted: fix };
}

function isJump(from: Fix, to: Fix): boolean {
  const seconds = Math.max(1, (to.atMs - from.atMs) / 1000);
  const apartM = distanceM(from, to) - from.accuracyM - to.accuracyM;
  return apartM > TOGETHER_M && apartM / seconds > JUMP_M_PER_S;
}

/** Returns the great-circle distance of two points, in metres. */
export function distanceM(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const rad = Math.PI / 180;
  const dLat = (b.lat - a.lat) * rad;
  const dLon = (b.lon - a.lon) * rad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Returns a coordinate as it leaves the phone: to some 11 m, finer than what the server keeps and no finer. */
export function rounded(degrees: number): number {
  return Math.round(degrees * 10_000) / 10_000;
}
