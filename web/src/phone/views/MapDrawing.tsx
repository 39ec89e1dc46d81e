import { useEffect, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { gridStep, type LatLon, metresOf, TILE_PX, tileOf, toLatLon, toPixel } from "../model/mercator.ts";
import { Coast } from "./Coast.tsx";

interface Props {
  centre: LatLon;
  zoom: number;
  size: { width: number; height: number };
}

/** From this zoom on the cell of a spot is large enough to be seen. */
export const CELL_ZOOM = 9;

/** Lines of latitude and longitude, the operator's tiles or else coastlines, and the cell that is kept of the spot. */
export function MapDrawing({ centre, zoom, size }: Props) {
  const { width, height } = size;
  const middle = toPixel(centre, zoom);
  const left = middle.x - width / 2;
  const top = middle.y - height / 2;
  const tiles = store.facts.value?.tile_url ?? null;
  return (
    <>
      {tiles ? <Tiles url={tiles} zoom={zoom} left={left} top={top} size={size} /> : null}
      <svg class="map-lines" width={width} height={height} aria-hidden="true">
        {tiles ? null : <Coast zoom={zoom} left={left} top={top} width={width} />}
        <Grid zoom={zoom} left={left} top={top} size={size} />
        <Cell centre={centre} zoom={zoom} left={left} top={top} />
        <path class="cross" d={`M${width / 2} ${height / 2 - 14}v28M${width / 2 - 14} ${height / 2}h28`} />
        <Scale centre={centre} zoom={zoom} height={height} />
      </svg>
    </>
  );
}

function Grid({ zoom, left, top, size }: { zoom: number; left: number; top: number; size: Props["size"] }) {
  const step = gridStep(zoom);
  const digits = step < 1 ? 2 : 0;
  const world = TILE_PX * 2 ** zoom;
  const north = toLatLon({ x: 0, y: Math.max(0, top) }, zoom).lat;
  const south = toLatLon({ x: 0, y: Math.min(world, top + size.height) }, zoom).lat;
  const lines = [];
  for (let n = Math.ceil(south / step); n * step <= north; n += 1) {
    const y = toPixel({ lat: n * step, lon: 0 }, zoom).y - top;
    lines.push(
      <g key={`lat${n}`}>
        <path d={`M0 ${y}H${size.width}`} />
        <text x={size.width - 6} y={y - 4} text-anchor="end">
          {(n * step).toFixed(digits)}°
        </text>
      </g>,
    );
  }
  const west = (left / world - 0.5) * 360;
  const east = ((left + size.width) / world - 0.5) * 360;
  for (let n = Math.ceil(west / step); n * step <= east; n += 1) {
    const x = ((n * step) / 360) * world + world / 2 - left;
    lines.push(
      <g key={`lon${n}`}>
        <path d={`M${x} 0V${size.height}`} />
        <text x={x + 4} y={14}>
          {(((((n * step + 180) % 360) + 360) % 360) - 180).toFixed(digits)}°
        </text>
      </g>,
    );
  }
  return <g class="grid">{lines}</g>;
}

/** The cell, computed by a library that is fetched when it is first needed. */
function Cell({ centre, zoom, left, top }: { centre: LatLon; zoom: number; left: number; top: number }) {
  const [ring, setRing] = useState<[number, number][]>([]);
  const isShown = zoom >= CELL_ZOOM;
  useEffect(() => {
    if (!isShown) return;
    let isOver = false;
    const draw = async () => {
      const { cellToBoundary, latLngToCell } = await import("h3-js");
      if (!isOver) setRing(cellToBoundary(latLngToCell(centre.lat, centre.lon, 7)));
    };
    draw().catch(() => setRing([]));
    return () => {
      isOver = true;
    };
  }, [centre.lat, centre.lon, isShown]);
  if (!isShown || ring.length === 0) return null;
  const points = ring.map(([lat, lon]) => {
    const { x, y } = toPixel({ lat, lon: nearest(lon, centre.lon) }, zoom);
    return `${x - left},${y - top}`;
  });
  return <polygon class="cell" points={points.join(" ")} />;
}

function Scale({ centre, zoom, height }: { centre: LatLon; zoom: number; height: number }) {
  const metres = metresOf(80, centre, zoom);
  const round = 10 ** Math.floor(Math.log10(metres));
  const shown = [5, 2, 1].map((n) => n * round).find((n) => n <= metres) ?? round;
  const width = (80 * shown) / metres;
  const text = shown >= 1000 ? `${shown / 1000} km` : `${shown} m`;
  return (
    <g class="scale">
      <path d={`M12 ${height - 14}v4h${width}v-4`} />
      <text x={12} y={height - 20}>
        {text}
      </text>
    </g>
  );
}

function Tiles(props: { url: string; zoom: number; left: number; top: number; size: Props["size"] }) {
  const { url, zoom, left, top, size } = props;
  const count = 2 ** zoom;
  const tiles = [];
  for (let x = Math.floor(left / TILE_PX); x * TILE_PX < left + size.width; x += 1) {
    for (let y = Math.max(0, Math.floor(top / TILE_PX)); y < count && y * TILE_PX < top + size.height; y += 1) {
      const column = ((x % count) + count) % count;
      const src = tileOf(url, zoom, column, y);
      const style = { left: `${x * TILE_PX - left}px`, top: `${y * TILE_PX - top}px` };
      const key = `${zoom}/${x}/${y}`;
      // Whose page it is: some hosts of tiles answer nobody who does not say so.
      tiles.push(
        <img key={key} class="tile" src={src} alt="" style={style} draggable={false} referrerpolicy="origin" />,
      );
    }
  }
  return <div class="tiles">{tiles}</div>;
}

/** Returns the same meridian, within half a turn of another one. */
function nearest(lon: number, to: number): number {
  return lon + 360 * Math.round((to - lon) / 360);
}
