/** What the console takes from the client of the wire. */

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
  HistoryAnswer,
  NowAnswer,
  PageConfig,
  PersonAnswer,
  ReportAnswer,
  ReportsAnswer,
  SanctionAnswer,
  SanctionedAnswer,
  SanctionsAnswer,
  SettingAnswer,
} from "@wire";
export { Api, NoAnswer, Refused } from "@wire";

export type Kind = "quiet" | "venue";
export type What = "placement" | "guests" | "shake" | "bottle";
