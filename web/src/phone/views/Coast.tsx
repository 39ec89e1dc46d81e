import type { Line } from "@shared/coast.ts";
import { useEffect, useMemo, useState } from "preact/hooks";
import { TILE_PX, toPixel } from "../model/mercator.ts";

/** Closer than this the lines are too coarse to say anything. */
const CLOSEST_ZOOM = 8;

/** Coastlines, where there are no tiles; without them there is the grid. */
export function Coast({ zoom, left, top, width }: { zoom: number; left: number; top: number; width: number }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const isShown = zoom <= CLOSEST_ZOOM;
  useEffect(() => {
    if (!isShown) return;
    // Imported late, or the file would be part of the shell that every phone keeps.
    const draw = async () => setLines(await (await import("@shared/coast.ts")).coast());
    draw().catch(() => {});
  }, [isShown]);
  // Of the whole world, so that a map that is moved only shifts it.
  const path = useMemo(() => (isShown ? pathOf(lines, zoom) : ""), [lines, zoom, isShown]);
  if (path === "") return null;
  const world = TILE_PX * 2 ** zoom;
  const copies = [];
  for (let copy = Math.floor(left / world); copy * world < left + width; copy += 1) {
    copies.push(<path key={copy} d={path} transform={`translate(${copy * world - left} ${-top})`} />);
  }
  return <g class="coast">{copies}</g>;
}

function pathOf(lines: readonly Line[], zoom: number): string {
  const point = ([lon, lat]: readonly [number, number]) => {
    const { x, y } = toPixel({ lat, lon }, zoom);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return lines.map((line) => `M${line.map(point).join("L")}`).join("");
}
