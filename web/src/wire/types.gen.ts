// Made by scripts/tools/wire_types.py from the documents that a server serves. Change those, and run it again.

/** One message was carried out. */
export interface Ack {
  type: "ack";
  id: number | string;
  seq?: number | undefined;
  at_ms?: number | undefined;
  area?: Area | null | undefined;
  window?: Window | undefined;
  block?: string | undefined;
}

/** What somebody says to the ban against them, as an operator heard it. */
export interface AppealNote {
  text: string;
  /** for the audit; no id of a person */
  reason: string;
}

/** What somebody says to the ban against them: 1 to 1,000 characters. */
export interface AppealRequest {
  text: string;
}

/** The caller's finest open catchment: an H3 cell of resolution 7 or coarser; in a venue one of its cells. */
export interface Area {
  cell: string;
  resolution: number;
  venue?: string | undefined;
}

/** An area as it was drawn, as a GeoJSON feature. */
export interface AreaFeature {
  type: string;
  geometry: Geometry;
  properties: AreaProperties;
}

/** An area as it counts: by `cells` of resolution 9. `around` are the cells of resolution 7 they lie in. */
export interface AreaProperties {
  id: string;
  name: string;
  kind: string;
  cells: string[];
  around: string[];
}

/** All areas as a GeoJSON FeatureCollection, by id. */
export interface AreasAnswer {
  type: string;
  features: AreaFeature[];
}

/** Entries, newest first. `before` asks for those that came before them; null if there are none. */
export interface AuditAnswer {
  entries: AuditEntryAnswer[];
  before: string | null;
}

/** What somebody did. `operator` is null for the command line, either of the two for whoever was erased. */
export interface AuditEntryAnswer {
  entry: string;
  at_ms: number;
  operator: string | null;
  action: string;
  target: string | null;
  detail: string | null;
}

/** A ban, for good if it has no `days`. */
export interface BanRequest {
  /** for the audit; no id of a person */
  reason: string;
  days?: number | null | undefined;
}

/** Let this member and me never meet again, and give me another room. */
export interface Block {
  type: "block";
  member: string;
  id?: number | string | null | undefined;
  room?: string | null | undefined;
}

/** One of my blocks, by the id to withdraw it by. */
export interface BlockAnswer {
  block: string;
}

/** My blocks in force, in no order that means anything. */
export interface BlocksAnswer {
  blocks: BlockAnswer[];
}

/** A bottle that is afloat. */
export interface BottleAnswer {
  bottle: string;
}

/** A bottle to throw. */
export interface BottleRequest {
  /** 1 to 1,000 characters after NFC, no control characters but newline */
  text: string;
}

/** One thing that is stopped; `area` is null if it is stopped everywhere. */
export interface BrakeAnswer {
  what: "bottle" | "guests" | "placement" | "shake";
  area: string | null;
  since_ms: number;
  reason: string;
}

/** What to stop or to let go, and why. Placement may be stopped in one cell; without `area` it is everywhere. */
export interface BrakeRequest {
  what: "bottle" | "guests" | "placement" | "shake";
  reason: string;
  area?: string | null | undefined;
}

/** All that is stopped. */
export interface BrakesAnswer {
  brakes: BrakeAnswer[];
}

/** The server is going down; come back after this delay. */
export interface Bye {
  type: "bye";
  reconnect_ms: number;
}

/** A bottle that is mine for `lease_ms` from now; `token` says so when I answer it or give it back. */
export interface CatchAnswer {
  bottle: string;
  text: string;
  lease_ms: number;
  token: string;
}

/** How many cells of a resolution are open. */
export interface CatchmentsAt {
  resolution: number;
  cells: number;
}

/** Somebody's name or badge is another one now. */
export interface Changed {
  type: "changed";
  room: string;
  seq: number;
  member: Member;
}

