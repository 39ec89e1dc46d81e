import { expect, test } from "vitest";
import type { CrowdFeature } from "../wire.ts";
import { HOUR_MS } from "./clock.ts";
import { cellsOf, classLabel, classOf, hoursBetween, rangeOf, totalsByHour } from "./crowd.ts";

const feature = (hour: number, cell: string, atLeast: number): CrowdFeature => ({
  type: "Feature",
  geometry: { type: "MultiPolygon", coordinates: [] },
  properties: { cell, resolution: 7, hour_start_ms: hour * HOUR_MS, at_least: atLeast, at_most: null },
});

test("a lower bound falls in the class it reaches", () => {
  expect([10, 19, 20, 49, 50, 99, 100, 4_000].map(classOf)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
});

test("classes are told by both bounds, but for the last", () => {
  expect([0, 1, 2, 3].map(classLabel)).toEqual(["10–19", "20–49", "50–99", "100 or more"]);
  expect(rangeOf(130, null)).toBe("130 or more");
});

test("hours go from the first to the last but the end", () => {
  expect(hoursBetween(2 * HOUR_MS, 5 * HOUR_MS)).toEqual([2, 3, 4].map((hour) => hour * HOUR_MS));
  expect(hoursBetween(5, 5)).toEqual([]);
});

test("an hour without a shown cell counts as nothing, and is there", () => {
  const features = [feature(1, "a", 10), feature(1, "b", 50), feature(3, "a", 20), feature(9, "x", 10)];
  expect(totalsByHour(hoursBetween(HOUR_MS, 4 * HOUR_MS), features)).toEqual([
    { hourMs: HOUR_MS, cells: 2, atLeast: 60 },
    { hourMs: 2 * HOUR_MS, cells: 0, atLeast: 0 },
    { hourMs: 3 * HOUR_MS, cells: 1, atLeast: 20 },
  ]);
  expect(cellsOf(features, HOUR_MS).map(({ properties }) => properties.cell)).toEqual(["b", "a"]);
});
