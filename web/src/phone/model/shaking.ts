/** Tells a shaken phone from one that is carried: strong turns of acceleration in quick succession. */
export interface Shaking {
  /** When strong turns were felt lately, by a clock that never goes back. */
  turnsMs: readonly number[];
  last: number;
}

export const STILL: Shaking = { turnsMs: [], last: 0 };

const STRONG_M_S2 = 12;
const TURNS = 4;
const WITHIN_MS = 1_200;

/** Returns the state with one more reading of acceleration along an axis, in m/s², and whether that is a shake. */
export function felt(before: Shaking, along: number, atMs: number): { state: Shaking; isShake: boolean } {
  if (Math.abs(along) < STRONG_M_S2) return { state: before, isShake: false };
  if (Math.sign(along) === Math.sign(before.last)) return { state: before, isShake: false };
  const turnsMs = [...before.turnsMs.filter((ms) => ms > atMs - WITHIN_MS), atMs];
  if (turnsMs.length >= TURNS) return { state: STILL, isShake: true };
  return { state: { turnsMs, last: along }, isShake: false };
}
