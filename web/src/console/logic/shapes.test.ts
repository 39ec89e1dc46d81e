import { expect, test } from "vitest";
import { boxOf, inOnePiece, polygonsOfGeometry, polygonsOfOutline } from "./shapes.ts";

test("latitude comes first on a map, and last in GeoJSON", () => {
  expect(polygonsOfGeometry({ type: "MultiPolygon", coordinates: [[[[8, 47]]]] })).toEqual([[[[47, 8]]]]);
  expect(polygonsOfOutline([[{ lat: 47, lon: 8 }]])).toEqual([[[[47, 8]]]]);
});

test("a ring over the antimeridian is not torn over the whole map", () => {
  expect(
    inOnePiece([
      [0, 179],
      [1, -179],
      [0, -178],
    ]),
  ).toEqual([
    [0, 179],
    [1, 181],
    [0, 182],
  ]);
  expect(
    inOnePiece([
      [0, -8],
      [1, 9],
    ]),
  ).toEqual([
    [0, -8],
    [1, 9],
  ]);
});

test("the box around shapes holds them all; around nothing there is none", () => {
  expect(boxOf([])).toBeNull();
  const shapes = [{ polygons: [[[[1, 2] as const, [3, -4] as const]]] }, { polygons: [[[[0, 9] as const]]] }];
  expect(boxOf(shapes)).toEqual([
    [0, -4],
    [3, 9],
  ]);
});
