/** Times as a person reads them. Whoever calls says what time it is. */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** How near the end of a report's clock is: calm, soon (6 h), urgent (1 h), over. */
export type Haste = "calm" | "soon" | "urgent" | "over";

const SOON_MS = 6 * HOUR_MS;
const URGENT_MS = HOUR_MS;

export function hasteOf(dueMs: number, nowMs: number): Haste {
  const leftMs = dueMs - nowMs;
  if (leftMs <= 0) return "over";
  if (leftMs <= URGENT_MS) return "urgent";
  return leftMs <= SOON_MS ? "soon" : "calm";
}

/** Returns a span in its two largest units, rounded down: "3 d 4 h", "2 h 5 min", "45 s". Signs are dropped. */
export function spanOf(ms: number): string {
  const whole = Math.abs(ms);
  const days = Math.floor(whole / DAY_MS);
  const hours = Math.floor((whole % DAY_MS) / HOUR_MS);
  const minutes = Math.floor((whole % HOUR_MS) / MINUTE_MS);
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes) return `${minutes} min`;
  return `${Math.floor((whole % MINUTE_MS) / SECOND_MS)} s`;
}

/** Returns day and time in the reader's zone; the year only where it is another one than now. */
export function dayAndTime(atMs: number, nowMs: number, zone?: string): string {
  const isThisYear = new Date(atMs).getUTCFullYear() === new Date(nowMs).getUTCFullYear();
  return formatOf(isThisYear ? "day" : "year", zone).format(atMs);
}

export function timeOfDay(atMs: number, zone?: string): string {
  return formatOf("time", zone).format(atMs);
}

const PARTS = {
  time: {},
  day: { day: "numeric", month: "short" },
  year: { day: "numeric", month: "short", year: "numeric" },
} as const;

const formats = new Map<string, Intl.DateTimeFormat>();

/** A format is made once: that takes longer than to use it a hundred times. */
function formatOf(parts: keyof typeof PARTS, zone: string | undefined): Intl.DateTimeFormat {
  const key = `${parts} ${zone}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const options = { ...PARTS[parts], hour: "2-digit", minute: "2-digit", ...(zone ? { timeZone: zone } : {}) } as const;
  const made = new Intl.DateTimeFormat("en-GB", options);
  formats.set(key, made);
  return made;
}

/** The name of an element that says when: what machines read. */
export function machineTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
