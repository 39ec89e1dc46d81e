import { hasteOf, spanOf } from "../logic/clock.ts";
import { nowMs } from "../state/clock.ts";
import { strings } from "../strings.en.ts";
import type { ReportAnswer } from "../wire.ts";

/** What is left of a report's 24 hours. */
export function ReportClock({ report }: { report: ReportAnswer }) {
  const haste = hasteOf(report.due_ms, nowMs.value);
  const span = spanOf(report.due_ms - nowMs.value);
  return (
    <span class={`clock ${haste}`}>{haste === "over" ? strings.reports.over(span) : strings.reports.due(span)}</span>
  );
}
