/** Outlines of areas while they are drawn. Every function returns a new outline and changes none. */
import type { Geometry, Kind } from "../wire.ts";

export interface Corner {
  readonly lat: number;
  readonly lon: number;
}

/** Rings that are not closed: the last corner is joined to the first. */
export type Outline = readonly (readonly Corner[])[];

/** What the server needs before it can say more; it checks all of it again. */
export type Flaw = "few_corners" | "crossing" | "antimeridian" | "out_of_range";

export const MAX_LATITUDE_DEG = 85;
const DECIMALS = 6;

export function rounded(corner: Corner): Corner {
  const lon = ((((corner.lon + 180) % 360) + 360) % 360) - 180;
  return { lat: Number(corner.lat.toFixed(DECIMALS)), lon: Number(lon.toFixed(DECIMALS)) };
}

const changed = (outline: Outline, ring: number, change: (corners: readonly Corner[]) => readonly Corner[]): Outline =>
  outline.map((corners, index) => (index === ring ? change(corners) : corners));

export function withCorner(outline: Outline, ring: number, corner: Corner): Outline {
  return changed(outline, ring, (corners) => [...corners, rounded(corner)]);
}

export function withMoved(outline: Outline, ring: number, index: number, corner: Corner): Outline {
  return changed(outline, ring, (corners) => corners.map((one, at) => (at === index ? rounded(corner) : one)));
}

export function withoutCorner(outline: Outline, ring: number, index: number): Outline {
  return changed(outline, ring, (corners) => corners.filter((_, at) => at !== index));
}

/** Puts a corner in the middle of the side that begins at `index`. */
export function withHalved(outline: Outline, ring: number, index: number): Outline {
  return changed(outline, ring, (corners) => {
    const from = corners[index];
    const to = corners[(index + 1) % corners.length];
    if (!from || !to) return corners;
    const middle = rounded({ lat: (from.lat + to.lat) / 2, lon: (from.lon + to.lon) / 2 });
    return [...corners.slice(0, index + 1), middle, ...corners.slice(index + 1)];
  });
}

/** Returns what is wrong with an outline, or null if the server may be asked. */
export function flawOf(outline: Outline): Flaw | null {
  if (outline.length === 0 || outline.some((corners) => corners.length < 3)) return "few_corners";
  const corners = outline.flat();
  const isNumber = ({ lat, lon }: Corner) => Number.isFinite(lat) && Number.isFinite(lon);
  const isThere = ({ lat, lon }: Corner) => Math.abs(lat) <= MAX_LATITUDE_DEG && Math.abs(lon) <= 180;
  if (!corners.every((corner) => isNumber(corner) && isThere(corner))) return "out_of_range";
  if (outline.some(isOverAntimeridian)) return "antimeridian";
  return outline.some(crossesItself) ? "crossing" : null;
}

function isOverAntimeridian(corners: readonly Corner[]): boolean {
  return sidesOf(corners).some(([from, to]) => Math.abs(from.lon - to.lon) > 180);
}

function sidesOf(corners: readonly Corner[]): [Corner, Corner][] {
  return corners.map((corner, index) => [corner, corners[(index + 1) % corners.length] ?? corner]);
}

function crossesItself(corners: readonly Corner[]): boolean {
  const sides = sidesOf(corners);
  return sides.some(([a, b], one) =>
    sides.some(([c, d], other) => {
      const areNeighbours = other === one + 1 || (one === 0 && other === sides.length - 1);
      return other > one && !areNeighbours && doCross(a, b, c, d);
    }),
  );
}

function doCross(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  return turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0;
}

/** Which way a path turns: above 0 left, below 0 right. */
function turn(from: Corner, over: Corner, to: Corner): number {
  return Math.sign((over.lon - from.lon) * (to.lat - from.lat) - (over.lat - from.lat) * (to.lon - from.lon));
}

/** Returns the outline of a GeoJSON geometry: outer rings alone, for areas have no holes. */
export function outlineOf(geometry: Geometry): Outline {
  return geometry.coordinates.map(([ring]) => (ring ?? []).slice(0, -1).map(([lon = 0, lat = 0]) => ({ lat, lon })));
}

export interface Named {
  id: string | null;
  name: string;
  kind: Kind;
}

/** Returns an outline as the GeoJSON feature that the server reads. */
export function featureOf(outline: Outline, { id, name, kind }: Named): Record<string, unknown> {
  const coordinates = outline.map((corners) => [
    [...corners, ...corners.slice(0, 1)].map(({ lat, lon }) => [lon, lat]),
  ]);
  return {
    type: "Feature",
    geometry: { type: "MultiPolygon", coordinates },
    properties: { ...(id === null ? {} : { id }), name, kind },
  };
}
