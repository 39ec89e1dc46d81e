/** Something the server is asked for again and again while the page is looked at. */
import { signal } from "@preact/signals";

/** `value` is the newest answer, also while `error` says why there is no newer one. */
export interface Look<T> {
  readonly value: T | null;
  readonly error: unknown;
  readonly isLoading: boolean;
}

export interface Watched<T> {
  readonly look: { readonly value: Look<T> };
  /** Asks now; never rejects. Of two that overlap the one asked last counts. */
  refresh(): Promise<void>;
  /** Sets what an action answered. */
  set(value: T): void;
  /** Forgets everything. */
  clear(): void;
}

const NOTHING = { value: null, error: null, isLoading: false } as const;

export function watched<T>(ask: () => Promise<T>): Watched<T> {
  const look = signal<Look<T>>(NOTHING);
  let turn = 0;
  return {
    look,
    async refresh() {
      turn += 1;
      const mine = turn;
      look.value = { ...look.value, isLoading: true };
      try {
        const value = await ask();
        if (mine === turn) look.value = { value, error: null, isLoading: false };
      } catch (error) {
        if (mine === turn) look.value = { ...look.value, error, isLoading: false };
      }
    },
    set(value) {
      turn += 1;
      look.value = { value, error: null, isLoading: false };
    },
    clear() {
      turn += 1;
      look.value = NOTHING;
    },
  };
}

/** Refreshes now and every `everyMs` while the tab is in front; returns the function that ends it. */
export function repeat(refresh: () => Promise<void>, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const beat = async () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") await refresh();
    // Another beat may have begun meanwhile.
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(beat, everyMs);
  };
  const onVisible = () => {
    if (document.visibilityState === "visible") void beat();
  };
  document.addEventListener("visibilitychange", onVisible);
  void beat();
  return () => {
    isOver = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
