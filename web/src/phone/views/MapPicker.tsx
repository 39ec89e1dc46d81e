import { useEffect, useId, useRef, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { clamp, type LatLon, MAX_ZOOM, MIN_ZOOM, moved } from "../model/mercator.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { CELL_ZOOM, MapDrawing } from "./MapDrawing.tsx";
import { IconButton } from "./parts.tsx";

const STEP_PX = 40;
/** A cell is a good part of the map. */
const PICKED_ZOOM = 12;

/** Picking a spot: the map moves under a cross, by hand, by keys or by numbers. */
export function MapPicker() {
  const session = useSession();
  const [centre, setCentre] = useState<LatLon>(firstGuess);
  const [zoom, setZoom] = useState(() => (store.place.value?.kind === "picked" ? PICKED_ZOOM : 3));
  const text = strings.place;
  const zoomBy = (by: number) => setZoom((now) => clamp(now + by, MIN_ZOOM, MAX_ZOOM));
  const moveBy = (x: number, y: number) => setCentre((now) => moved(now, zoom, x, y));
  const goTo = (spot: Partial<LatLon>) => {
    setCentre((now) => ({ ...now, ...spot }));
    setZoom((now) => Math.max(now, PICKED_ZOOM));
  };
  const back = () => {
    store.isPicking.value = false;
  };
  return (
    <main id="main" class="picker">
      <header class="bar">
        <IconButton icon="back" label={text.back} onClick={back} />
        <div class="bar-title">
          <h1 tabIndex={-1}>{text.heading}</h1>
          <p class="quiet">{text.mapHint}</p>
        </div>
      </header>
      <MapSurface centre={centre} zoom={zoom} moveBy={moveBy} zoomBy={zoomBy} />
      <form
        class="picker-foot"
        onSubmit={(event) => {
          event.preventDefault();
          session.pick(centre.lat, centre.lon);
        }}
      >
        <div class="row">
          <Degrees label={text.lat} value={centre.lat} most={85} onChange={(lat) => goTo({ lat })} />
          <Degrees label={text.lon} value={centre.lon} most={180} onChange={(lon) => goTo({ lon })} />
        </div>
        <button type="submit" class="primary">
          {text.here}
        </button>
      </form>
    </main>
  );
}

interface SurfaceProps {
  centre: LatLon;
  zoom: number;
  moveBy: (x: number, y: number) => void;
  zoomBy: (by: number) => void;
}

function MapSurface({ centre, zoom, moveBy, zoomBy }: SurfaceProps) {
  const element = useRef<HTMLDivElement>(null);
  const last = useRef<{ x: number; y: number } | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const surface = element.current;
    if (surface === null) return;
    const look = new ResizeObserver(() => setSize({ width: surface.clientWidth, height: surface.clientHeight }));
    look.observe(surface);
    return () => look.disconnect();
  }, []);
  const keys: Record<string, () => void> = {
    ArrowLeft: () => moveBy(-STEP_PX, 0),
    ArrowRight: () => moveBy(STEP_PX, 0),
    ArrowUp: () => moveBy(0, -STEP_PX),
    ArrowDown: () => moveBy(0, STEP_PX),
    "+": () => zoomBy(1),
    "-": () => zoomBy(-1),
  };
  const { tile_attribution: credits } = store.facts.value ?? {};
  return (
    <div class="map-frame">
      <div
        ref={element}
        class="map"
        role="application"
        aria-label={strings.place.map}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is worked by keys.
        tabIndex={0}
        onKeyDown={(event) => {
          const act = keys[event.key];
          if (act === undefined) return;
          event.preventDefault();
          act();
        }}
        onPointerDown={(event) => {
          last.current = { x: event.clientX, y: event.clientY };
          element.current?.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          if (last.current === null) return;
          moveBy(last.current.x - event.clientX, last.current.y - event.clientY);
          last.current = { x: event.clientX, y: event.clientY };
        }}
        onPointerUp={() => {
          last.current = null;
        }}
        onPointerCancel={() => {
          last.current = null;
        }}
        onDblClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          moveBy(event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
          zoomBy(1);
        }}
        onWheel={(event) => {
          event.preventDefault();
          if (Math.abs(event.deltaY) > 2) zoomBy(event.deltaY < 0 ? 1 : -1);
        }}
      >
        <MapDrawing centre={centre} zoom={zoom} size={size} />
      </div>
      {zoom >= CELL_ZOOM ? <p class="map-note">{strings.place.cell}</p> : null}
      {credits ? <p class="map-credits">{credits}</p> : null}
      <div class="map-zoom">
        <IconButton icon="plus" label={strings.place.zoomIn} onClick={() => zoomBy(1)} />
        <IconButton icon="minus" label={strings.place.zoomOut} onClick={() => zoomBy(-1)} />
      </div>
    </div>
  );
}

function Degrees(props: { label: string; value: number; most: number; onChange: (value: number) => void }) {
  const { label, value, most, onChange } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        inputmode="decimal"
        step="any"
        min={-most}
        max={most}
        value={Number(value.toFixed(4))}
        onChange={(event) => {
          const given = event.currentTarget.valueAsNumber;
          if (Number.isFinite(given)) onChange(clamp(given, -most, most));
        }}
      />
    </div>
  );
}

/** The spot picked before, the last position, or the meridian of the clock on the wall. */
function firstGuess(): LatLon {
  const place = store.place.value;
  if (place?.kind === "picked") return { lat: place.lat, lon: place.lon };
  const { good } = store.track.value;
  if (good !== null) return { lat: good.lat, lon: good.lon };
  return { lat: 30, lon: clamp(-new Date().getTimezoneOffset() / 4, -180, 180) };
}
