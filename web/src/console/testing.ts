/** Answers of a server for tests: calm ones, and what the test says otherwise. */
import type { HistoryAnswer, NowAnswer, ReportAnswer } from "./wire.ts";

const HISTORY: HistoryAnswer = {
  at_ms: [],
  people: [],
  connections: [],
  rooms: [],
  thin_share: [],
  checkins_per_s: [],
  says_per_s: [],
  deliveries_per_s: [],
  say_p99_ms: [],
  checkin_p99_ms: [],
  loop_lag_p99_ms: [],
  merged: [],
  moved: [],
  limits_hit: [],
  store_up: [],
  hub_up: [],
  servers: [],
  placements: {},
};

type Some = Partial<Omit<NowAnswer, "history">> & { history?: Partial<HistoryAnswer> };

export function aNow({ history, ...more }: Some): NowAnswer {
  return {
    at_ms: 0,
    started_ms: 0,
    version: "0",
    step_s: 10,
    people: 0,
    connections: 0,
    held_seats: 0,
    rooms_by_size: [],
    open_catchments: [],
    thin_share: null,
    servers: 1,
    placements: [],
    limits_hit: [],
    health: { store: "up", hub: "up", ready: true },
    history: { ...HISTORY, ...history },
    ...more,
  };
}

export function aReport(more: Partial<ReportAnswer>): ReportAnswer {
  return {
    report: "r",
    reporter: "ana",
    reported: "ben",
    about: "talk",
    reason: "insult",
    text: null,
    at_ms: 0,
    due_ms: 0,
    counts: true,
    counted: 1,
    status: "open",
    decision: null,
    reviewed_ms: null,
    messages: [],
    ...more,
  };
}
