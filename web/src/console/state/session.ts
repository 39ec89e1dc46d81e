/** The operator's token: in this tab's session storage and nowhere else, gone when the tab is closed. */
import { signal } from "@preact/signals";

const KEY = "nearby.operator";

/** Why there is no token any more: the server refused it, or it is no operator's. */
export type Ended = "refused" | "not_operator" | null;

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    // Storage is switched off: the token lives as long as the page.
    return null;
  }
}

export const token = signal<string | null>(stored());
export const ended = signal<Ended>(null);

/** Whether somebody signed in since the page was loaded: focus is to go where they can go on. */
export const isFresh = signal(false);

export function signIn(text: string): void {
  try {
    sessionStorage.setItem(KEY, text);
  } catch {
    // As above.
  }
  ended.value = null;
  isFresh.value = true;
  token.value = text;
}

export function signOut(why: Ended = null): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
  ended.value = why;
  token.value = null;
}
