import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Problem } from "../parts/Problem.tsx";
import { ReportClock } from "../parts/ReportClock.tsx";
import { Time } from "../parts/Time.tsx";
import { call } from "../state/calls.ts";
import { paged } from "../state/paged.ts";
import { hrefOf } from "../state/route.ts";
import { openReports } from "../state/server.ts";
import { strings } from "../strings.en.ts";
import type { ReportAnswer } from "../wire.ts";
import { ReportDetail } from "./ReportDetail.tsx";

const texts = strings.reports;
const PAGE = 50;

const pageOf = (status: "open" | "decided") =>
  paged<ReportAnswer>(async (after) => {
    const { reports } = await call("GET /v1/admin/reports", { query: { status, after: after ?? undefined } });
    return { items: reports, next: reports.length < PAGE ? null : (reports.at(-1)?.report ?? null) };
  });

/** The queue, the report that is looked at, and what was decided lately. */
export function Reports({ what }: { what: string | null }) {
  const isDecided = useSignal(false);
  return (
    <div class={what === null ? "split" : "split has-detail"}>
      <section class="split-list" aria-label={texts.list}>
        <fieldset class="tabs">
          <legend class="unseen">{texts.which}</legend>
          <Tab label={texts.open} isOn={!isDecided.value} onPick={() => (isDecided.value = false)} />
          <Tab label={texts.decided} isOn={isDecided.value} onPick={() => (isDecided.value = true)} />
        </fieldset>
        <List key={String(isDecided.value)} isDecided={isDecided.value} selected={what} />
      </section>
      <section class="split-detail">
        {what === null ? <p class="hint">{texts.noneSelected}</p> : <ReportDetail key={what} report={what} />}
      </section>
    </div>
  );
}

function Tab({ label, isOn, onPick }: { label: string; isOn: boolean; onPick: () => void }) {
  return (
    <label class="tab">
      <input type="radio" name="which" checked={isOn} onChange={onPick} />
      <span>{label}</span>
    </label>
  );
}

function List({ isDecided, selected }: { isDecided: boolean; selected: string | null }) {
  const list = useMemo(() => pageOf(isDecided ? "decided" : "open"), [isDecided]);
  // Whenever the queue changes, by us or by another operator.
  const open = openReports.look.value.value;
  const newest = `${open?.open} ${open?.reports[0]?.report} ${open?.reports.at(-1)?.report}`;
  useEffect(() => {
    if (newest) void list.refresh();
  }, [list, newest]);
  const { items, next, error, isThere, isLoading } = list.pages.value;
  return (
    <>
      <p class="hint">{!isDecided && open !== null && texts.openCount(open.open)}</p>
      <Problem error={error} />
      {isThere && isDecided && items.length === 0 && <p class="hint">{texts.none}</p>}
      <ul class="cards">
        {items.map((report) => (
          <li key={report.report}>
            <a
              class="card"
              href={hrefOf("reports", report.report)}
              aria-current={report.report === selected ? "true" : undefined}
            >
              <span class="card-title">{texts.title(report.reason)}</span>
              {report.status === "open" ? <ReportClock report={report} /> : <Decision report={report} />}
              <span class="hint">{texts.about[report.about] ?? report.about}</span>
              {report.counted > 1 && <span class="hint">{texts.counted(report.counted)}</span>}
            </a>
          </li>
        ))}
      </ul>
      {next !== null && (
        <button type="button" aria-disabled={isLoading} onClick={() => void list.more()}>
          {strings.more}
        </button>
      )}
    </>
  );
}

function Decision({ report }: { report: ReportAnswer }) {
  const decision = report.decision ?? report.status;
  return (
    <span class="hint">
      {texts.decisions[decision] ?? decision} {report.reviewed_ms !== null && <Time atMs={report.reviewed_ms} ago />}
    </span>
  );
}