/** I am here, now; takes or keeps a seat. */
export interface CheckIn {
  type: "checkin";
  /** WGS 84 degrees */
  lat: number;
  /** WGS 84 degrees */
  lon: number;
  accuracy_m?: number | null | undefined;
  tags?: string[] | null | undefined;
  lang?: string | null | undefined;
  venue?: string | null | undefined;
  with?: string[] | null | undefined;
  id?: number | string | null | undefined;
}

/** Where a check-in over HTTP counts. `room` is null without an open socket. */
export interface CheckInAnswer {
  area: Area | null;
  window: Window;
  room: RoomAnswer | null;
}

/** Which room to close, and why. */
export interface CloseRequest {
  room: string;
  reason: string;
}

/** The crowd map as a GeoJSON FeatureCollection: of the whole hours from `from_ms` up to `to_ms`. */
export interface CrowdAnswer {
  type: string;
  from_ms: number;
  to_ms: number;
  features: CrowdFeature[];
}

/** A cell of the crowd map, as a GeoJSON feature. */
export interface CrowdFeature {
  type: string;
  geometry: Geometry;
  properties: CrowdProperties;
}

/** A cell in an hour that began at `hour_start_ms`; `at_most` is null where there is no upper bound. */
export interface CrowdProperties {
  cell: string;
  resolution: number;
  hour_start_ms: number;
  at_least: number;
  at_most: number | null;
}

/** What becomes of a report: reject, or nothing, suspend or ban for so many days; a ban without is for good. */
export interface DecisionRequest {
  decision: "ban" | "nothing" | "reject" | "suspend";
  /** for the audit; no id of a person */
  reason: string;
  days?: number | null | undefined;
}

/** One message was refused; the connection stays. */
export interface Error {
  type: "error";
  code: string;
  detail: string;
  id?: number | string | undefined;
  retry_ms?: number | undefined;
}

/** The token ends soon: send `renew`. */
export interface Expiring {
  type: "expiring";
  in_ms: number;
}

/** All that is kept of the caller's own doing: rows by what they are about, at a moment. */
export interface ExportAnswer {
  user: string;
  at_ms: number;
  data: Record<string, (Record<string, unknown>)[]>;
}

/** A GeoJSON MultiPolygon: longitude before latitude, as RFC 7946 has it. */
export interface Geometry {
  type: string;
  coordinates: ((([number, number])[])[])[];
}

/** Greet this member: once both did, each knows the other for good. */
export interface Greet {
  type: "greet";
  member: string;
  id?: number | string | null | undefined;
  room?: string | null | undefined;
}

/** A member of my room greets me. */
export interface Greeted {
  type: "greeted";
  room: string;
  member: string;
}

/** A guest's token. */
export interface GuestAnswer {
  user: string;
  token: string;
  expires_at_ms: number;
}

/** The body of a request for a guest token; it may be left out. */
export interface GuestRequest {
  name?: string | null | undefined;
}

/** Whether the database and the live state can be reached, and whether new phones are taken. */
export interface Health {
  store: "down" | "up";
  hub: "down" | "up";
  ready: boolean;
}

/** The first message of a connection. */
export interface Hello {
  type: "hello";
  token?: string | null | undefined;
  resume?: Resume | null | undefined;
}

/**
 * The last hour in steps, oldest first, as columns: each has a number for every end of a step in `at_ms`. Null is
 * what could not be seen, or where there was nothing to measure. `placements` has a column for each reason; they,
 * `merged`, `moved` and `limits_hit` are counts of the step. `store_up` and `hub_up` are 1 or 0. All are of all
 * servers that share the hub, `servers` of them.
 */
export interface HistoryAnswer {
  at_ms: number[];
  people: (number | null)[];
  connections: (number | null)[];
  rooms: (number | null)[];
  thin_share: (number | null)[];
  checkins_per_s: number[];
  says_per_s: number[];
  deliveries_per_s: number[];
  say_p99_ms: (number | null)[];
  checkin_p99_ms: (number | null)[];
  loop_lag_p99_ms: (number | null)[];
  placements: Record<string, number[]>;
  merged: number[];
  moved: number[];
  limits_hit: number[];
  store_up: number[];
  hub_up: number[];
  servers: number[];
}

