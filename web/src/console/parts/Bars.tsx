import { shortNumber } from "../logic/series.ts";

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly note?: string;
}

interface BarsProps {
  readonly heads: readonly [string, string] | readonly [string, string, string];
  readonly bars: readonly Bar[];
  readonly caption: string;
}

/** Numbers side by side: a table whose numbers are also drawn. */
export function Bars({ heads, bars, caption }: BarsProps) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <table class="bars">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {heads.map((head, index) => (
            <th key={head} scope="col" class={index === 0 ? "" : "number"}>
              {head}
            </th>
          ))}
          <td aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {bars.map(({ label, value, note }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td class="number">{shortNumber(value)}</td>
            {heads.length === 3 && <td class="number">{note}</td>}
            <td class="bar" aria-hidden="true">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(value / most) * 100} height="10" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
