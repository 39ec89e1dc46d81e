/** What the page remembers in the browser. Where storage is forbidden it remembers nothing, and works. */

const TOKEN = "nearby.token";
const DRAFT = "nearby.draft";
const PLACE = "nearby.place";

/** Where a person said they are: shared by the device, or picked in this tab. */
export type Place = { kind: "shared" } | { kind: "picked"; lat: number; lon: number };

/** The token is the browser's: every tab is the same person. */
export const token = {
  get: () => read(() => localStorage, TOKEN),
  set: (text: string | null) => write(() => localStorage, TOKEN, text),
};

/** What is being written outlives a reload of the tab, and nothing else. */
export const draft = {
  get: () => read(() => sessionStorage, DRAFT) ?? "",
  set: (text: string) => write(() => sessionStorage, DRAFT, text || null),
};

export const place = {
  get(): Place | null {
    try {
      const found: unknown = JSON.parse(read(() => sessionStorage, PLACE) ?? "null");
      return isPlace(found) ? found : null;
    } catch {
      return null;
    }
  },
  set: (place: Place | null) => write(() => sessionStorage, PLACE, place && JSON.stringify(place)),
};

function isPlace(found: unknown): found is Place {
  if (typeof found !== "object" || found === null) return false;
  const { kind, lat, lon } = found as Record<string, unknown>;
  return kind === "shared" || (kind === "picked" && Number.isFinite(lat) && Number.isFinite(lon));
}

function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, text: string | null): void {
  try {
    if (text === null) storage().removeItem(key);
    else storage().setItem(key, text);
  } catch {
    // Private windows may forbid it.
  }
}
