import { type Clock, within } from "./host.ts";

/**
 * A token, or a function that returns one. The function is given the token that ends soon or was refused, null at
 * first: it returns another one then.
 */
export type Token = string | ((stale: string | null) => string | Promise<string>);

/** The token in use, and the app's function to ask when it ends. */
export class Tokens {
  readonly #source: Token;
  readonly #withinMs: number;
  readonly #clock: Clock;
  #current: string | null;
  #stale: string | null = null;

  constructor(source: Token, withinMs: number, clock: Clock) {
    this.#source = source;
    this.#withinMs = withinMs;
    this.#clock = clock;
    this.#current = typeof source === "string" ? source : null;
  }

  /** Whether there is a function to ask. */
  get canAsk(): boolean {
    return typeof this.#source !== "string";
  }

  /** Returns the token in use, a fresh one if there is none yet. Rejects as the app's function does, or if it is slow. */
  async current(): Promise<string> {
    return this.#current ?? this.#ask();
  }

  /** Returns a token the function gives now, which is in use from then on. Rejects as `current`. */
  async fresh(): Promise<string> {
    this.#stale = this.#current ?? this.#stale;
    return this.#ask();
  }

  /** The server does not take the token in use: the function is asked before the next attempt. */
  refused(): void {
    if (!this.canAsk) return;
    this.#stale = this.#current ?? this.#stale;
    this.#current = null;
  }

  async #ask(): Promise<string> {
    const source = this.#source;
    if (typeof source === "string") return source;
    const asked = Promise.resolve(this.#stale).then((stale) => source(stale));
    this.#current = await within(asked, this.#withinMs, this.#clock, "the token function");
    return this.#current;
  }
}
