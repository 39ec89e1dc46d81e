import { expect, test } from "vitest";
import { DAY_MS, dayAndTime, HOUR_MS, hasteOf, MINUTE_MS, spanOf } from "./clock.ts";

test("a report's clock gets hastier as it runs out", () => {
  const due = 100 * HOUR_MS;
  const left = (ms: number) => hasteOf(due, due - ms);
  expect([left(24 * HOUR_MS), left(6 * HOUR_MS + 1)]).toEqual(["calm", "calm"]);
  expect([left(6 * HOUR_MS), left(HOUR_MS + 1)]).toEqual(["soon", "soon"]);
  expect([left(HOUR_MS), left(1)]).toEqual(["urgent", "urgent"]);
  expect([left(0), left(-DAY_MS)]).toEqual(["over", "over"]);
});

test.each([
  [0, "0 s"],
  [59_999, "59 s"],
  [MINUTE_MS, "1 min"],
  [HOUR_MS, "1 h"],
  [2 * HOUR_MS + 5 * MINUTE_MS, "2 h 5 min"],
  [-(3 * DAY_MS + 4 * HOUR_MS), "3 d 4 h"],
  [DAY_MS + MINUTE_MS, "1 d"],
])("%d ms are %s", (ms, said) => {
  expect(spanOf(ms)).toBe(said);
});

test("a time says its year only if it is another one", () => {
  const at = Date.UTC(2026, 10, 28, 3, 4);
  expect(dayAndTime(at, at, "UTC")).toBe("28 Nov, 03:04");
  expect(dayAndTime(at, at + 366 * DAY_MS, "UTC")).toContain("2026");
});