/** The areas that were imported, in the order of the file. */
export interface ImportAnswer {
  areas: ImportedArea[];
}

/** An area that is in force now, and how many cells of resolution 9 it counts by. */
export interface ImportedArea {
  id: string;
  kind: string;
  cells: number;
}

/** Somebody took a seat. */
export interface Joined {
  type: "joined";
  room: string;
  seq: number;
  member: Member;
}

/** A member of my room and I greeted each other: `person` is my handle of them, for good. */
export interface Known {
  type: "known";
  room: string;
  member: string;
  person: string;
  name: string | null;
}

/** Somebody I know. `person` is my handle of them; `name` is null if they gave none. */
export interface KnownPerson {
  person: string;
  name: string | null;
  verified: boolean;
  followed: boolean;
  muted: boolean;
  blocked: boolean;
}

/** Leave the room and clear my location. */
export interface Leave {
  type: "leave";
  id?: number | string | null | undefined;
}

/** Somebody's seat ended. */
export interface Left {
  type: "left";
  room: string;
  seq: number;
  member: string;
}

/** How often somebody was refused since the start because of this limit. */
export interface LimitHits {
  limit: string;
  count: number;
}

/** What the server knows of the caller. `created_ms` is null while nothing is kept of them. */
export interface MeAnswer {
  user: string;
  is_guest: boolean;
  verified: boolean;
  established: boolean;
  name: string | null;
  listed: boolean;
  lang: string | null;
  tags: string[];
  created_ms: number | null;
}

/** What to change of my profile: null clears a field, one that is absent stays. */
export interface MeChange {
  name?: string | null | undefined;
  listed?: boolean | null | undefined;
  lang?: string | null | undefined;
  tags?: string[] | null | undefined;
}

/**
 * Somebody in my room, by the pseudonym that holds for this room. `was` is the pseudonym of somebody who came along
 * from the room I was in before.
 */
export interface Member {
  member: string;
  name: string;
  verified: boolean;
  was?: string | undefined;
}

/** Let me hear nothing any more that this member says in this room. */
export interface Mute {
  type: "mute";
  member: string;
  id?: number | string | null | undefined;
  room?: string | null | undefined;
}

/** My area, null without a presence, and at most 50 of the people there, in an order that is mine. */
export interface NearbyAnswer {
  area: Area | null;
  people: NearbyPerson[];
}

/** Somebody of my area who chose to be listed. `person` means something to me alone, in this window. */
export interface NearbyPerson {
  person: string;
  name: string;
  verified: boolean;
}

/** Another room, please. */
export interface Next {
  type: "next";
  id?: number | string | null | undefined;
  room?: string | null | undefined;
}

/** Whether I wait to be told when company comes. */
export interface NotifyAnswer {
  waiting: boolean;
}

/**
 * How the whole server is now. What is live is null or empty while the hub cannot be reached. `thin_share` is the
 * share of seated people in rooms of one or two, null where nobody sits. `servers` is how many shared the hub in
 * the last step; `placements` and `limits_hit` are of all of them.
 */
export interface NowAnswer {
  at_ms: number;
  started_ms: number;
  version: string;
  step_s: number;
  people: number | null;
  connections: number | null;
  held_seats: number | null;
  rooms_by_size: RoomsOfSize[];
  open_catchments: CatchmentsAt[];
  thin_share: number | null;
  servers: number;
  placements: PlacementsFor[];
  limits_hit: LimitHits[];
  health: Health;
  history: HistoryAnswer;
}

/**
 * What this server offers. `tile_url` is a template of map tiles with {z}, {x} and {y}, null without one.
 * `tile_attribution` says whose tiles they are, as plain text that every map with them shows.
 */
export interface PageConfig {
  version: string;
  tile_url: string | null;
  tile_attribution: string | null;
  guests: boolean;
  shake: boolean;
  bottle: boolean;
  notify: boolean;
  window_s: number;
  tags: string[];
}

/** The people I know, the newest first. */
export interface PeopleAnswer {
  people: KnownPerson[];
}

