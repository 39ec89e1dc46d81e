import type { Api } from "./api.ts";

/** Where a guest's token is kept between visits. */
export interface Kept {
  load(): string | null;
  save(token: string): void;
}

/**
 * Returns a token function for a guest, to give to a `Phone` and an `Api` alike: the token that is kept, a new guest's
 * if there is none, a renewed one when that ends. Rejects as `Api.newGuest` and `Api.renewGuest` do.
 *
 * `name` is a wish of a new guest, which nobody in a room sees.
 */
export function guestTokens(api: Api, kept: Kept, name?: string): (stale: string | null) => Promise<string> {
  let asked: Promise<string> | null = null;
  const ask = async (token: string | null) => {
    const answer = token === null ? await api.newGuest(name) : await api.renewGuest(token);
    kept.save(answer.token);
    return answer.token;
  };
  return async (stale) => {
    const token = kept.load();
    if (token !== null && token !== stale) return token;
    // A phone and its calls over HTTP that find out at once share one renewal.
    asked ??= ask(token).finally(() => {
      asked = null;
    });
    return asked;
  };
}
