/** H3 for the maps: large, so it comes only with the first map that needs it. */
import { signal } from "@preact/signals";
import { inOnePiece, type Polygon } from "../logic/shapes.ts";

type H3 = typeof import("h3-js");

const h3 = signal<H3 | null>(null);

/** The rungs: nothing finer is stopped or shown of people. */
const NAME = /^8[567][0-9a-f]{13}$/;
/** Together in one outline: more would hold the page for seconds. */
export const MOST_TOGETHER = 20_000;

/** Loads it once; rejects if it cannot be had. */
export async function loadCells(): Promise<void> {
  h3.value ??= await import("h3-js");
}

/** Returns the cell of a position, or null while H3 is not there. */
export function cellAt(lat: number, lon: number, resolution: number): string | null {
  return h3.value?.latLngToCell(lat, lon, resolution) ?? null;
}

/** Returns whether a text names a cell of resolution 7, 6 or 5; by its form alone while H3 is not there. */
export function isCell(text: string): boolean {
  return NAME.test(text) && (h3.value?.isValidCell(text) ?? true);
}

/** Returns a cell's outline; empty while H3 is not there. */
export function polygonsOfCell(cell: string): Polygon[] {
  return h3.value && isCell(cell) ? [[inOnePiece(h3.value.cellToBoundary(cell))]] : [];
}

/** Returns the outline of cells of one resolution together; empty while H3 is not there, or if they are too many. */
export function polygonsOfCells(cells: string[]): Polygon[] {
  if (!h3.value || cells.length > MOST_TOGETHER) return [];
  return h3.value.cellsToMultiPolygon(cells).map((rings) => rings.map(inOnePiece));
}
