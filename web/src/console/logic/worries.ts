/** What is wrong, the worst first, each with the page where something can be done about it. */
import type { Page } from "../state/route.ts";
import type { BrakeAnswer, NowAnswer, ReportAnswer } from "../wire.ts";
import { hasteOf, MINUTE_MS } from "./clock.ts";

export type Worry = { readonly level: "bad" | "warn"; readonly page: Page | null } & (
  | { readonly about: "unreachable" | "store_down" | "hub_down" | "not_ready" }
  | { readonly about: "overdue" | "due_soon" | "appeals"; readonly count: number }
  | { readonly about: "people_fell"; readonly before: number; readonly now: number }
  | { readonly about: "slow"; readonly lagMs: number }
  | { readonly about: "thin"; readonly share: number }
  | { readonly about: "limits_jumped"; readonly count: number; readonly usual: number }
  | { readonly about: "brake"; readonly brake: BrakeAnswer }
);

export interface Seen {
  readonly now: NowAnswer | null;
  readonly isUnreachable: boolean;
  readonly reports: readonly ReportAnswer[];
  readonly brakes: readonly BrakeAnswer[];
  readonly appeals: number;
  readonly nowMs: number;
}

/** Fewer people say nothing by their shares. */
const CROWD = 20;
const FELL_TO = 0.5;
const FELL_WITHIN_MS = 5 * MINUTE_MS;
/** A tick of the server: everything is late beyond it. What is measured is the upper end of a bucket. */
const SLOW_LAG_MS = 200;
const THIN_SHARE = 0.25;
const JUMPED = { atLeast: 50, times: 5, withinMs: MINUTE_MS };

export function worriesOf(seen: Seen): Worry[] {
  // What was last heard of the crowd says nothing of now.
  const ofPlaces = seen.now && !seen.isUnreachable ? ofCrowd(seen.now) : [];
  const found = [...ofHealth(seen), ...ofBrakes(seen), ...ofReports(seen), ...ofPlaces];
  // Stable: within a level the order above is the order of haste.
  return found.sort((one, other) => Number(one.level === "warn") - Number(other.level === "warn"));
}

function ofHealth({ now, isUnreachable }: Seen): Worry[] {
  if (isUnreachable) return [{ level: "bad", about: "unreachable", page: null }];
  if (!now) return [];
  const found: Worry[] = [];
  if (now.health.store === "down") found.push({ level: "bad", about: "store_down", page: null });
  if (now.health.hub === "down") found.push({ level: "bad", about: "hub_down", page: null });
  if (!now.health.ready && found.length === 0) found.push({ level: "bad", about: "not_ready", page: null });
  return found;
}

function ofReports({ reports, appeals, nowMs }: Seen): Worry[] {
  const hastes = reports.map((report) => hasteOf(report.due_ms, nowMs));
  const overdue = hastes.filter((haste) => haste === "over").length;
  const soon = hastes.filter((haste) => haste === "urgent" || haste === "soon").length;
  return [
    ...(overdue ? [{ level: "bad", about: "overdue", page: "reports", count: overdue } as const] : []),
    ...(soon ? [{ level: "warn", about: "due_soon", page: "reports", count: soon } as const] : []),
    ...(appeals ? [{ level: "warn", about: "appeals", page: "people", count: appeals } as const] : []),
  ];
}

function ofCrowd(now: NowAnswer): Worry[] {
  const { history } = now;
  const found: Worry[] = [];
  const stepsOf = (spanMs: number) => Math.max(1, Math.round(spanMs / (now.step_s * 1_000)));
  const before = Math.max(0, ...history.people.slice(-stepsOf(FELL_WITHIN_MS)).map((people) => people ?? 0));
  const people = now.people ?? before;
  if (before >= CROWD && people <= before * FELL_TO) {
    found.push({ level: "bad", about: "people_fell", page: "now", before, now: people });
  }
  // One late step is a hiccup, three in a row are a state.
  const lagMs = Math.min(...[0, 1, 2].map((step) => history.loop_lag_p99_ms.at(-1 - step) ?? 0));
  if (lagMs > SLOW_LAG_MS) found.push({ level: "bad", about: "slow", page: "now", lagMs });
  if (now.thin_share !== null && people >= CROWD && now.thin_share >= THIN_SHARE) {
    found.push({ level: "warn", about: "thin", page: "balance", share: now.thin_share });
  }
  const steps = stepsOf(JUMPED.withinMs);
  const count = sum(history.limits_hit.slice(-steps));
  const earlier = history.limits_hit.slice(0, -steps);
  const usual = earlier.length ? (sum(earlier) / earlier.length) * steps : count;
  if (count >= JUMPED.atLeast && count > usual * JUMPED.times) {
    found.push({ level: "warn", about: "limits_jumped", page: "now", count, usual: Math.round(usual) });
  }
  return found;
}

function ofBrakes({ brakes }: Seen): Worry[] {
  return brakes.map((brake) => ({ level: "warn", about: "brake", page: "brakes", brake }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
