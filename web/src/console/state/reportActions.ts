/** What operators decide of reports. Each answers with the report as it is now. */
import { strings } from "../strings.en.ts";
import type { ReportAnswer } from "../wire.ts";
import type { Action } from "./actions.ts";
import { call } from "./calls.ts";
import { BAN_DAYS, daysOf, SUSPEND_DAYS } from "./personActions.ts";
import { openReports, sanctions } from "./server.ts";

export const DECISIONS = ["reject", "nothing", "suspend", "ban"] as const;
export type Decision = (typeof DECISIONS)[number];

const FIELDS = { reject: [], nothing: [], suspend: [SUSPEND_DAYS], ban: [BAN_DAYS] };

export function decide(report: string, decision: Decision, onReport: (report: ReportAnswer) => void): Action {
  const { title, explains, label, done } = strings.reports.actions[decision];
  return {
    title,
    explains,
    submit: label,
    done,
    isDanger: decision === "ban" || decision === "suspend",
    fields: FIELDS[decision],
    undo: () => undo(report, onReport),
    run: async (reason, values) => {
      const days = FIELDS[decision].length ? daysOf(values) : null;
      const body = { decision, reason, days };
      told(onReport, await call("POST /v1/admin/reports/{report}/decision", { path: { report }, body }));
    },
  };
}

export function undo(report: string, onReport: (report: ReportAnswer) => void): Action {
  return {
    title: strings.reports.undoTitle,
    explains: strings.reports.undoExplains,
    submit: strings.reports.undo,
    done: strings.reports.undone,
    run: async (reason) => {
      told(onReport, await call("POST /v1/admin/reports/{report}/undo", { path: { report }, body: { reason } }));
    },
  };
}

function told(onReport: (report: ReportAnswer) => void, report: ReportAnswer): void {
  onReport(report);
  void openReports.refresh();
  void sanctions.refresh();
}
