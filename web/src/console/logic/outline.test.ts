import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Corner,
  featureOf,
  flawOf,
  type Outline,
  outlineOf,
  rounded,
  withCorner,
  withHalved,
  withMoved,
  withoutCorner,
} from "./outline.ts";

const at = (lat: number, lon: number): Corner => ({ lat, lon });
const SQUARE: Outline = [[at(47, 8), at(47, 8.1), at(47.1, 8.1), at(47.1, 8)]];
const NAMED = { id: null, name: "Park", kind: "quiet" as const };

test("corners are added, moved, halved and taken away, and what was before stays", () => {
  const more = withCorner(SQUARE, 0, at(47.2, 8.0000004));
  expect(more[0]?.[4]).toEqual(at(47.2, 8));
  expect(withMoved(SQUARE, 0, 1, at(1, 2))[0]?.[1]).toEqual(at(1, 2));
  expect(withHalved(SQUARE, 0, 3)[0]?.[4]).toEqual(at(47.05, 8));
  expect(withoutCorner(SQUARE, 0, 0)[0]).toHaveLength(3);
  expect(SQUARE[0]).toHaveLength(4);
});

test("what cannot be an area is said before the server is asked", () => {
  expect(flawOf(SQUARE)).toBeNull();
  expect(flawOf([])).toBe("few_corners");
  expect(flawOf([[at(0, 0), at(0, 1)]])).toBe("few_corners");
  expect(flawOf([[at(0, 0), at(1, 1), at(0, 1), at(1, 0)]])).toBe("crossing");
  expect(flawOf([[at(0, 179), at(1, -179), at(1, 179)]])).toBe("antimeridian");
  expect(flawOf([[at(86, 0), at(1, 1), at(0, 1)]])).toBe("out_of_range");
  expect(flawOf([[at(Number.NaN, 0), at(1, 1), at(0, 1)]])).toBe("out_of_range");
});

test("an outline comes back from GeoJSON as it went, closed in between", () => {
  const corner = fc.record({
    lat: fc.double({ min: -85, max: 85, noNaN: true }),
    lon: fc.double({ min: -179, max: 179, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(corner.map(rounded), { minLength: 3, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      (outline) => {
        const { geometry } = featureOf(outline, NAMED) as { geometry: Parameters<typeof outlineOf>[0] };
        for (const [ring] of geometry.coordinates) expect(ring?.[0]).toEqual(ring?.at(-1));
        expect(outlineOf(geometry)).toEqual(outline);
      },
    ),
  );
});

test("a longitude over the edge comes in again on the other side", () => {
  expect([rounded(at(0, 190)).lon, rounded(at(0, -190)).lon, rounded(at(0, 540)).lon]).toEqual([-170, 170, -180]);
});

test("an area keeps its id when it is changed, and gets one by its name when it is new", () => {
  expect(featureOf(SQUARE, NAMED)).toMatchObject({ properties: { name: "Park", kind: "quiet" } });
  expect(featureOf(SQUARE, { ...NAMED, id: "p-1" })).toMatchObject({ properties: { id: "p-1" } });
});
