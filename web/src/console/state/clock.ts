/** The server's time: report clocks are the server's, and an operator's machine may be wrong. */
import { signal } from "@preact/signals";

/** Nothing the console shows is told to the second, and whatever shows a time is drawn anew with each step. */
const STEP_MS = 10_000;
const LOOK_EVERY_MS = 5_000;

const aheadMs = signal(0);

/** Now, by the server's clock, in steps of ten seconds; it goes on while the tab is in front. */
export const nowMs = signal(stepAt(Date.now()));

/** Takes the server's time from an answer that came just now. */
export function heard(serverMs: number): void {
  aheadMs.value = serverMs - Date.now();
  tick();
}

export function tick(): void {
  nowMs.value = stepAt(Date.now() + aheadMs.value);
}

/** Lets `nowMs` run; returns the function that stops it. */
export function run(): () => void {
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") tick();
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

function stepAt(ms: number): number {
  return ms - (ms % STEP_MS);
}
