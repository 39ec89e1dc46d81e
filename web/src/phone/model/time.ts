/** What the server said the time was, when a clock that never goes back stood at `monoMs`: the phone's own is not asked. */
export interface Sync {
  serverMs: number;
  monoMs: number;
}

/** Returns the server's time, or null if it never told it. */
export function serverNow(sync: Sync | null, monoMs: number): number | null {
  return sync === null ? null : sync.serverMs + (monoMs - sync.monoMs);
}

/** Making one takes as long as to draw a message: they are made once. */
const formats = new Map<string, { hour: Intl.DateTimeFormat; day: Intl.DateTimeFormat }>();

function formatsOf(locale: string | undefined): { hour: Intl.DateTimeFormat; day: Intl.DateTimeFormat } {
  const found = formats.get(locale ?? "");
  if (found) return found;
  const made = {
    hour: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }),
    day: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }),
  };
  formats.set(locale ?? "", made);
  return made;
}

/** Returns the hour of something the server dated: of its day too, if that is not the server's today. */
export function shownTime(atMs: number, nowMs: number | null, locale?: string): string {
  const { hour, day } = formatsOf(locale);
  const time = hour.format(atMs);
  if (nowMs !== null && new Date(atMs).toDateString() === new Date(nowMs).toDateString()) return time;
  return `${day.format(atMs)}, ${time}`;
}

/** Returns the whole seconds until a moment, 0 when it is there. */
export function secondsLeft(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}
