import type { Audit } from "../state/audit.ts";
import { hrefOf } from "../state/route.ts";
import { strings } from "../strings.en.ts";
import type { AuditEntryAnswer } from "../wire.ts";
import { Problem } from "./Problem.tsx";
import { Scroll } from "./Scroll.tsx";
import { Time } from "./Time.tsx";

const texts = strings.audit;

interface AuditTableProps {
  list: Audit;
  /** What is said where nothing was done. */
  empty: string;
  /** Whether it says to whom. */
  hasTarget: boolean;
  keep?: (entry: AuditEntryAnswer) => boolean;
}

/** What operators did, with a button for what came before. */
export function AuditTable({ list, empty, hasTarget, keep = () => true }: AuditTableProps) {
  const { items, next, error, isThere, isLoading } = list.pages.value;
  const shown = items.filter(keep);
  return (
    <>
      <Problem error={error} />
      {!isThere && isLoading && <p class="hint">{strings.loading}</p>}
      {isThere && shown.length === 0 && <p class="hint">{items.length ? texts.noMatch : empty}</p>}
      {shown.length > 0 && (
        <Scroll label={strings.chart.tableOf(texts.heading)}>
          <table class="audit">
            <thead>
              <tr>
                <th scope="col">{texts.time}</th>
                <th scope="col">{texts.action}</th>
                {hasTarget && <th scope="col">{texts.target}</th>}
                <th scope="col">{texts.detail}</th>
                <th scope="col">{texts.operator}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((entry) => (
                <Row key={entry.entry} entry={entry} hasTarget={hasTarget} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {next !== null && (
        <button type="button" aria-disabled={isLoading} onClick={() => void list.more()}>
          {strings.more}
        </button>
      )}
    </>
  );
}

function Row({ entry, hasTarget }: { entry: AuditEntryAnswer; hasTarget: boolean }) {
  return (
    <tr>
      <td class="nowrap">
        <Time atMs={entry.at_ms} />
      </td>
      <td>{texts.actions[entry.action] ?? entry.action}</td>
      {hasTarget && (
        <td class="mono">
          {entry.target === null ? strings.chart.noValue : <a href={hrefOf("people", entry.target)}>{entry.target}</a>}
        </td>
      )}
      <td dir="auto">{entry.detail ?? strings.chart.noValue}</td>
      <td class="mono">{entry.operator ?? <span class="hint">{texts.byCommand}</span>}</td>
    </tr>
  );
}
