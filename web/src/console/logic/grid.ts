/** Lines of latitude and longitude: without any tiles, what tells where one is on a map. */

export interface View {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export interface GridLine {
  readonly axis: "lat" | "lon";
  readonly at: number;
  readonly label: string;
}

const STEPS = [90, 45, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001] as const;
/** Lines of one axis in the view. */
const AT_MOST = 8;
const POLE_DEG = 85;

/** Returns the lines in a view, at most eight of each axis, at round degrees. */
export function gridOf(view: View): GridLine[] {
  const step = stepOf(Math.max(view.north - view.south, view.east - view.west));
  return [
    ...linesOf("lat", Math.max(view.south, -POLE_DEG), Math.min(view.north, POLE_DEG), step),
    ...linesOf("lon", view.west, view.east, step),
  ];
}

/** Returns the finest round step of which a span holds few enough. */
export function stepOf(spanDeg: number): number {
  return STEPS.findLast((step) => spanDeg / step <= AT_MOST) ?? STEPS[0];
}

function linesOf(axis: GridLine["axis"], from: number, to: number, step: number): GridLine[] {
  const lines: GridLine[] = [];
  // By whole numbers: added up, steps of 0.1 would drift.
  for (let index = Math.ceil(from / step); index * step <= to; index += 1) {
    const at = Number((index * step).toFixed(3));
    lines.push({ axis, at, label: labelOf(axis, at) });
  }
  return lines;
}

/** Returns a degree as it stands at the edge of a map: 47.5° N. */
export function labelOf(axis: GridLine["axis"], at: number): string {
  const turned = axis === "lon" ? ((((at + 180) % 360) + 360) % 360) - 180 : at;
  const side = axis === "lat" ? ["S", "N"] : ["W", "E"];
  const hemisphere = turned === 0 ? "" : ` ${turned < 0 ? side[0] : side[1]}`;
  return `${Number(Math.abs(turned).toFixed(3))}°${hemisphere}`;
}
