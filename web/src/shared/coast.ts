/** Coastlines of the world, coarse, for maps without tiles: they tell which part of the world one looks at. */
import landUrl from "world-atlas/land-110m.json?url";

/** A line of longitudes and latitudes, as GeoJSON orders them. */
export type Line = readonly (readonly [lon: number, lat: number])[];

/** What we read of a topology: lines of steps on a grid. */
export interface Topology {
  readonly arcs: readonly (readonly (readonly [number, number])[])[];
  readonly transform: { readonly scale: readonly [number, number]; readonly translate: readonly [number, number] };
}

/** The map ends there; so does the world of a square map. */
const EDGE_LON = 179.9;
const MOST_LAT = 85;

let asked: Promise<readonly Line[]> | null = null;

/** Returns the coastlines, fetched once; rejects if they cannot be had just now. */
export function coast(): Promise<readonly Line[]> {
  asked ??= fetchLand().catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
}

async function fetchLand(): Promise<readonly Line[]> {
  const answer = await fetch(landUrl);
  if (!answer.ok) throw new Error(`the coastlines are not there: ${answer.status}`);
  return linesOf((await answer.json()) as Topology);
}

/** Returns the lines of a topology, without the edges of the map, which are no coast. */
export function linesOf({ arcs, transform }: Topology): Line[] {
  const [scaleX, scaleY] = transform.scale;
  const [left, bottom] = transform.translate;
  return arcs.flatMap((arc) => {
    let [x, y] = [0, 0];
    const lines: [number, number][][] = [[]];
    for (const [stepX, stepY] of arc) {
      x += stepX;
      y += stepY;
      const [lon, lat] = [x * scaleX + left, y * scaleY + bottom];
      if (Math.abs(lon) > EDGE_LON || Math.abs(lat) > MOST_LAT) lines.push([]);
      else lines.at(-1)?.push([lon, lat]);
    }
    return lines.filter((line) => line.length > 1);
  });
}
