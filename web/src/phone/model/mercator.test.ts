import fc from "fast-check";
import { expect, test } from "vitest";
import {
  gridStep,
  MAX_ZOOM,
  MIN_ZOOM,
  metresOf,
  moved,
  TILE_PX,
  tileOf,
  toLatLon,
  toPixel,
  wrapped,
} from "./mercator.ts";

const zooms = fc.integer({ min: MIN_ZOOM, max: MAX_ZOOM });
const spots = fc.record({
  lat: fc.double({ min: -85, max: 85, noNaN: true }),
  lon: fc.double({ min: -179.9, max: 179.9, noNaN: true }),
});

test("a spot comes back from the map as it went in", () => {
  fc.assert(
    fc.property(spots, zooms, (spot, zoom) => {
      const back = toLatLon(toPixel(spot, zoom), zoom);
      expect(back.lat).toBeCloseTo(spot.lat, 6);
      expect(back.lon).toBeCloseTo(spot.lon, 6);
    }),
  );
});

test("the world is a square of tiles with the equator in its middle", () => {
  expect(toPixel({ lat: 0, lon: 0 }, 1)).toEqual({ x: TILE_PX, y: TILE_PX });
  expect(toPixel({ lat: 90, lon: 0 }, 1).y).toBeCloseTo(0, 1);
});

test("moving there and back is no move, but at the ends of the world", () => {
  const there = moved({ lat: 10, lon: 179 }, 4, 300, -50);
  expect(there.lon).toBeLessThan(0);
  const back = moved(there, 4, -300, 50);
  expect(back.lat).toBeCloseTo(10, 6);
  expect(back.lon).toBeCloseTo(179, 6);
});

test("longitudes are within half a turn", () => {
  expect([wrapped(190), wrapped(-190), wrapped(540), wrapped(180)]).toEqual([-170, 170, -180, -180]);
});

test("a map shows a few lines at every zoom", () => {
  for (let zoom = MIN_ZOOM; zoom <= MAX_ZOOM; zoom += 1) {
    const across = 360 / 2 ** zoom / gridStep(zoom);
    expect(across).toBeGreaterThan(1);
    expect(across).toBeLessThan(20);
  }
});

test("a pixel is as many metres as the latitude makes it", () => {
  expect(metresOf(TILE_PX, { lat: 0, lon: 0 }, 0)).toBeCloseTo(40_075_016.7, 0);
  expect(metresOf(TILE_PX, { lat: 60, lon: 0 }, 0)).toBeCloseTo(20_037_508, -1);
});

test("a tile is asked for where the operator said, spread over three names if they have them", () => {
  expect(tileOf("https://t.example/{z}/{x}/{y}{r}.png", 3, 1, 2)).toBe("https://t.example/3/1/2.png");
  const hosts = [0, 1, 2, 3].map((column) => tileOf("https://{s}.t.example/{z}/{x}/{y}", 3, column, 0)[8]);
  expect(hosts).toEqual(["a", "b", "c", "a"]);
});
