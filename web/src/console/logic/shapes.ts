/** Shapes on a map, as latitude and longitude: what the map draws of cells and outlines. */
import type { Geometry } from "../wire.ts";
import type { Outline } from "./outline.ts";

export type Point = readonly [lat: number, lon: number];
/** An outer ring, and holes. */
export type Polygon = readonly (readonly Point[])[];

export interface Shape {
  /** The same shape keeps it from one picture to the next. */
  readonly key: string;
  readonly polygons: readonly Polygon[];
  readonly className: string;
  /** Said where the pointer is. */
  readonly label: string;
  readonly onPick?: () => void;
}

/** Returns a ring in one piece: one over the antimeridian goes on past 180 degrees. */
export function inOnePiece(ring: readonly Point[]): Point[] {
  const lons = ring.map(([, lon]) => lon);
  const isTorn = Math.max(...lons) - Math.min(...lons) > 180;
  return ring.map(([lat, lon]) => [lat, isTorn && lon < 0 ? lon + 360 : lon]);
}

export function polygonsOfGeometry({ coordinates }: Geometry): Polygon[] {
  return coordinates.map((rings) => rings.map((ring) => ring.map(([lon = 0, lat = 0]): Point => [lat, lon])));
}

export function polygonsOfOutline(outline: Outline): Polygon[] {
  return outline.map((corners) => [corners.map(({ lat, lon }): Point => [lat, lon])]);
}

/** Returns the corners of the box around shapes, or null around nothing. */
export function boxOf(shapes: readonly Pick<Shape, "polygons">[]): readonly [Point, Point] | null {
  let [south, west, north, east] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { polygons } of shapes) {
    for (const [outer] of polygons) {
      for (const [lat, lon] of outer ?? []) {
        south = Math.min(south, lat);
        north = Math.max(north, lat);
        west = Math.min(west, lon);
        east = Math.max(east, lon);
      }
    }
  }
  return south > north
    ? null
    : [
        [south, west],
        [north, east],
      ];
}
