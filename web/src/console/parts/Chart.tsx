import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { spanOf, timeOfDay } from "../logic/clock.ts";
import { type Frame, indexAt, pathOf, sampled, shortNumber, topOf, type Values, xOf, yOf } from "../logic/series.ts";
import { strings } from "../strings.en.ts";

/** One line of a chart; a second one is dashed. */
export interface Line {
  readonly label: string;
  readonly values: Values;
}

interface ChartProps {
  readonly title: string;
  readonly atMs: readonly number[];
  readonly lines: readonly Line[];
  /** Where the scale ends; a round number above all values if it is not given. */
  readonly top?: number;
}

/** In units of the picture, which is stretched to the width there is. */
const FRAME: Frame = { width: 300, height: 64 };
const TABLE_ROWS = 13;

/** Numbers over the last hour: a picture, the value under the pointer, and a table of the same. */
export function Chart({ title, atMs, lines, top = topOf(...lines.map(({ values }) => values)) }: ChartProps) {
  const pointed = useSignal<number | null>(null);
  const id = useId();
  if (atMs.length === 0) {
    return (
      <figure class="chart">
        <figcaption>{title}</figcaption>
        <p class="hint">{strings.now.noHistory}</p>
      </figure>
    );
  }
  const index = Math.min(pointed.value ?? atMs.length - 1, atMs.length - 1);
  const isLast = index === atMs.length - 1;
  const point = (event: PointerEvent & { currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect();
    pointed.value = indexAt((event.clientX - box.left) / box.width, atMs.length);
  };
  return (
    <figure class="chart">
      <figcaption id={id}>
        <span>{title}</span>
        <span class="chart-value">
          {lines.map((line) => shown(line, index)).join(" · ")}
          <span class="hint"> {isLast ? strings.chart.now : timeOfDay(atMs[index] ?? 0)}</span>
        </span>
      </figcaption>
      <div class="chart-body">
        <svg
          role="img"
          aria-label={lines
            .map((line) => summaryOf(lines.length > 1 ? `${title}, ${line.label}` : title, line.values))
            .join(" ")}
          viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
          preserveAspectRatio="none"
          onPointerMove={point}
          onPointerLeave={() => (pointed.value = null)}
        >
          <path
            class="chart-grid"
            d={`M0 0H${FRAME.width}M0 ${FRAME.height / 2}H${FRAME.width}M0 ${FRAME.height}H${FRAME.width}`}
          />
          {lines.map(({ label, values }, line) => (
            <path key={label} class={`chart-line line-${line}`} d={pathOf(values, top, FRAME)} />
          ))}
          {!isLast && <Cursor index={index} count={atMs.length} />}
          {!isLast &&
            lines.map(({ label, values }) => (
              <Point key={label} value={values[index] ?? null} {...{ index, top }} count={atMs.length} />
            ))}
        </svg>
        <span class="chart-top" aria-hidden="true">
          {shortNumber(top)}
        </span>
      </div>
      <div class="chart-foot" aria-hidden="true">
        <span>{strings.ago(spanOf((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)))}</span>
        <span>{strings.chart.now}</span>
      </div>
      <ValueTable title={title} atMs={atMs} lines={lines} />
    </figure>
  );
}

function Cursor({ index, count }: { index: number; count: number }) {
  const x = xOf(index, count, FRAME);
  return <path class="chart-cursor" d={`M${x} 0V${FRAME.height}`} />;
}

function Point({ value, index, count, top }: { value: number | null; index: number; count: number; top: number }) {
  if (value === null) return null;
  return <path class="chart-point" d={`M${xOf(index, count, FRAME)} ${yOf(value, top, FRAME)}h0.01`} />;
}

function ValueTable({ title, atMs, lines }: Omit<ChartProps, "top">) {
  const isOpen = useSignal(false);
  return (
    <details class="chart-table" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary aria-label={strings.chart.tableOf(title)}>{strings.chart.table}</summary>
      {isOpen.value && (
        <table>
          <thead>
            <tr>
              <th scope="col">{strings.chart.time}</th>
              {lines.map(({ label }) => (
                <th key={label} scope="col" class="number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sampled(atMs.length, TABLE_ROWS).map((index) => (
              <tr key={atMs[index]}>
                <th scope="row">{timeOfDay(atMs[index] ?? 0)}</th>
                {lines.map((line) => (
                  <td key={line.label} class="number">
                    {numberOf(line.values[index] ?? null)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

function numberOf(value: number | null): string {
  return value === null ? strings.chart.noValue : shortNumber(value);
}

function shown({ values }: Line, index: number): string {
  return numberOf(values[index] ?? null);
}

function summaryOf(title: string, values: Values): string {
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) return strings.chart.empty(title);
  const [least, most] = [Math.min(...measured), Math.max(...measured)];
  return strings.chart.summary(title, numberOf(values.at(-1) ?? null), shortNumber(least), shortNumber(most));
}
