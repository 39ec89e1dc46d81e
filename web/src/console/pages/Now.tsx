import { useMemo } from "preact/hooks";
import { spanOf, timeOfDay } from "../logic/clock.ts";
import { largestFirst, latest } from "../logic/counts.ts";
import { shortNumber } from "../logic/series.ts";
import { Bars } from "../parts/Bars.tsx";
import { Chart } from "../parts/Chart.tsx";
import { Problem } from "../parts/Problem.tsx";
import { nowMs } from "../state/clock.ts";
import { now } from "../state/server.ts";
import { strings } from "../strings.en.ts";
import type { NowAnswer } from "../wire.ts";
import { Worries } from "./Worries.tsx";

const texts = strings.now;

/** How the service is: what is wrong first, then figures, then the last hour. */
export function Now() {
  const { value, error } = now.look.value;
  return (
    <>
      <Worries />
      {value === null ? <Problem error={error} /> : <Figures now={value} isStale={error !== null} />}
    </>
  );
}

function Figures({ now, isStale }: { now: NowAnswer; isStale: boolean }) {
  const { history } = now;
  // A dozen charts are drawn anew with a new step of the history, not whenever somebody looked.
  const charts = useMemo(() => <Charts history={history} />, [history]);
  return (
    <>
      <section aria-labelledby="figures">
        <h2 id="figures">{texts.figures}</h2>
        {isStale && <p class="notice">{strings.stale(timeOfDay(now.at_ms))}</p>}
        <Facts now={now} />
      </section>
      <section aria-labelledby="history">
        <h2 id="history">{texts.history}</h2>
        {history.at_ms.length ? charts : <p class="hint">{texts.noHistory}</p>}
      </section>
      <div class="columns">
        <RoomsBySize now={now} />
        <Placements now={now} />
        <Limits now={now} />
      </div>
      <Version now={now} />
    </>
  );
}

/** A part of its own, for it changes as time passes. */
function Version({ now }: { now: NowAnswer }) {
  return <p class="hint">{texts.version(now.version, spanOf(nowMs.value - now.started_ms))}</p>;
}

function Facts({ now }: { now: NowAnswer }) {
  const rate = (values: readonly number[]) => numberOf(latest(values));
  const p99 = latest(now.history.say_p99_ms);
  const open = now.open_catchments.map(({ resolution, cells }) => texts.atResolution(cells, resolution));
  const facts: readonly (readonly [string, string])[] = [
    [texts.people, numberOf(now.people)],
    [texts.rooms, shortNumber(now.rooms_by_size.reduce((sum, { rooms }) => sum + rooms, 0))],
    [texts.connections, numberOf(now.connections)],
    [texts.held, numberOf(now.held_seats)],
    [texts.checkins, rate(now.history.checkins_per_s)],
    [texts.deliveries, rate(now.history.deliveries_per_s)],
    [texts.p99, p99 === null ? strings.chart.noValue : texts.ms(shortNumber(p99))],
    [texts.servers, shortNumber(now.servers)],
    [texts.openCells, open.length ? texts.openCellsOf(open) : strings.none],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Null is a figure that nobody knows while the hub is away. */
function numberOf(value: number | null): string {
  return value === null ? strings.chart.noValue : shortNumber(value);
}

function Charts({ history }: { history: NowAnswer["history"] }) {
  const one = (title: string, values: readonly (number | null)[]) => ({ title, lines: [{ label: title, values }] });
  const charts = [
    one(texts.charts.people, history.people),
    one(texts.charts.checkins, history.checkins_per_s),
    one(texts.charts.deliveries, history.deliveries_per_s),
    one(texts.charts.says, history.says_per_s),
    one(texts.charts.say, history.say_p99_ms),
    one(texts.charts.checkin, history.checkin_p99_ms),
    one(texts.charts.lag, history.loop_lag_p99_ms),
    one(texts.charts.limits, history.limits_hit),
    one(texts.charts.connections, history.connections),
    one(texts.charts.rooms, history.rooms),
    {
      title: texts.charts.health,
      top: 1,
      lines: [
        { label: texts.store, values: history.store_up },
        { label: texts.hub, values: history.hub_up },
      ],
    },
  ];
  return (
    <div class="charts">
      {charts.map((chart) => (
        <Chart key={chart.title} atMs={history.at_ms} {...chart} />
      ))}
    </div>
  );
}

function RoomsBySize({ now }: { now: NowAnswer }) {
  const bars = now.rooms_by_size.map(({ size, rooms }) => ({ label: String(size), value: rooms }));
  return (
    <section aria-labelledby="sizes">
      <h2 id="sizes">{texts.roomsBySize}</h2>
      {bars.some(({ value }) => value > 0) ? (
        <Bars heads={[texts.sizeColumn, texts.roomsColumn]} bars={bars} caption={texts.roomsBySize} />
      ) : (
        <p class="hint">{texts.noRooms}</p>
      )}
    </section>
  );
}

function Placements({ now }: { now: NowAnswer }) {
  const bars = largestFirst(now.placements).map(({ why, count }) => ({ label: why, value: count }));
  return (
    <section aria-labelledby="placements">
      <h2 id="placements">{texts.placements}</h2>
      <p class="hint">{texts.placementsNote}</p>
      {bars.length ? (
        <Bars heads={[texts.whyColumn, texts.countColumn]} bars={bars} caption={texts.placements} />
      ) : (
        <p class="hint">{texts.noPlacements}</p>
      )}
    </section>
  );
}

function Limits({ now }: { now: NowAnswer }) {
  const bars = largestFirst(now.limits_hit).map(({ limit, count }) => ({ label: limit, value: count }));
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">{texts.limits}</h2>
      <p class="hint">{texts.limitsNote}</p>
      {bars.length ? (
        <Bars heads={[texts.limitColumn, texts.countColumn]} bars={bars} caption={texts.limits} />
      ) : (
        <p class="hint">{texts.noLimits}</p>
      )}
    </section>
  );
}
