/**
 * Telling a dead connection from a quiet one. A network that vanishes closes nothing: a phone in a tunnel would wait
 * for ever. The server's pings are not seen from within a browser, so a line that was quiet for two of them is
 * asked; whoever says something finds out sooner. No clock is read here.
 */
export class Pulse {
  readonly #quietMs: number;
  readonly #silentMs: number;
  #heardMs: number;
  #askedMs: number | null = null;

  /** `pingMs`: how often the server pings; `silentMs`: how long after a question a sign of life may take. */
  constructor(nowMs: number, pingMs: number, silentMs: number) {
    this.#heardMs = nowMs;
    this.#quietMs = 2 * pingMs;
    this.#silentMs = silentMs;
  }

  /** Something came. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#askedMs = null;
  }

  /** Something was sent that the server answers. */
  asked(nowMs: number): void {
    this.#askedMs ??= nowMs;
  }

  /** Returns what to do, and when, unless something comes before. */
  due(): { what: "ask" | "cut"; atMs: number } {
    if (this.#askedMs !== null) return { what: "cut", atMs: this.#askedMs + this.#silentMs };
    return { what: "ask", atMs: this.#heardMs + this.#quietMs };
  }
}
