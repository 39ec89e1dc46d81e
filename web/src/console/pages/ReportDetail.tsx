import { useEffect, useMemo, useRef } from "preact/hooks";
import { dayAndTime, timeOfDay } from "../logic/clock.ts";
import { Problem } from "../parts/Problem.tsx";
import { ReportClock } from "../parts/ReportClock.tsx";
import { ask } from "../state/actions.ts";
import { call } from "../state/calls.ts";
import { nowMs } from "../state/clock.ts";
import { DECISIONS, decide, undo } from "../state/reportActions.ts";
import { hrefOf } from "../state/route.ts";
import { openReports } from "../state/server.ts";
import { watched } from "../state/watched.ts";
import { strings } from "../strings.en.ts";
import { Refused, type ReportAnswer } from "../wire.ts";

const texts = strings.reports;

/** One report: who, why, what was said, and the decision. */
export function ReportDetail({ report }: { report: string }) {
  const one = useMemo(
    () => watched<ReportAnswer>(() => call("GET /v1/admin/reports/{report}", { path: { report } })),
    [report],
  );
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    void one.refresh();
  }, [one]);
  const { value, error } = one.look.value;
  const isThere = value !== null;
  useEffect(() => {
    if (isThere) heading.current?.focus();
  }, [isThere]);
  const isGone = error instanceof Refused && error.code === "not_found";
  return (
    <>
      <a class="back" href={hrefOf("reports")}>
        {texts.back}
      </a>
      {isGone ? <p class="problem">{texts.notFound}</p> : <Problem error={error} />}
      {value === null && error === null && <p class="hint">{strings.loading}</p>}
      {value !== null && (
        <article>
          <h2 ref={heading} tabIndex={-1}>
            {texts.title(value.reason)} {value.status === "open" && <ReportClock report={value} />}
          </h2>
          <Facts report={value} />
          <Verdict report={value} onReport={one.set} />
          <Lines report={value} />
        </article>
      )}
    </>
  );
}

function Facts({ report }: { report: ReportAnswer }) {
  return (
    <>
      <p>
        {texts.about[report.about] ?? report.about} · {texts.made(dayAndTime(report.at_ms, nowMs.value))} ·{" "}
        {report.counts ? texts.counts : texts.countsNot}
      </p>
      {report.counted > 1 && <p class="notice">{texts.counted(report.counted)}</p>}
      <dl class="pairs">
        <dt>{texts.reported}</dt>
        <dd>
          <a href={hrefOf("people", report.reported)}>{report.reported}</a>
        </dd>
        <dt>{texts.reporter}</dt>
        <dd>
          {report.reporter === null ? texts.erased : <a href={hrefOf("people", report.reporter)}>{report.reporter}</a>}
        </dd>
        {report.text !== null && (
          <>
            <dt>{texts.said}</dt>
            <dd dir="auto">{report.text}</dd>
          </>
        )}
      </dl>
    </>
  );
}

function Verdict({ report, onReport }: { report: ReportAnswer; onReport: (report: ReportAnswer) => void }) {
  if (report.status === "open") {
    return (
      <fieldset class="row deeds">
        <legend class="unseen">{texts.decide}</legend>
        {DECISIONS.map((decision) => (
          <button
            key={decision}
            type="button"
            class={decision === "ban" || decision === "suspend" ? "danger-quiet" : ""}
            onClick={() => ask(decide(report.report, decision, onReport))}
          >
            {texts.actions[decision].label}
          </button>
        ))}
      </fieldset>
    );
  }
  const decision = report.decision ?? report.status;
  const next = openReports.look.value.value?.reports.find((one) => one.report !== report.report)?.report;
  return (
    <>
      <p class="notice">
        {texts.decision(
          texts.decisions[decision] ?? decision,
          dayAndTime(report.reviewed_ms ?? report.at_ms, nowMs.value),
        )}
      </p>
      <div class="row deeds">
        {next !== undefined && (
          <a class="button primary next" href={hrefOf("reports", next)}>
            {texts.next}
          </a>
        )}
        <button type="button" onClick={() => ask(undo(report.report, onReport))}>
          {texts.undo}
        </button>
      </div>
    </>
  );
}

function Lines({ report }: { report: ReportAnswer }) {
  return (
    <section aria-labelledby="lines">
      <h3 id="lines">{texts.messages}</h3>
      {report.messages.length === 0 ? (
        <p class="hint">{texts.noMessages}</p>
      ) : (
        <>
          <p class="hint">{texts.messagesNote}</p>
          <ol class="lines">
            {report.messages.map((line, index) => (
              <li key={index} class={`line ${line.speaker}`}>
                <span class="speaker">{texts.speakers[line.speaker] ?? line.speaker}</span>
                <time class="hint" title={dayAndTime(line.at_ms, nowMs.value)}>
                  {timeOfDay(line.at_ms)}
                </time>
                <bdi class="said" dir="auto">
                  {line.text}
                </bdi>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