/**
 * A person as operators see them. `verdict` is verified, revoked, or null: the token decides. `reported` are the
 * reports about them, `reports` those they made.
 */
export interface PersonAnswer {
  person: string;
  is_erased: boolean;
  is_guest: boolean;
  created_ms: number | null;
  verified_name: string | null;
  verdict: string | null;
  sanctions: SanctionAnswer[];
  reported: ReportCounts;
  reports: ReportCounts;
}

/** Answered by `pong`. */
export interface Ping {
  type: "ping";
  id?: number | string | null | undefined;
}

/** A snapshot of my room at `seq`; replaces everything about the former room. */
export interface Placed {
  type: "placed";
  room: RoomInfo;
  area: Area;
  you: string;
  quiet: boolean;
  members: Member[];
  messages: Said[];
  seq: number;
  why: string;
}

/** How many snapshots of rooms were told since the start, for this. */
export interface PlacementsFor {
  why: string;
  count: number;
}

/** The answer to `ping`. */
export interface Pong {
  type: "pong";
  id?: number | string | undefined;
}

/** The body of a check-in: I am here, now. */
export interface Position {
  /** WGS 84 degrees */
  lat: number;
  /** WGS 84 degrees */
  lon: number;
  accuracy_m?: number | null | undefined;
  tags?: string[] | null | undefined;
  lang?: string | null | undefined;
  venue?: string | null | undefined;
  with?: string[] | null | undefined;
}

/** An error over HTTP (RFC 9457). */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  retry_ms?: number | null | undefined;
}

/** Why an operator does it. */
export interface ReasonRequest {
  /** for the audit; no id of a person */
  reason: string;
}

/** A bottle that is mine, given back. */
export interface ReleaseRequest {
  token: string;
}

/** A fresh token for the same person. */
export interface Renew {
  type: "renew";
  token: string;
  id?: number | string | null | undefined;
}

/** An answer to a bottle that is mine. */
export interface ReplyRequest {
  /** 1 to 1,000 characters after NFC, no control characters but newline */
  text: string;
  token: string;
}

/** Tell operators about this member, never meet them again, and give me another room. */
export interface Report {
  type: "report";
  member: string;
  id?: number | string | null | undefined;
  room?: string | null | undefined;
  reason?: string | null | undefined;
}

/**
 * A report. `about` is talk or bottle; `counted` people reported the same one, in ways that count, unreviewed.
 * `reporter` is null once erased; `decision` and `reviewed_ms` are null while `status` is open.
 */
export interface ReportAnswer {
  report: string;
  reporter: string | null;
  reported: string;
  about: string;
  reason: string;
  text: string | null;
  at_ms: number;
  due_ms: number;
  counts: boolean;
  counted: number;
  status: string;
  decision: string | null;
  reviewed_ms: number | null;
  messages: ReportedLine[];
}

/** How many reports there are, by status. */
export interface ReportCounts {
  open?: number | undefined;
  accepted?: number | undefined;
  rejected?: number | undefined;
}

/** What is wrong: a word for it and, if need be, a text. */
export interface ReportRequest {
  reason: string;
  text?: string | null | undefined;
}

/** One message of a report's extract; `speaker` is reporter, reported or other. */
export interface ReportedLine {
  speaker: string;
  text: string;
  at_ms: number;
}

/** Reports, and how many are open: ask again with the last one's `report` as `after`. */
export interface ReportsAnswer {
  open: number;
  reports: ReportAnswer[];
}

/** The last position in a room's log that the client has seen. */
export interface Resume {
  room: string;
  epoch: number;
  after: number;
}

/** The room of the caller's open socket. */
export interface RoomAnswer {
  id: string;
  size: number;
  capacity: number;
}

/** A room as a snapshot names it. */
export interface RoomInfo {
  id: string;
  epoch: number;
  capacity: number;
  opened_ms: number;
}

/** How many rooms have so many connected people. */
export interface RoomsOfSize {
  size: number;
  rooms: number;
}

