import { expect, test } from "vitest";
import { linesOf } from "./coast.ts";

const transform = { scale: [0.5, 0.25], translate: [-180, -90] } as const;

test("a line is its steps from where it begins", () => {
  const arc = [
    [360, 360],
    [2, 4],
    [-4, 0],
  ] as const;
  expect(linesOf({ arcs: [arc], transform })).toEqual([
    [
      [0, 0],
      [1, 1],
      [-1, 1],
    ],
  ]);
});

test("the edges of the map are no coast", () => {
  const arc = [
    [358, 360],
    [1, 0],
    [361, 0],
    [-361, 0],
    [-1, 0],
    [0, -358],
    [0, 358],
  ] as const;
  expect(linesOf({ arcs: [arc], transform })).toEqual([
    [
      [-1, 0],
      [-0.5, 0],
    ],
    [
      [-0.5, 0],
      [-1, 0],
    ],
  ]);
});
