import { expect, test } from "vitest";
import { indexAt, pathOf, sameOrNew, sampled, shortNumber, topOf } from "./series.ts";

const FRAME = { width: 100, height: 10 };

test("a scale ends at a round number above all values", () => {
  expect([[3], [7], [0.3], [1_001], [50], [0], [null]].map((values) => topOf(values))).toEqual([
    5, 10, 0.5, 2_000, 50, 1, 1,
  ]);
  expect(topOf([1, null], [19])).toBe(20);
});

test("a line breaks off where nothing was measured", () => {
  expect(pathOf([0, 10, null, 5, 0], 10, FRAME)).toBe("M0.0 10.0L25.0 0.0M75.0 5.0L100.0 10.0");
  expect(pathOf([null, 5, null], 10, FRAME)).toBe("M50.0 5.0h0.1");
  expect(pathOf([], 10, FRAME)).toBe("");
});

test("the pointer finds the value it stands over", () => {
  expect([indexAt(-1, 5), indexAt(0.49, 5), indexAt(2, 5)]).toEqual([0, 2, 4]);
});

test("a table shows a few rows, with the newest", () => {
  expect(sampled(10, 4)).toEqual([9, 6, 3, 0]);
  expect(sampled(3, 10)).toEqual([2, 1, 0]);
  expect(sampled(0, 10)).toEqual([]);
});

test("numbers are short", () => {
  expect([0, 0.0456, 1.25, 12, 150.4, 1_200, 12_345, 3_400_000].map(shortNumber)).toEqual([
    "0",
    "0.046",
    "1.3",
    "12",
    "150",
    "1,200",
    "12.3k",
    "3.4M",
  ]);
});

test("a history without a new step stays the one that was drawn", () => {
  const known = { at_ms: [1, 2, 3] };
  expect(sameOrNew(known, { at_ms: [1, 2, 3] })).toBe(known);
  for (const at_ms of [[1, 2, 3, 4], [2, 3, 4], [1, 2], []]) {
    const heard = { at_ms };
    expect(sameOrNew(known, heard)).toBe(heard);
    expect(sameOrNew(undefined, heard)).toBe(heard);
  }
});
