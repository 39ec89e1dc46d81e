/** What the client needs of where it runs: a clock, chance, sockets and calls. Nothing else is ever asked of it. */

export type Cancel = () => void;

/** Time that never goes back: a phone's calendar may be wrong by a day, so it is not asked. */
export interface Clock {
  /** Returns milliseconds since some moment that stays. */
  nowMs(): number;
  /** Calls `then` once, no sooner than `ms` from now, unless it is cancelled before. */
  after(ms: number, then: () => void): Cancel;
}

/** Returns a number from 0 up to but not including 1. */
export type Chance = () => number;

/** Any class that is used as the browser's `WebSocket` is. */
export type SocketClass = new (url: string, protocol: string) => object;

/** Any function that is used as the browser's `fetch` is. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  cache: "no-store";
  credentials: "omit";
  redirect: "error";
}

export interface FetchAnswer {
  status: number;
  text(): Promise<string>;
}

interface Globals {
  WebSocket?: SocketClass;
  fetch?: Fetch;
  performance: { now(): number };
  setTimeout(then: () => void, ms: number): number;
  clearTimeout(timer: number): void;
}

const here = globalThis as unknown as Globals;

export const systemClock: Clock = {
  nowMs: () => here.performance.now(),
  after(ms, then) {
    const timer = here.setTimeout(then, ms);
    return () => here.clearTimeout(timer);
  },
};

/** @throws TypeError There is none here: give one. */
export function socketClass(given: SocketClass | undefined): SocketClass {
  const found = given ?? here.WebSocket;
  if (!found) throw new TypeError("there is no WebSocket here; pass one as `WebSocket`");
  return found;
}

/** @throws TypeError There is none here: give one. */
export function fetchFunction(given: Fetch | undefined): Fetch {
  const found = given ?? here.fetch;
  if (!found) throw new TypeError("there is no fetch here; pass one as `fetch`");
  return (url, init) => found.call(globalThis, url, init);
}

/** Settles as `promise` does; after `ms` without that, rejects with an Error. */
export function within<T>(promise: Promise<T>, ms: number, clock: Clock, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new Error(`${what} took longer than ${ms} ms`)));
    promise.then(resolve, reject).finally(cancel);
  });
}
