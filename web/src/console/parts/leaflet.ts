/** What the maps do with Leaflet: shapes, a grid, corners to drag. It sets styles through the CSSOM alone, as the CSP asks. */
import { coast } from "@shared/coast.ts";
import type * as Leaflet from "leaflet";
import { gridOf } from "../logic/grid.ts";
import type { Corner } from "../logic/outline.ts";
import { boxOf, type Shape } from "../logic/shapes.ts";
import { strings } from "../strings.en.ts";

type L = typeof Leaflet;

const FARTHEST_ZOOM = 17;
const FARTHEST_OUT = 2;
const FIT_ZOOM = 13;
const WORLD: [number, number] = [25, 5];

/** Where the last map was left: the next one begins there. */
let lastView: { center: Leaflet.LatLng; zoom: number } | null = null;

export interface Chart {
  /** Whether it began where another map was left. */
  readonly hasView: boolean;
  draw(shapes: readonly Shape[]): void;
  corners(corners: readonly Corner[], onMove: (index: number, corner: Corner) => void): void;
  fit(shapes: readonly Pick<Shape, "polygons">[]): void;
  close(): void;
}

/** Opens a map in an element; `onClick` is told of clicks beside the shapes, and on those that cannot be picked. */
export async function openMap(
  element: HTMLElement,
  tileUrl: string | undefined,
  onClick: (corner: Corner) => void,
): Promise<Chart> {
  const module = await import("leaflet");
  // As a CommonJS module it may come whole under its default.
  const L: L = "map" in module ? module : (module as unknown as { default: L }).default;
  const map = L.map(element, {
    attributionControl: false,
    zoomControl: false,
    minZoom: FARTHEST_OUT,
    maxZoom: FARTHEST_ZOOM,
    zoomAnimation: !isCalm(),
    fadeAnimation: !isCalm(),
  });
  const hasView = lastView !== null;
  map.setView(lastView?.center ?? WORLD, lastView?.zoom ?? FARTHEST_OUT);
  L.control.zoom({ zoomInTitle: strings.map.zoomIn, zoomOutTitle: strings.map.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  // Some hosts of tiles answer nobody who does not say whose page it is.
  if (tileUrl !== undefined) L.tileLayer(tileUrl, { maxZoom: FARTHEST_ZOOM, referrerPolicy: "origin" }).addTo(map);
  else drawCoast(L, L.layerGroup().addTo(map));
  const grid = L.layerGroup().addTo(map);
  const shapesLayer = L.layerGroup().addTo(map);
  const cornersLayer = L.layerGroup().addTo(map);
  const redraw = () => drawGrid(L, map, grid);
  map.on("moveend", () => {
    lastView = { center: map.getCenter(), zoom: map.getZoom() };
    redraw();
  });
  map.on("click", ({ latlng }) => onClick({ lat: latlng.lat, lon: latlng.wrap().lng }));
  const resized = new ResizeObserver(() => map.invalidateSize({ animate: false }));
  resized.observe(element);
  redraw();
  return {
    hasView,
    draw: (shapes) => drawShapes(L, shapesLayer, shapes),
    corners: (corners, onMove) => drawCorners(L, cornersLayer, corners, onMove),
    fit(shapes) {
      const box = boxOf(shapes);
      if (box) map.fitBounds([[...box[0]], [...box[1]]], { padding: [24, 24], maxZoom: FIT_ZOOM, animate: false });
    },
    close() {
      resized.disconnect();
      map.remove();
    },
  };
}

function isCalm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function drawShapes(L: L, layer: Leaflet.LayerGroup, shapes: readonly Shape[]): void {
  layer.clearLayers();
  for (const { polygons, className, label, onPick } of shapes) {
    const points = polygons.map((rings) => rings.map((ring) => ring.map(([lat, lon]): [number, number] => [lat, lon])));
    const drawn = L.polygon(points, {
      className: `shape ${className}`,
      interactive: onPick !== undefined || label !== "",
      bubblingMouseEvents: onPick === undefined,
    });
    // As an element: a string would be read as markup, and names are whatever somebody typed.
    if (label) drawn.bindTooltip(elementOf(label, "tip-text"), { sticky: true, className: "tip" });
    if (onPick) drawn.on("click", onPick);
    drawn.addTo(layer);
  }
}

function drawCorners(
  L: L,
  layer: Leaflet.LayerGroup,
  corners: readonly Corner[],
  onMove: (index: number, corner: Corner) => void,
): void {
  layer.clearLayers();
  for (const [index, { lat, lon }] of corners.entries()) {
    const icon = L.divIcon({ className: "corner", iconSize: [18, 18] });
    // By keyboard corners are moved in their table.
    const marker = L.marker([lat, lon], {
      icon,
      draggable: true,
      keyboard: false,
      title: strings.areas.corner(index + 1),
    });
    marker.on("dragend", () => {
      const to = marker.getLatLng();
      onMove(index, { lat: to.lat, lon: to.wrap().lng });
    });
    marker.addTo(layer);
  }
}

function drawGrid(L: L, map: Leaflet.Map, layer: Leaflet.LayerGroup): void {
  layer.clearLayers();
  const bounds = map.getBounds();
  const view = { south: bounds.getSouth(), west: bounds.getWest(), north: bounds.getNorth(), east: bounds.getEast() };
  for (const { axis, at, label } of gridOf(view)) {
    const ends: [number, number][] =
      axis === "lat"
        ? [
            [at, view.west],
            [at, view.east],
          ]
        : [
            [view.south, at],
            [view.north, at],
          ];
    L.polyline(ends, { className: "grid", interactive: false, smoothFactor: 0 }).addTo(layer);
    const icon = L.divIcon({ className: `grid-label ${axis}`, html: elementOf(label, "grid-text"), iconSize: [0, 0] });
    const place = axis === "lat" ? ([at, view.east] as const) : ([view.south, at] as const);
    L.marker([...place], { icon, interactive: false, keyboard: false }).addTo(layer);
  }
}

function elementOf(text: string, className: string): HTMLElement {
  const element = document.createElement("span");
  element.className = className;
  element.dir = "auto";
  element.textContent = text;
  return element;
}

/** Draws coastlines once they are there; without them there is the grid. */
function drawCoast(L: L, layer: Leaflet.LayerGroup): void {
  coast().then(
    (lines) => {
      const points = lines.map((line) => line.map(([lon, lat]): [number, number] => [lat, lon]));
      // To the layer, which knows whether its map is still there.
      L.polyline(points, { className: "coast", interactive: false }).addTo(layer).bringToBack();
    },
    () => {},
  );
}
