/** What the server said the time was, when a clock that never goes back stood at `monoMs`: the phone's own is not asked. */
export interface Sync {
  serverMs: number;
  monoMs: number;
}

/** Returns the server's time, or null if it never told it. */
export function serverNow(sync: Sync | null, monoMs: number): number | null {
  return sync === null ? null : sync.serverMs + (monoMs - sync.monoMs);
}

/** Returns the hour of something the server dated: of its day too, if that is not the server's today. */
export function shownTime(atMs: number, nowMs: number | null, locale?: string): string {
  const at = new Date(atMs);
  const time = at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  if (nowMs !== null && at.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${at.toLocaleDateString(locale, { day: "numeric", month: "short" })}, ${time}`;
}

/** Returns the whole seconds until a moment, 0 when it is there. */
export function secondsLeft(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}
