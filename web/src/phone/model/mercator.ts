/** The map's projection, Web Mercator: pixels of a world that is 256 pixels wide at zoom 0. */

export const TILE_PX = 256;
export const MIN_ZOOM = 1;
export const MAX_ZOOM = 16;
const MAX_LAT = 85.0511;

export interface LatLon {
  lat: number;
  lon: number;
}

export interface Pixel {
  x: number;
  y: number;
}

export function toPixel({ lat, lon }: LatLon, zoom: number): Pixel {
  const size = TILE_PX * 2 ** zoom;
  const sine = Math.sin((clamp(lat, -MAX_LAT, MAX_LAT) * Math.PI) / 180);
  return { x: size * (lon / 360 + 0.5), y: size * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) };
}

export function toLatLon({ x, y }: Pixel, zoom: number): LatLon {
  const size = TILE_PX * 2 ** zoom;
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / size))) * 180) / Math.PI;
  return { lat: clamp(lat, -MAX_LAT, MAX_LAT), lon: wrapped((x / size - 0.5) * 360) };
}

/** Returns the longitude in [-180, 180). */
export function wrapped(lon: number): number {
  return ((((lon + 180) % 360) + 360) % 360) - 180;
}

/** Returns the point so many pixels away on the screen. */
export function moved(centre: LatLon, zoom: number, byX: number, byY: number): LatLon {
  const { x, y } = toPixel(centre, zoom);
  return toLatLon({ x: x + byX, y: y + byY }, zoom);
}

/** Returns the address of a tile: `{s}` spreads them over a, b and c. */
export function tileOf(template: string, zoom: number, column: number, row: number): string {
  return template
    .replace("{s}", "abc"[(column + row) % 3] ?? "a")
    .replace("{r}", "")
    .replace("{z}", `${zoom}`)
    .replace("{x}", `${column}`)
    .replace("{y}", `${row}`);
}

/** Returns the distance of the map's lines, in degrees, so that a few of them are seen. */
export function gridStep(zoom: number): number {
  const degreesAcross = 360 / 2 ** zoom;
  return [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01].find((step) => step <= degreesAcross / 3) ?? 0.005;
}

/** Returns how many metres so many pixels are near a point. */
export function metresOf(pixels: number, centre: LatLon, zoom: number): number {
  return (pixels * 40_075_016.7 * Math.cos((centre.lat * Math.PI) / 180)) / (TILE_PX * 2 ** zoom);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
