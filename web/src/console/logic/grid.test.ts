import { expect, test } from "vitest";
import { gridOf, labelOf, stepOf } from "./grid.ts";

test("there are a few lines whatever the span", () => {
  for (const span of [360, 180, 33, 1, 0.07, 0.004]) {
    const lines = gridOf({ south: 10, north: 10 + Math.min(span, 60), west: 8, east: 8 + span });
    expect(lines.filter(({ axis }) => axis === "lon").length).toBeGreaterThan(1);
    expect(lines.filter(({ axis }) => axis === "lon").length).toBeLessThan(10);
  }
  expect([stepOf(360), stepOf(1), stepOf(0.05)]).toEqual([45, 0.2, 0.01]);
});

test("lines stand at round degrees and say so", () => {
  const lines = gridOf({ south: 47.31, north: 47.49, west: 8.41, east: 8.69 });
  expect(lines.map(({ label }) => label)).toEqual([
    ...["47.35° N", "47.4° N", "47.45° N"],
    ...["8.45° E", "8.5° E", "8.55° E", "8.6° E", "8.65° E"],
  ]);
});

test("a world that goes on past its edge is told as it is", () => {
  expect([labelOf("lon", 190), labelOf("lon", -180), labelOf("lon", 0), labelOf("lat", -5)]).toEqual([
    "170° W",
    "180° W",
    "0°",
    "5° S",
  ]);
});
