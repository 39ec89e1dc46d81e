/** Delays and bounds of a phone, in milliseconds. */
export interface PhoneSettings {
  /** Upper end of the first reconnect delay. */
  baseMs: number;
  /** Upper end of every reconnect delay that the phone draws itself. */
  capMs: number;
  /** A server that asks for a longer wait is asked again after this. */
  longestWaitMs: number;
  /** How long each of these may take: the token function; the connection and its welcome. */
  openWithinMs: number;
  /** A connection is dead if nothing comes for so long after a question. */
  silentMs: number;
  /** A `say` is repeated only this soon after it was first sent: servers know its id for 120 s. */
  repeatWithinMs: number;
  /** A `shake` that was not answered by then is given up: those who shook with it are about to meet. */
  shakeWithinMs: number;
  /** One call more than this is refused with `rate_limited` (policy `refuse_new`). */
  waitingCalls: number;
  /** So many of the newest texts of a room are kept (policy `drop_oldest`). */
  keepMessages: number;
}

export const DEFAULTS: PhoneSettings = {
  baseMs: 500,
  capMs: 30_000,
  longestWaitMs: 300_000,
  openWithinMs: 10_000,
  silentMs: 10_000,
  repeatWithinMs: 100_000,
  shakeWithinMs: 5_000,
  waitingCalls: 100,
  keepMessages: 200,
};

/** What happened to a phone so far. */
export interface PhoneStatistics {
  /** Times the server welcomed the phone. */
  connects: number;
  /** Connections, and attempts at one, that ended. */
  drops: number;
  resumes: number;
  /** Times the log did not continue; each drops the connection. */
  gaps: number;
  /** Events that were not news: a broken promise of the server. */
  repeats: number;
  refusals: number;
  /** Connections given up because nothing came any more. */
  silences: number;
  /** Messages that made no sense; each drops the connection. */
  unreadable: number;
  /** Messages of a type this client does not know; they are ignored. */
  unknown: number;
}
