import { expect, test } from "vitest";
import { balanceOf, inPercent, largestFirst, latest } from "./counts.ts";

test("rooms are counted by whether anybody has company in them", () => {
  const rooms = [0, 1, 2, 3, 8].map((size, index) => ({ size, rooms: index + 1 }));
  expect(balanceOf(rooms)).toEqual({ alone: 2, pairs: 3, company: 9, people: 2 + 6 + 12 + 40 });
  expect(balanceOf([])).toEqual({ alone: 0, pairs: 0, company: 0, people: 0 });
});

test("counts stand largest first, without zeros", () => {
  const counts = [{ count: 0 }, { count: 1 }, { count: 3 }];
  expect(largestFirst(counts).map(({ count }) => count)).toEqual([3, 1]);
});

test("holes stay holes, and the newest number is not an old one", () => {
  expect(inPercent([0.25, null])).toEqual([25, null]);
  expect([latest([1, 2, null]), latest([1, null, null, null]), latest([])]).toEqual([2, null, null]);
});
