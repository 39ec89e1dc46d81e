/** Which page is open: the part of the address behind #, so that a reload and a link lead there. */
import { signal } from "@preact/signals";

export const PAGES = ["now", "reports", "people", "brakes", "crowd", "balance", "areas", "audit", "settings"] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  readonly page: Page;
  /** What the page is to show, such as a person's id; null for all of it. */
  readonly what: string | null;
}

/** Returns the route of a hash; what is none leads to the first page. */
export function routeOf(hash: string): Route {
  const [name = "", what] = hash.replace(/^#\/?/, "").split("/", 2);
  const page = PAGES.find((one) => one === name) ?? PAGES[0];
  try {
    return { page, what: what ? decodeURIComponent(what) : null };
  } catch {
    return { page, what: null };
  }
}

export function hrefOf(page: Page, what?: string): string {
  return what === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(what)}`;
}

export const route = signal<Route>(routeOf(globalThis.location?.hash ?? ""));

/** Follows the address; returns the function that ends it. */
export function followAddress(): () => void {
  const follow = () => {
    route.value = routeOf(location.hash);
  };
  addEventListener("hashchange", follow);
  return () => removeEventListener("hashchange", follow);
}
