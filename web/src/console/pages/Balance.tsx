import { useMemo } from "preact/hooks";
import { balanceOf, inPercent } from "../logic/counts.ts";
import { Bars } from "../parts/Bars.tsx";
import { Chart } from "../parts/Chart.tsx";
import { Problem } from "../parts/Problem.tsx";
import { now } from "../state/server.ts";
import { strings } from "../strings.en.ts";
import type { NowAnswer } from "../wire.ts";

const texts = strings.balance;

/** Whether people have company, and what it takes to give it to them. */
export function Balance() {
  const { value, error } = now.look.value;
  const history = value?.history;
  const charts = useMemo(() => history && <Charts history={history} />, [history]);
  if (value === null) return <Problem error={error} />;
  return (
    <>
      <p class="lead">{texts.explains}</p>
      <Shares now={value} />
      {charts}
      <Sizes now={value} />
      <Placements now={value} />
    </>
  );
}

function Charts({ history }: { history: NowAnswer["history"] }) {
  return (
    <div class="charts">
      <Chart
        title={texts.charts.thin}
        atMs={history.at_ms}
        lines={[{ label: texts.charts.thin, values: inPercent(history.thin_share) }]}
        top={100}
      />
      <Chart
        title={texts.charts.merged}
        atMs={history.at_ms}
        lines={[{ label: texts.charts.merged, values: history.merged }]}
      />
      <Chart
        title={texts.charts.moved}
        atMs={history.at_ms}
        lines={[{ label: texts.charts.moved, values: history.moved }]}
      />
    </div>
  );
}

function Shares({ now }: { now: NowAnswer }) {
  const { alone, pairs, company } = balanceOf(now.rooms_by_size);
  const facts: readonly (readonly [string, string])[] = [
    [texts.thinShare, now.thin_share === null ? texts.nobody : strings.percent(now.thin_share)],
    [texts.alone, alone.toLocaleString("en")],
    [texts.pair, pairs.toLocaleString("en")],
    [texts.company, company.toLocaleString("en")],
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

function Sizes({ now }: { now: NowAnswer }) {
  const { people } = balanceOf(now.rooms_by_size);
  const bars = now.rooms_by_size
    .filter(({ size }) => size > 0)
    .map(({ size, rooms }) => ({
      label: String(size),
      value: size * rooms,
      note: people ? strings.percent((size * rooms) / people) : strings.chart.noValue,
    }));
  return (
    <section aria-labelledby="by-size">
      <h2 id="by-size">{texts.sizes}</h2>
      {people ? (
        <Bars
          heads={[strings.now.sizeColumn, texts.peopleColumn, texts.shareColumn]}
          bars={bars}
          caption={texts.sizes}
        />
      ) : (
        <p class="hint">{texts.nobody}</p>
      )}
    </section>
  );
}

function Placements({ now: { history } }: { now: NowAnswer }) {
  const shown = Object.entries(history.placements).filter(([, counts]) => counts.some((count) => count > 0));
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby="by-why">
      <h2 id="by-why">{texts.placements}</h2>
      <div class="charts">
        {shown.map(([why, values]) => (
          <Chart
            key={why}
            title={texts.charts.placements(why)}
            atMs={history.at_ms}
            lines={[{ label: texts.charts.placements(why), values }]}
          />
        ))}
      </div>
    </section>
  );
}
