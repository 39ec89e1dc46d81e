import { expect, test } from "vitest";
import { aNow, aReport } from "../testing.ts";
import { HOUR_MS } from "./clock.ts";
import { type Seen, worriesOf } from "./worries.ts";

const CALM: Seen = { now: aNow({}), isUnreachable: false, reports: [], brakes: [], appeals: 0, nowMs: 0 };
const about = (seen: Partial<Seen>) => worriesOf({ ...CALM, ...seen }).map((worry) => `${worry.level} ${worry.about}`);

test("where nothing is wrong nothing is said", () => {
  expect(about({})).toEqual([]);
  expect(about({ now: null })).toEqual([]);
});

test("a server that cannot be reached is all that can be said", () => {
  const thin = aNow({ people: 30, history: { people: [30] }, thin_share: 0.5 });
  expect(about({ isUnreachable: true, now: thin })).toEqual(["bad unreachable"]);
  expect(about({ isUnreachable: true, now: aNow({ health: { store: "down", hub: "up", ready: false } }) })).toEqual([
    "bad unreachable",
  ]);
});

test("what is down is named, and what follows from it is not", () => {
  expect(about({ now: aNow({ health: { store: "down", hub: "down", ready: false } }) })).toEqual([
    "bad store_down",
    "bad hub_down",
  ]);
  expect(about({ now: aNow({ health: { store: "up", hub: "up", ready: false } }) })).toEqual(["bad not_ready"]);
});

test("the worst stands first: a report whose clock ran out before a brake", () => {
  const reports = [aReport({ due_ms: 0 }), aReport({ due_ms: 2 * HOUR_MS }), aReport({ due_ms: 20 * HOUR_MS })];
  const brakes = [{ what: "shake" as const, area: null, since_ms: 0, reason: "noise" }];
  expect(about({ reports, brakes, appeals: 1 })).toEqual([
    "bad overdue",
    "warn brake",
    "warn due_soon",
    "warn appeals",
  ]);
});

test("half of the people gone within minutes is bad, in a small crowd it is nothing", () => {
  const fell = (before: number, people: number) => aNow({ people, history: { people: [before, before, people] } });
  expect(about({ now: fell(100, 50) })).toEqual(["bad people_fell"]);
  expect(about({ now: fell(100, 51) })).toEqual([]);
  expect(about({ now: fell(10, 1) })).toEqual([]);
});

test("a late loop, thin rooms and a jump of refusals are told", () => {
  expect(about({ now: aNow({ history: { loop_lag_p99_ms: [250, 500, 250] } }) })).toEqual(["bad slow"]);
  expect(about({ now: aNow({ history: { loop_lag_p99_ms: [250, 10, 500] } }) })).toEqual([]);
  expect(about({ now: aNow({ history: { loop_lag_p99_ms: [200, 200, 200] } }) })).toEqual([]);
  expect(about({ now: aNow({ people: 30, history: { people: [30] }, thin_share: 0.25 }) })).toEqual(["warn thin"]);
  const calmThenStorm = [...Array.from({ length: 60 }, () => 1), ...Array.from({ length: 6 }, () => 20)];
  expect(about({ now: aNow({ history: { limits_hit: calmThenStorm } }) })).toEqual(["warn limits_jumped"]);
  expect(about({ now: aNow({ history: { limits_hit: calmThenStorm.map(() => 20) } }) })).toEqual([]);
});
