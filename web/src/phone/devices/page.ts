/** What a server says of itself to its page, before anybody has a token. */
export interface PageFacts {
  version: string;
  tile_url: string | null;
  tile_attribution: string | null;
  guests: boolean;
  shake: boolean;
  bottle: boolean;
  notify: boolean;
  window_s: number;
  tags: string[];
}

const UNKNOWN: PageFacts = {
  version: "",
  tile_url: null,
  tile_attribution: null,
  guests: true,
  shake: true,
  bottle: true,
  notify: true,
  window_s: 600,
  tags: [],
};

/** Returns what the server says; what a page had better assume if it cannot be asked. */
export async function pageFacts(): Promise<PageFacts> {
  try {
    const answer = await fetch("/page.json", { cache: "no-store", credentials: "omit" });
    return answer.ok ? { ...UNKNOWN, ...((await answer.json()) as Partial<PageFacts>) } : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
