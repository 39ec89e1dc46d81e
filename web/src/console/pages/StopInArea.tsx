import { useSignal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { spanOf } from "../logic/clock.ts";
import { RESOLUTIONS, type Resolution } from "../logic/crowd.ts";
import type { Shape } from "../logic/shapes.ts";
import { MapView } from "../parts/MapView.tsx";
import { PositionForm } from "../parts/PositionForm.tsx";
import { useCells } from "../parts/useCells.ts";
import { useCrowdShapes } from "../parts/useCrowdShapes.ts";
import { ask } from "../state/actions.ts";
import { letGo, pull, whereOf } from "../state/brakeActions.ts";
import { cellAt, isCell, polygonsOfCell } from "../state/cells.ts";
import { nowMs } from "../state/clock.ts";
import { strings } from "../strings.en.ts";
import type { BrakeAnswer } from "../wire.ts";

const texts = strings.brakes;

/** Placement stopped in cells: which, and one more, by the map or by name. */
export function StopInArea({ stopped }: { stopped: readonly BrakeAnswer[] }) {
  const cells = useCells();
  const resolution = useSignal<Resolution>(7);
  const cell = useSignal("");
  const found = useSignal("");
  const context = useCrowdShapes();
  const areas = stopped.map(({ area }) => area ?? "");
  const shapes = useMemo(
    () => (cells === "ready" ? shapesOf(areas, cell.value, (area) => (cell.value = area)) : []),
    [cells, areas.join(), cell.value, cell],
  );
  return (
    <section aria-labelledby="in-areas">
      <h2 id="in-areas">{texts.inAreas}</h2>
      <p class="hint">{texts.inAreasNote}</p>
      {cells === "broken" && <p class="problem">{strings.map.broken}</p>}
      <div class="with-side">
        <MapView
          label={texts.map}
          shapes={shapes}
          context={context}
          fit={
            found.value
              ? { key: found.value, shapes: [{ polygons: polygonsOfCell(found.value) }] }
              : { key: areas.join(), shapes }
          }
          onClick={({ lat, lon }) => (cell.value = cellAt(lat, lon, resolution.value) ?? "")}
          isDrawing
        />
        <div class="side">
          <PickForm
            cell={cell.value}
            onCell={(text) => (cell.value = text)}
            onFound={(text) => {
              cell.value = text;
              found.value = text;
            }}
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
  /** As onCell; and the map is to show it. */
  onFound: (cell: string) => void;
  resolution: Resolution;
  onResolution: (resolution: Resolution) => void;
}

function PickForm({ cell, onCell, onFound, resolution, onResolution }: PickFormProps) {
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
      <PositionForm
        label={texts.latLon}
        submit={texts.findCell}
        onPosition={(lat, lon) => onFound(cellAt(lat, lon, resolution) ?? "")}
      />
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
