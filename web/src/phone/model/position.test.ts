import { expect, test } from "vitest";
import { distanceM, type Fix, NO_TRACK, rounded, tracked } from "./position.ts";

const fix = (lat: number, lon: number, atMs: number, accuracyM = 30): Fix => ({ lat, lon, atMs, accuracyM });
const HOME = fix(47.37, 8.54, 0);

test("the first fix is believed", () => {
  expect(tracked(NO_TRACK, HOME)).toEqual({ good: HOME, doubted: null });
});

test("a walk is followed", () => {
  const next = fix(47.372, 8.541, 60_000);
  expect(tracked({ good: HOME, doubted: null }, next).good).toBe(next);
});

test("a jump is doubted until another fix agrees with it", () => {
  const jump = fix(48.85, 2.35, 10_000);
  const doubting = tracked({ good: HOME, doubted: null }, jump);
  expect(doubting).toEqual({ good: HOME, doubted: jump });
  const again = fix(48.851, 2.351, 20_000);
  expect(tracked(doubting, again)).toEqual({ good: again, doubted: null });
});

test("a fix that comes back from a jump clears the doubt", () => {
  const doubting = tracked({ good: HOME, doubted: null }, fix(48.85, 2.35, 10_000));
  const back = fix(47.3701, 8.5401, 20_000);
  expect(tracked(doubting, back)).toEqual({ good: back, doubted: null });
});

test("positions that jump about in turn leave the good one in force", () => {
  let track = tracked(NO_TRACK, HOME);
  for (let n = 1; n < 10; n += 1) track = tracked(track, fix(n % 2 ? 10 : -20, n % 2 ? 20 : 40, n * 1_000));
  expect(track.good).toBe(HOME);
});

test("a vague fix far away is no jump if it may be near", () => {
  const vague = fix(47.9, 8.54, 10_000, 80_000);
  expect(tracked({ good: HOME, doubted: null }, vague).good).toBe(vague);
});

test("a flight is believed by its time", () => {
  const later = fix(48.85, 2.35, 3 * 3_600_000);
  expect(tracked({ good: HOME, doubted: null }, later).good).toBe(later);
});

test("distances and roundings are those of the earth", () => {
  expect(distanceM({ lat: 0, lon: 0 }, { lat: 0, lon: 1 })).toBeCloseTo(111_195, -1);
  expect(distanceM({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(20_015_114, -2);
  expect(rounded(47.376912345)).toBe(47.3769);
});