/** Somebody of my room said something. */
export interface Said {
  type: "said";
  room: string;
  seq: number;
  from: string;
  text: string;
  at_ms: number;
}

/** A ban or suspension in force; `until_ms` is null for good. Of somebody erased nothing else is known. */
export interface SanctionAnswer {
  kind: string;
  since_ms: number | null;
  until_ms: number | null;
  reason: string | null;
  appeal: string | null;
}

/** A ban or suspension in force, and against whom. */
export interface SanctionedAnswer {
  person: string;
  verified_name: string | null;
  sanction: SanctionAnswer;
}

/** Bans and suspensions in force: those with an appeal first, of both the newest first. At most 200. */
export interface SanctionsAnswer {
  sanctions: SanctionedAnswer[];
}

/** Say `text` in my room: 1 to 1,000 characters after NFC, no control characters but newline. */
export interface Say {
  type: "say";
  text: string;
  id?: number | string | null | undefined;
  room?: string | null | undefined;
}

/** A setting in force, as text; of a secret, only whether it is set. `default` is the value without anybody's. */
export interface SettingAnswer {
  name: string;
  value: string;
  default: string;
  description: string;
  is_secret: boolean;
}

/** All settings. */
export interface SettingsAnswer {
  settings: SettingAnswer[];
}

/** I am shaking my phone now. */
export interface Shake {
  type: "shake";
  id?: number | string | null | undefined;
}

/** My shake met others; `placed` in this room follows. */
export interface Shaken {
  type: "shaken";
  room: string;
}

/** Somebody whom I muted said something. */
export interface Skipped {
  type: "skipped";
  room: string;
  seq: number;
}

/** A suspension. */
export interface SuspendRequest {
  /** for the audit; no id of a person */
  reason: string;
  days?: number | undefined;
}

/** A two-person thread. `origin` is the res-4 cell its bottle came from; `thrown`: it was my bottle. */
export interface ThreadAnswer {
  thread: string;
  bottle: string;
  origin: string;
  created_ms: number;
  thrown: boolean;
}

/** One text of a thread, numbered from 1 without gaps; 1 is the bottle's own. */
export interface ThreadMessage {
  seq: number;
  mine: boolean;
  text: string;
  at_ms: number;
}

/** A text for a thread. */
export interface ThreadMessageRequest {
  /** 1 to 1,000 characters after NFC, no control characters but newline */
  text: string;
}

/** Texts of a thread in order, at most 200: ask again with the last `seq` as `after`. */
export interface ThreadMessagesAnswer {
  messages: ThreadMessage[];
}

/** My threads, newest first, at most 200. */
export interface ThreadsAnswer {
  threads: ThreadAnswer[];
}

/** Let me hear this member again. */
export interface Unmute {
  type: "unmute";
  member: string;
  id?: number | string | null | undefined;
  room?: string | null | undefined;
}

/** I have no room now. */
export interface Unplaced {
  type: "unplaced";
  why: string;
}

/** The name somebody is verified under. */
export interface VerifyRequest {
  name: string;
  /** for the audit; no id of a person */
  reason: string;
}

/** The token was good. `resumed`: exactly the missed events follow. */
export interface Welcome {
  type: "welcome";
  user: string;
  ping_s: number;
  window_s: number;
  server_ms: number;
  resumed: boolean;
}

/** The common tumbling window: from `start_ms`, up to but not including `end_ms`. */
export interface Window {
  start_ms: number;
  end_ms: number;
}

/** What a phone sends. */
export type ClientMessage =
  | Block
  | CheckIn
  | Greet
  | Hello
  | Leave
  | Mute
  | Next
  | Ping
  | Renew
  | Report
  | Say
  | Shake
  | Unmute;

/** What a server sends. */
export type ServerMessage =
  | Ack
  | Bye
  | Changed
  | Error
  | Expiring
  | Greeted
  | Joined
  | Known
  | Left
  | Placed
  | Pong
  | Said
  | Shaken
  | Skipped
  | Unplaced
  | Welcome;

export type Kind = "string" | "number" | "boolean" | "object" | "array";

