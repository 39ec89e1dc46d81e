import "leaflet/dist/leaflet.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Corner } from "../logic/outline.ts";
import type { Shape } from "../logic/shapes.ts";
import { tiles } from "../state/server.ts";
import { strings } from "../strings.en.ts";
import { type Chart, openMap } from "./leaflet.ts";

/** What is seen whole when its key changes. */
export interface Fit {
  readonly key: string;
  readonly shapes: readonly Pick<Shape, "polygons">[];
}

interface MapViewProps {
  readonly label: string;
  readonly shapes: readonly Shape[];
  /** Drawn below, to tell where one is; seen whole as long as there is nothing else. */
  readonly context?: readonly Shape[];
  /** Corners that can be dragged. */
  readonly corners?: readonly Corner[];
  readonly onMove?: (index: number, corner: Corner) => void;
  readonly onClick?: (corner: Corner) => void;
  /** What is seen whole when this changes, once there is anything. */
  readonly fit: Fit;
  readonly isDrawing?: boolean;
}

const NO_CORNERS: readonly Corner[] = [];
const NO_SHAPES: readonly Shape[] = [];

/** A map of shapes over a grid. What it shows stands in a table beside it too: it cannot be read without seeing. */
export function MapView({
  label,
  shapes,
  context = NO_SHAPES,
  corners = NO_CORNERS,
  onMove,
  onClick,
  fit,
  isDrawing = false,
}: MapViewProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useSignal<Chart | null>(null);
  const isBroken = useSignal(false);
  const latest = useRef({ onMove, onClick });
  latest.current = { onMove, onClick };
  const tileUrl = tiles.value?.url;
  useEffect(() => {
    const place = element.current;
    if (!place) return;
    let isOver = false;
    openMap(place, tileUrl, (corner) => latest.current.onClick?.(corner)).then(
      (opened) => {
        if (isOver) opened.close();
        else chart.value = opened;
      },
      () => {
        isBroken.value = true;
      },
    );
    return () => {
      isOver = true;
      chart.value?.close();
      chart.value = null;
    };
  }, [tileUrl, chart, isBroken]);
  const opened = chart.value;
  useEffect(() => opened?.draw([...context, ...shapes]), [opened, shapes, context]);
  useEffect(
    () => opened?.corners(corners, (index, corner) => latest.current.onMove?.(index, corner)),
    [opened, corners],
  );
  const whole = fit.shapes.length ? fit.shapes : context;
  const fitKey = fit.shapes.length ? fit.key : context.length ? "context" : null;
  const fitted = useRef<Chart | null>(null);
  // Not at every change of the shapes: who looks at a corner of the map stays there.
  useEffect(() => {
    if (fitKey === null || opened === null) return;
    const isFirst = fitted.current !== opened;
    fitted.current = opened;
    if (!(isFirst && opened.hasView)) opened.fit(whole);
  }, [opened, fitKey]);
  return (
    <div class="stack">
      {isBroken.value && <p class="problem">{strings.map.broken}</p>}
      <section class={isDrawing ? "map is-drawing" : "map"} aria-label={label}>
        <div ref={element} class="map-inside" />
        {tiles.value && <p class="map-credits">{tiles.value.attribution}</p>}
      </section>
      <button
        type="button"
        class="fit"
        disabled={shapes.length + context.length === 0}
        onClick={() => opened?.fit(shapes.length ? shapes : context)}
      >
        {strings.map.all}
      </button>
    </div>
  );
}
