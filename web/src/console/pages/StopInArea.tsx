import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo } from "preact/hooks";
import { spanOf } from "../logic/clock.ts";
import { RESOLUTIONS, type Resolution } from "../logic/crowd.ts";
import type { Shape } from "../logic/shapes.ts";
import { MapView } from "../parts/MapView.tsx";
import { ask } from "../state/actions.ts";
import { letGo, pull, whereOf } from "../state/brakeActions.ts";
import { cellAt, isCell, loadCells, polygonsOfCell } from "../state/cells.ts";
import { nowMs } from "../state/clock.ts";
import { strings } from "../strings.en.ts";
import type { BrakeAnswer } from "../wire.ts";

const texts = strings.brakes;

/** Placement stopped in cells: which, and one more, by the map or by name. */
export function StopInArea({ stopped }: { stopped: readonly BrakeAnswer[] }) {
  const isReady = useSignal(false);
  const resolution = useSignal<Resolution>(7);
  const cell = useSignal("");
  useEffect(() => void loadCells().then(() => (isReady.value = true)), [isReady]);
  const areas = stopped.map(({ area }) => area ?? "");
  const shapes = useMemo(
    () => (isReady.value ? shapesOf(areas, cell.value, (area) => (cell.value = area)) : []),
    [isReady.value, areas.join(), cell.value, cell],
  );
  return (
    <section aria-labelledby="in-areas">
      <h2 id="in-areas">{texts.inAreas}</h2>
      <p class="hint">{texts.inAreasNote}</p>
      <div class="with-side">
        <MapView
          label={texts.map}
          shapes={shapes}
          fit={{ key: areas.join(), shapes: shapes.filter(({ className }) => className === "stopped") }}
          onClick={({ lat, lon }) => (cell.value = cellAt(lat, lon, resolution.value) ?? "")}
          isDrawing
        />
        <div class="side">
          <PickForm
            cell={cell.value}
            onCell={(text) => (cell.value = text)}
            resolution={resolution.value}
            onResolution={(value) => (resolution.value = value)}
          />
          <Stopped stopped={stopped} />
        </div>
      </div>
    </section>
  );
}

function shapesOf(stopped: readonly string[], picked: string, onPick: (cell: string) => void): Shape[] {
  const shapes = stopped.map((area) => ({
    key: area,
    polygons: polygonsOfCell(area),
    className: area === picked ? "stopped is-selected" : "stopped",
    label: strings.crowd.isStopped,
    onPick: () => onPick(area),
  }));
  if (stopped.includes(picked) || !isCell(picked)) return shapes;
  return [...shapes, { key: "picked", polygons: polygonsOfCell(picked), className: "picked", label: picked }];
}

interface PickFormProps {
  cell: string;
  onCell: (cell: string) => void;
  resolution: Resolution;
  onResolution: (resolution: Resolution) => void;
}

function PickForm({ cell, onCell, resolution, onResolution }: PickFormProps) {
  const id = useId();
  const isWrong = useSignal(false);
  const stop = (event: Event) => {
    event.preventDefault();
    isWrong.value = !isCell(cell);
    if (!isWrong.value) ask(pull("placement", cell));
  };
  return (
    <form class="panel stack" onSubmit={stop}>
      <div class="field">
        <label for={`${id}-size`}>{texts.size}</label>
        <select
          id={`${id}-size`}
          value={String(resolution)}
          onChange={(event) => onResolution(Number(event.currentTarget.value) as Resolution)}
        >
          {RESOLUTIONS.map((one) => (
            <option key={one} value={one}>
              {strings.crowd.resolutions[one]}
            </option>
          ))}
        </select>
      </div>
      <Position onPosition={(lat, lon) => onCell(cellAt(lat, lon, resolution) ?? "")} />
      <div class="field">
        <label for={id}>{texts.cell}</label>
        <input
          id={id}
          class="mono"
          autocomplete="off"
          spellcheck={false}
          aria-describedby={`${id}-hint`}
          aria-invalid={isWrong.value}
          value={cell}
          onInput={(event) => onCell(event.currentTarget.value.trim().toLowerCase())}
        />
        <p id={`${id}-hint`} class="hint">
          {texts.cellHint}
        </p>
        {isWrong.value && (
          <p class="problem" role="alert">
            {texts.badCell}
          </p>
        )}
      </div>
      <button type="submit" class="danger-quiet">
        {texts.stopHere}
      </button>
    </form>
  );
}

function Position({ onPosition }: { onPosition: (lat: number, lon: number) => void }) {
  const lat = useSignal(Number.NaN);
  const lon = useSignal(Number.NaN);
  const id = useId();
  const input = (axis: typeof lat, name: string) => (
    <input
      type="number"
      step="any"
      aria-label={name}
      placeholder={name}
      onInput={(event) => (axis.value = event.currentTarget.valueAsNumber)}
    />
  );
  const isThere = Math.abs(lat.value) <= 90 && Math.abs(lon.value) <= 180;
  return (
    <fieldset class="field" aria-labelledby={id}>
      <legend id={id}>{texts.latLon}</legend>
      <div class="row tight position">
        {input(lat, strings.areas.lat)}
        {input(lon, strings.areas.lon)}
        <button type="button" disabled={!isThere} onClick={() => onPosition(lat.value, lon.value)}>
          {texts.findCell}
        </button>
      </div>
    </fieldset>
  );
}

function Stopped({ stopped }: { stopped: readonly BrakeAnswer[] }) {
  if (stopped.length === 0) return <p class="fine">{texts.noneInAreas}</p>;
  return (
    <ul class="switches">
      {stopped.map(({ area, since_ms, reason }) => (
        <li key={area} class="switch is-stopped">
          <div>
            <h3 class="mono">{area}</h3>
            <p class="hint" dir="auto">
              {texts.sinceAndWhy(spanOf(nowMs.value - since_ms), reason)}
            </p>
          </div>
          <button
            type="button"
            class="primary"
            aria-label={texts.releaseOf(texts.what.placement, whereOf(area))}
            onClick={() => ask(letGo("placement", area))}
          >
            {texts.release}
          </button>
        </li>
      ))}
    </ul>
  );
}
