import { Backoff } from "./backoff.ts";
import type { Chance } from "./host.ts";
import type { PhoneSettings } from "./settings.ts";

export const BAD_TOKEN = 3500;
const FIRST_FINAL_CODE = 3500;
/** Codes from 4000 on are nobody's in this protocol; some proxy made them up. */
const LAST_FINAL_CODE = 3999;
/** What a socket reports that closed without a close frame. No server sends it. */
const NO_CLOSE_FRAME = 1006;

/** How a connection, or the attempt at one, ended: by the server's close code, or by what broke it. */
export interface Drop {
  code?: number;
  error?: Error;
}

export interface Return {
  inMs: number;
  /** Whether the server itself named the delay: then nobody may hurry. */
  isAsked: boolean;
}

/** Whether a phone comes back after a connection ended, and when. */
export class Comeback {
  readonly #longestWaitMs: number;
  readonly #backoff: Backoff;
  readonly #canAsk: boolean;
  #hasAsked = false;
  #byeMs: number | null = null;

  /** `canAsk`: whether there is a token function to ask when a token is refused. */
  constructor(settings: PhoneSettings, canAsk: boolean, chance: Chance) {
    this.#longestWaitMs = settings.longestWaitMs;
    this.#backoff = new Backoff(settings.baseMs, settings.capMs, chance);
    this.#canAsk = canAsk;
  }

  /** The token was good: the next one that is refused may be replaced again. */
  welcomed(): void {
    this.#hasAsked = false;
  }

  /** The server goes down and named the delay, jittered by itself, after which to come back. */
  bye(reconnectMs: number): void {
    this.#byeMs = Math.min(Math.max(0, reconnectMs), this.#longestWaitMs);
  }

  /**
   * Returns when to try again, null for never. Codes 3500 to 3999 are final; only a refused token (3500) is replaced,
   * once until the next welcome. `connectedMs`: from the welcome on, 0 if there was none.
   */
  after(drop: Drop, connectedMs: number): Return | null {
    const byeMs = this.#byeMs;
    this.#byeMs = null;
    this.#backoff.lasted(connectedMs);
    if (drop.code === BAD_TOKEN && this.#canAsk && !this.#hasAsked) {
      this.#hasAsked = true;
    } else if (drop.code !== undefined && FIRST_FINAL_CODE <= drop.code && drop.code <= LAST_FINAL_CODE) {
      return null;
    } else if (byeMs !== null) {
      return { inMs: byeMs, isAsked: true };
    }
    return { inMs: this.#backoff.nextMs(), isAsked: false };
  }
}

/** Returns what a socket's close event means. */
export function closedWith(code: number): Drop {
  return code === NO_CLOSE_FRAME ? { error: new Error("the connection broke") } : { code };
}
