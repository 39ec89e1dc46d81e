/** More than this are handed over at once: nothing piles up behind a page that is not drawn. */
const MOST = 2_000;

/** Gathers what comes within a frame and hands it over in one go: a thousand messages are drawn once. */
export class Frames<T> {
  readonly #take: (all: T[]) => void;
  #waiting: T[] = [];
  #isAsked = false;

  constructor(take: (all: T[]) => void) {
    this.#take = take;
  }

  add(one: T): void {
    this.#waiting.push(one);
    if (this.#waiting.length >= MOST) this.flush();
    if (this.#isAsked) return;
    this.#isAsked = true;
    // A hidden page has no frames.
    if (document.hidden) setTimeout(() => this.flush(), 250);
    else requestAnimationFrame(() => this.flush());
  }

  flush(): void {
    this.#isAsked = false;
    const all = this.#waiting;
    this.#waiting = [];
    if (all.length > 0) this.#take(all);
  }
}
