/** A list that the server gives in pages, each asked for by the end of the one before. */
import { signal } from "@preact/signals";

export interface Page<T> {
  readonly items: readonly T[];
  /** What asks for the next page; null at the end. */
  readonly next: string | null;
}

export interface Pages<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly error: unknown;
  readonly isLoading: boolean;
  /** Whether the first page came. */
  readonly isThere: boolean;
}

const EMPTY = { items: [], next: null, error: null, isLoading: false, isThere: false };

export function paged<T>(ask: (after: string | null) => Promise<Page<T>>) {
  const pages = signal<Pages<T>>(EMPTY);
  let turn = 0;
  const load = async (after: string | null, before: readonly T[]) => {
    turn += 1;
    const mine = turn;
    pages.value = { ...pages.value, isLoading: true, error: null };
    try {
      const { items, next } = await ask(after);
      if (mine !== turn) return;
      pages.value = { items: [...before, ...items], next, error: null, isLoading: false, isThere: true };
    } catch (error) {
      if (mine === turn) pages.value = { ...pages.value, error, isLoading: false };
    }
  };
  return {
    pages,
    /** Asks for the first page again; what was there stays until it comes. */
    refresh: () => load(null, []),
    more: () => load(pages.value.next, pages.value.items),
  };
}
