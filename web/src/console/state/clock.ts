/** The server's time: report clocks are the server's, and an operator's machine may be wrong. */
import { signal } from "@preact/signals";

const TICK_MS = 1_000;

const aheadMs = signal(0);

/** Now, by the server's clock; changes every second while the tab is in front. */
export const nowMs = signal(Date.now());

/** Takes the server's time from an answer that came just now. */
export function heard(serverMs: number): void {
  aheadMs.value = serverMs - Date.now();
  tick();
}

export function tick(): void {
  nowMs.value = Date.now() + aheadMs.value;
}

/** Lets `nowMs` run; returns the function that stops it. */
export function run(): () => void {
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") tick();
  }, TICK_MS);
  return () => clearInterval(timer);
}
