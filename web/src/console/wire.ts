/** The shapes of the server's documents, and those of calls that the documents do not describe yet. */

export type {
  AreaFeature,
  AreasAnswer,
  AuditAnswer,
  AuditEntryAnswer,
  BrakeAnswer,
  BrakesAnswer,
  Calls,
  CrowdAnswer,
  CrowdFeature,
  Geometry,
  ImportAnswer,
  PersonAnswer,
  ReportAnswer,
  ReportsAnswer,
  SanctionAnswer,
  SanctionedAnswer,
  SanctionsAnswer,
} from "@wire";
export { Api, NoAnswer, Refused } from "@wire";

export type Kind = "quiet" | "venue";
export type What = "placement" | "guests" | "shake" | "bottle";

export interface History {
  at_ms: number[];
  people: number[];
  connections: number[];
  rooms: number[];
  thin_share: (number | null)[];
  checkins_per_s: number[];
  says_per_s: number[];
  deliveries_per_s: number[];
  say_p99_ms: (number | null)[];
  checkin_p99_ms: (number | null)[];
  loop_lag_p99_ms: (number | null)[];
  merged: number[];
  moved: number[];
  limits_hit: number[];
  store_up: number[];
  hub_up: number[];
  placements: Record<string, number[]>;
}

export interface NowAnswer {
  at_ms: number;
  started_ms: number;
  version: string;
  step_s: number;
  people: number;
  connections: number;
  held_seats: number;
  rooms_by_size: { size: number; rooms: number }[];
  open_catchments: { resolution: number; cells: number }[];
  thin_share: number | null;
  placements: { why: string; count: number }[];
  limits_hit: { limit: string; count: number }[];
  health: { store: "up" | "down"; hub: "up" | "down"; ready: boolean };
  history: History;
}

export interface SettingAnswer {
  name: string;
  value: string;
  default: string;
  description: string;
  is_secret: boolean;
}

export interface PageAnswer {
  version: string;
  tile_url: string | null;
}
