/** More than this are handed over at once: nothing piles up behind a page that is not drawn. */
const MOST = 2_000;
/** After so many in one go the next ones are let gather for longer: drawing a storm in each frame would be all one does. */
const MANY = 20;
const STORM_MS = 250;
/** A hidden page has no frames. */
const HIDDEN_MS = 250;

/** Gathers what comes within a frame and hands it over in one go: a thousand messages are drawn a few times. */
export class Frames<T> {
  readonly #take: (all: T[]) => void;
  #waiting: T[] = [];
  #isAsked = false;
  #isStorm = false;

  constructor(take: (all: T[]) => void) {
    this.#take = take;
  }

  add(one: T): void {
    this.#waiting.push(one);
    if (this.#waiting.length >= MOST) this.flush();
    if (this.#isAsked) return;
    this.#isAsked = true;
    if (document.hidden || this.#isStorm) setTimeout(() => this.flush(), document.hidden ? HIDDEN_MS : STORM_MS);
    else requestAnimationFrame(() => this.flush());
  }

  flush(): void {
    this.#isAsked = false;
    const all = this.#waiting;
    this.#waiting = [];
    this.#isStorm = all.length >= MANY;
    if (all.length > 0) this.#take(all);
  }
}