/** What is always in a message of a server, beside its type. */
export const REQUIRED: Record<ServerMessage["type"], Record<string, Kind>> = {
  welcome: { user: "string", ping_s: "number", window_s: "number", server_ms: "number", resumed: "boolean" },
  ack: {},
  error: { code: "string", detail: "string" },
  shaken: { room: "string" },
  placed: { room: "object", area: "object", you: "string", quiet: "boolean", members: "array", messages: "array", seq: "number", why: "string" },
  said: { room: "string", seq: "number", from: "string", text: "string", at_ms: "number" },
  joined: { room: "string", seq: "number", member: "object" },
  left: { room: "string", seq: "number", member: "string" },
  changed: { room: "string", seq: "number", member: "object" },
  skipped: { room: "string", seq: "number" },
  greeted: { room: "string", member: "string" },
  known: { room: "string", member: "string", person: "string" },
  unplaced: { why: "string" },
  expiring: { in_ms: "number" },
  bye: { reconnect_ms: "number" },
  pong: {},
};

/** Why a message or call was refused. */
export type ErrorCode =
  | "bad_message"
  | "unknown_type"
  | "bad_position"
  | "bad_text"
  | "rate_limited"
  | "not_in_room"
  | "moved"
  | "id_reused"
  | "held"
  | "store_down"
  | "hub_down"
  | "draining"
  | "busy"
  | "bad_token"
  | "guests_off"
  | "not_found"
  | "method_not_allowed"
  | "too_large"
  | "bad_profile"
  | "bad_name"
  | "name_taken"
  | "bad_query"
  | "bad_area"
  | "operators_only"
  | "erasing"
  | "off"
  | "gone"
  | "not_present"
  | "banned"
  | "already_decided"
  | "guest"
  | "bad_subprotocol"
  | "internal";

/** What to do about each. */
export const ADVICE: Record<ErrorCode, string> = {
  bad_message: "Send one JSON object of the documented shape.",
  unknown_type: "Use one of the documented message types.",
  bad_position: "Send lat in [-90, 90], lon in [-180, 180] and accuracy_m in [0, 10000], as finite numbers.",
  bad_text: "Send 1 to 1000 characters without control characters other than newline.",
  rate_limited: "Wait for the given time and try again.",
  not_in_room: "Check in first; a room follows.",
  moved: "You have left the room you named; look at your last placed message.",
  id_reused: "Use a new id for a new text.",
  held: "Use words of your own, without links, addresses, numbers to call, wallets or names on other services.",
  store_down: "Send the same message with the same id again a little later; it may have been heard already.",
  hub_down: "Send the same message with the same id again a little later.",
  draining: "This server is going down; connect again after the given delay.",
  busy: "Too many connect just now; connect again after the given time.",
  bad_token: "Send a valid, unexpired bearer token.",
  guests_off: "This server takes no guests; ask its operator for a token.",
  not_found: "There is nothing at this address; see /docs.",
  method_not_allowed: "Use one of the methods in the Allow header.",
  too_large: "Send at most 16 KiB.",
  bad_profile: "Send name, lang and tags of the documented form, or null to clear one.",
  bad_name: "Send a name in one script, of letters, spaces, apostrophes, hyphens and dots.",
  name_taken: "Choose a name that nobody can take for somebody else's or for staff.",
  bad_query: "Send the documented query parameters, in their ranges.",
  bad_area: "Send areas as documented: GeoJSON to import, a cell to pull a brake in.",
  operators_only: "Use a token with the scope operator.",
  erasing: "All that is kept of this person is being erased; call again in a moment.",
  off: "The operator of this server has switched this off.",
  gone: "It is not yours, or not any more; go on without it.",
  not_present: "Check in first: a bottle is thrown from where you are.",
  banned: "You are banned; the answer says until when, and how to appeal.",
  already_decided: "Look at the report again: it is not as it was.",
  guest: "Guests cannot be verified: verify an account of the app's own issuer.",
  bad_subprotocol: "Offer the subprotocol nearby.v1, or none.",
  internal: "This is our fault; try again, and tell the operator if it stays.",
};

