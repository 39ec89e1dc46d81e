import type { Chance } from "./host.ts";

/**
 * Delays between attempts: uniform in [0, min(cap, base * 2^n)) (Brooker, AWS, 2015: "full jitter"), so that a crowd
 * that lost its server does not return as one.
 */
export class Backoff {
  readonly #baseMs: number;
  readonly #capMs: number;
  readonly #chance: Chance;
  #attempts = 0;

  constructor(baseMs: number, capMs: number, chance: Chance) {
    this.#baseMs = baseMs;
    this.#capMs = capMs;
    this.#chance = chance;
  }

  /** Returns the delay before the next attempt. */
  nextMs(): number {
    const delayMs = this.#chance() * this.#ceilingMs();
    this.#attempts += 1;
    return delayMs;
  }

  /**
   * A connection held for so long: start over if that is longer than the next delay may be. A server that
   * welcomes and drops at once is not asked again and again at the shortest delay.
   */
  lasted(connectedMs: number): void {
    if (connectedMs >= this.#ceilingMs()) this.#attempts = 0;
  }

  #ceilingMs(): number {
    return Math.min(this.#capMs, this.#baseMs * 2 ** Math.min(this.#attempts, 32));
  }
}
