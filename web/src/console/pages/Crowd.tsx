import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo } from "preact/hooks";
import { dayAndTime, HOUR_MS, MINUTE_MS, timeOfDay } from "../logic/clock.ts";
import {
  CLASSES,
  cellsOf,
  classLabel,
  classOf,
  type HourTotal,
  RESOLUTIONS,
  type Resolution,
  rangeOf,
} from "../logic/crowd.ts";
import { polygonsOfGeometry, type Shape } from "../logic/shapes.ts";
import { MapView } from "../parts/MapView.tsx";
import { Problem } from "../parts/Problem.tsx";
import { Scroll } from "../parts/Scroll.tsx";
import { TimeSlider } from "../parts/TimeSlider.tsx";
import { ask } from "../state/actions.ts";
import { letGo, pull } from "../state/brakeActions.ts";
import { nowMs } from "../state/clock.ts";
import { cellsAt, hours, loadHour } from "../state/crowd.ts";
import { brakes } from "../state/server.ts";
import { repeat } from "../state/watched.ts";
import { strings } from "../strings.en.ts";
import type { CrowdFeature } from "../wire.ts";

const texts = strings.crowd;
const NONE: readonly CrowdFeature[] = [];

/** How many people were where, hour by hour, in classes. */
export function Crowd() {
  useEffect(() => repeat(() => hours.refresh(), MINUTE_MS), []);
  const { value, error } = hours.look.value;
  return (
    <>
      <p class="lead">{texts.explains}</p>
      <Problem error={error} />
      {value === null && error === null && <p class="hint">{strings.loading}</p>}
      {value?.length === 0 && <p class="hint">{texts.noHours}</p>}
      {value !== null && value.length > 0 && <Hours hours={value} />}
    </>
  );
}

function Hours({ hours }: { hours: readonly HourTotal[] }) {
  const resolution = useSignal<Resolution>(7);
  const picked = useSignal<number | null>(null);
  const selected = useSignal<string | null>(null);
  const error = useSignal<unknown>(null);
  const newest = hours.findLast(({ atLeast }) => atLeast > 0) ?? hours.at(-1);
  const hourMs = hours.find(({ hourMs }) => hourMs === picked.value)?.hourMs ?? newest?.hourMs ?? 0;
  useEffect(() => {
    error.value = null;
    loadHour(hourMs, resolution.value).catch((refused) => (error.value = refused));
  }, [hourMs, resolution.value, error]);
  const features = cellsAt(hourMs, resolution.value);
  const cells = useMemo(() => cellsOf(features ?? NONE, hourMs), [features, hourMs]);
  const shapes = useMemo(
    () => cells.map((feature) => shapeOf(feature, selected.value, (cell) => (selected.value = cell))),
    [cells, selected, selected.value],
  );
  const total = { cells: cells.length, atLeast: cells.reduce((sum, { properties }) => sum + properties.at_least, 0) };
  return (
    <>
      <div class="row crowd-controls">
        <ResolutionChoice value={resolution.value} onPick={(value) => (resolution.value = value)} />
      </div>
      <TimeSlider
        hours={hours}
        hourMs={hourMs}
        onPick={(at) => (picked.value = at)}
        textOf={(at) => texts.hourFrom(dayAndTime(at, nowMs.value), timeOfDay(at + HOUR_MS))}
      />
      <p role="status">{features === null ? texts.loadingHour : texts.total(total.cells, total.atLeast)}</p>
      <Problem error={error.value} />
      <Legend />
      <div class="with-side">
        <MapView label={texts.map} shapes={shapes} fit={{ key: String(resolution.value), shapes }} />
        <Side cells={cells} selected={selected.value} onSelect={(cell) => (selected.value = cell)} />
      </div>
    </>
  );
}

function shapeOf(
  { geometry, properties }: CrowdFeature,
  selected: string | null,
  onSelect: (cell: string) => void,
): Shape {
  const { cell, at_least, at_most } = properties;
  return {
    key: cell,
    polygons: polygonsOfGeometry(geometry),
    className: `class-${classOf(at_least)}${cell === selected ? " is-selected" : ""}`,
    label: texts.cellLabel(cell, rangeOf(at_least, at_most)),
    onPick: () => onSelect(cell),
  };
}

function ResolutionChoice({ value, onPick }: { value: Resolution; onPick: (resolution: Resolution) => void }) {
  const id = useId();
  return (
    <div class="field inline">
      <label for={id}>{texts.resolution}</label>
      <select
        id={id}
        value={String(value)}
        onChange={(event) => onPick(Number(event.currentTarget.value) as Resolution)}
      >
        {RESOLUTIONS.map((resolution) => (
          <option key={resolution} value={resolution}>
            {texts.resolutions[resolution]}
          </option>
        ))}
      </select>
      {value !== 7 && <span class="hint">{texts.coarseNote}</span>}
    </div>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label={texts.legend}>
      {CLASSES.map((bound, index) => (
        <li key={bound}>
          <svg class="swatch" viewBox="0 0 20 20" aria-hidden="true">
            <path class={`shape class-${index}`} d="M10 1l8 4.5v9L10 19l-8-4.5v-9z" />
          </svg>
          {classLabel(index)}
        </li>
      ))}
    </ul>
  );
}

interface SideProps {
  cells: readonly CrowdFeature[];
  selected: string | null;
  onSelect: (cell: string) => void;
}

function Side({ cells, selected, onSelect }: SideProps) {
  return (
    <div class="side">
      {selected === null ? <p class="hint">{texts.unselected}</p> : <Selected cell={selected} cells={cells} />}
      {cells.length > 0 && (
        <Scroll label={strings.chart.tableOf(texts.table)} isTall>
          <table>
            <caption>{texts.table}</caption>
            <thead>
              <tr>
                <th scope="col">{texts.cellColumn}</th>
                <th scope="col" class="number">
                  {texts.peopleColumn}
                </th>
              </tr>
            </thead>
            <tbody>
              {cells.map(({ properties: { cell, at_least, at_most } }) => (
                <tr key={cell} class={cell === selected ? "is-selected" : ""}>
                  <th scope="row">
                    <button
                      type="button"
                      class="link mono"
                      aria-pressed={cell === selected}
                      aria-label={texts.select(cell)}
                      onClick={() => onSelect(cell)}
                    >
                      {cell}
                    </button>
                  </th>
                  <td class="number">{rangeOf(at_least, at_most)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </div>
  );
}

function Selected({ cell, cells }: { cell: string; cells: readonly CrowdFeature[] }) {
  const isStopped =
    brakes.look.value.value?.brakes.some(({ what, area }) => what === "placement" && area === cell) ?? false;
  const found = cells.find(({ properties }) => properties.cell === cell)?.properties;
  return (
    <section class="panel" aria-labelledby="selected">
      <h2 id="selected">{texts.selected}</h2>
      <p class="mono">{cell}</p>
      {found !== undefined && <p>{texts.inCell(rangeOf(found.at_least, found.at_most))}</p>}
      {isStopped && <p class="notice">{texts.isStopped}</p>}
      <button
        type="button"
        class={isStopped ? "" : "danger-quiet"}
        onClick={() => ask(isStopped ? letGo("placement", cell) : pull("placement", cell))}
      >
        {isStopped ? texts.release : texts.stop}
      </button>
    </section>
  );
}