/** Why a server closes a socket. */
export const CLOSE_REASONS: Record<number, string> = {
  3001: "the server is going down; reconnect after the delay in bye",
  3008: "too much was waiting to be read; reconnect and resume",
  3012: "no pong came in time; reconnect and resume",
  3013: "too many connections from this network; try again later",
  3500: "the token is bad or expired; get a new one",
  3501: "banned; any call over HTTP says until when, and how to appeal",
  3502: "a frame or message was not of the documented form",
  3503: "no hello came in time",
  3504: "a newer connection of the same person took over",
  3505: "all that was kept of this person was erased, as they asked",
};

/** What each call over HTTP takes and answers. */
export interface Calls {
  /** Get a guest token. */
  "POST /v1/guests": { body: GuestRequest; answer: GuestAnswer };
  /** Renew a guest token, up to 30 days expired. */
  "POST /v1/guests/renew": { body: undefined; answer: GuestAnswer };
  /** I am here, now. */
  "POST /v1/checkins": { body: Position; answer: CheckInAnswer };
  /** Clear my location and leave my room. */
  "DELETE /v1/presence": { body: undefined; answer: undefined };
  /** What is known of me. */
  "GET /v1/me": { body: undefined; answer: MeAnswer };
  /** Change what I say of myself; null clears. */
  "PATCH /v1/me": { body: MeChange; answer: MeAnswer };
  /** Erase all that is kept of me. */
  "DELETE /v1/me": { body: undefined; answer: undefined };
  /** A copy of all I did that is kept. */
  "GET /v1/me/export": { body: undefined; answer: ExportAnswer };
  /** Whether I wait to be told. */
  "GET /v1/me/notify": { body: undefined; answer: NotifyAnswer };
  /** Tell me when company comes. */
  "PUT /v1/me/notify": { body: undefined; answer: undefined };
  /** No longer. */
  "DELETE /v1/me/notify": { body: undefined; answer: undefined };
  /** People of my area who chose to be listed. */
  "GET /v1/nearby": { body: undefined; answer: NearbyAnswer };
  /** The people I know, newest first. */
  "GET /v1/people": { body: undefined; answer: PeopleAnswer };
  /** Know somebody no more, on both sides. */
  "DELETE /v1/people/{person}": { body: undefined; answer: undefined };
  /** Follow somebody I know. */
  "PUT /v1/people/{person}/follow": { body: undefined; answer: undefined };
  /** No longer. */
  "DELETE /v1/people/{person}/follow": { body: undefined; answer: undefined };
  /** Hear nothing of somebody I know, in any room. */
  "PUT /v1/people/{person}/mute": { body: undefined; answer: undefined };
  /** Hear them again. */
  "DELETE /v1/people/{person}/mute": { body: undefined; answer: undefined };
  /** Never meet somebody again. */
  "PUT /v1/people/{person}/block": { body: undefined; answer: undefined };
  /** Withdraw that block. */
  "DELETE /v1/people/{person}/block": { body: undefined; answer: undefined };
  /** Report somebody I know. */
  "POST /v1/people/{person}/reports": { body: ReportRequest; answer: undefined };
  /** My blocks in force. */
  "GET /v1/me/blocks": { body: undefined; answer: BlocksAnswer };
  /** Withdraw a block. */
  "DELETE /v1/me/blocks/{block}": { body: undefined; answer: undefined };
  /** Say something to a ban against me. */
  "POST /v1/me/appeal": { body: AppealRequest; answer: undefined };
  /** Throw a bottle. */
  "POST /v1/bottles": { body: BottleRequest; answer: BottleAnswer };
  /** Catch a bottle, if one is afloat. */
  "POST /v1/bottles/catch": { body: undefined; answer: CatchAnswer | undefined };
  /** Answer a bottle I hold. */
  "POST /v1/bottles/{bottle}/reply": { body: ReplyRequest; answer: ThreadAnswer };
  /** Give back a bottle I hold. */
  "POST /v1/bottles/{bottle}/release": { body: ReleaseRequest; answer: undefined };
  /** Report a bottle or its thread. */
  "POST /v1/bottles/{bottle}/reports": { body: ReportRequest; answer: undefined };
  /** My threads, newest first. */
  "GET /v1/threads": { body: undefined; answer: ThreadsAnswer };
  /** A thread's texts. */
  "GET /v1/threads/{thread}/messages": { body: undefined; answer: ThreadMessagesAnswer };
  /** Write. */
  "POST /v1/threads/{thread}/messages": { body: ThreadMessageRequest; answer: ThreadMessage };
  /** How many people were where, for operators. */
  "GET /v1/admin/crowd": { body: undefined; answer: CrowdAnswer };
  /** How the server is, and was for an hour. */
  "GET /v1/admin/now": { body: undefined; answer: NowAnswer };
  /** The settings in force. */
  "GET /v1/admin/settings": { body: undefined; answer: SettingsAnswer };
  /** The queue of reports. */
  "GET /v1/admin/reports": { body: undefined; answer: ReportsAnswer };
  /** One report. */
  "GET /v1/admin/reports/{report}": { body: undefined; answer: ReportAnswer };
  /** Decide a report. */
  "POST /v1/admin/reports/{report}/decision": { body: DecisionRequest; answer: ReportAnswer };
  /** Take a decision back. */
  "POST /v1/admin/reports/{report}/undo": { body: ReasonRequest; answer: ReportAnswer };
  /** Find somebody by a verified name. */
  "GET /v1/admin/people": { body: undefined; answer: PersonAnswer };
  /** Find somebody by id. */
  "GET /v1/admin/people/{person}": { body: undefined; answer: PersonAnswer };
  /** Bans and suspensions in force. */
  "GET /v1/admin/sanctions": { body: undefined; answer: SanctionsAnswer };
  /** Verify somebody under a name. */
  "POST /v1/admin/people/{person}/verify": { body: VerifyRequest; answer: PersonAnswer };
  /** Let somebody not be verified. */
  "POST /v1/admin/people/{person}/revoke": { body: ReasonRequest; answer: PersonAnswer };
  /** Ban somebody. */
  "POST /v1/admin/people/{person}/ban": { body: BanRequest; answer: PersonAnswer };
  /** Suspend somebody. */
  "POST /v1/admin/people/{person}/suspend": { body: SuspendRequest; answer: PersonAnswer };
  /** End somebody's bans. */
  "POST /v1/admin/people/{person}/unban": { body: ReasonRequest; answer: PersonAnswer | undefined };
  /** Note what somebody says to a ban. */
  "POST /v1/admin/people/{person}/appeal": { body: AppealNote; answer: PersonAnswer };
  /** What is stopped. */
  "GET /v1/admin/brakes": { body: undefined; answer: BrakesAnswer };
  /** Stop something. */
  "POST /v1/admin/brakes/pull": { body: BrakeRequest; answer: BrakesAnswer };
  /** Let it go on. */
  "POST /v1/admin/brakes/release": { body: BrakeRequest; answer: BrakesAnswer };
  /** Close a room. */
  "POST /v1/admin/brakes/close": { body: CloseRequest; answer: undefined };
  /** All areas. */
  "GET /v1/admin/areas": { body: undefined; answer: AreasAnswer };
  /** Put areas in force. */
  "POST /v1/admin/areas": { body: Record<string, unknown>; answer: ImportAnswer };
  /** Put areas in force. */
  "PUT /v1/admin/areas": { body: Record<string, unknown>; answer: ImportAnswer };
  /** Show what areas would be. */
  "POST /v1/admin/areas/preview": { body: Record<string, unknown>; answer: AreasAnswer };
  /** Remove an area. */
  "DELETE /v1/admin/areas/{area}": { body: undefined; answer: undefined };
  /** What operators did, newest first. */
  "GET /v1/admin/audit": { body: undefined; answer: AuditAnswer };
}
