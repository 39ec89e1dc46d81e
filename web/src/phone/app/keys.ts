import { type Api, Refused } from "@wire";
import * as storage from "../devices/storage.ts";
import { factsOf } from "../model/token.ts";
import { hasToken, tokenNeed } from "./store.ts";

/**
 * The person's token: kept, renewed by itself if it is a guest's, and asked for when it ends otherwise. Whoever asks
 * for one meanwhile waits until it is given, and nothing that is being written is lost.
 */
export class Keys {
  readonly #api: Api;
  #renewal: Promise<string> | null = null;
  #waiting: ((token: string) => void)[] = [];

  /** `api`: makes and renews guests' tokens. */
  constructor(api: Api) {
    this.#api = api;
    hasToken.value = storage.token.get() !== null;
  }

  /** A token function for the wire's client: another one than `stale`. */
  readonly ask = async (stale: string | null): Promise<string> => {
    const kept = storage.token.get();
    if (kept !== null && kept !== stale) return kept;
    if (kept === null || !factsOf(kept)?.isGuest) return this.#wait(stale === null ? "ended" : tokenNeed.value);
    this.#renewal ??= this.#renew(kept).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  };

  async joinAsGuest(name: string): Promise<void> {
    this.give((await this.#api.newGuest(name || undefined)).token);
  }

  /** Takes a token a person pasted; false if it is none. */
  give(token: string): boolean {
    const clean = token.trim();
    if (factsOf(clean) === null) return false;
    storage.token.set(clean);
    hasToken.value = true;
    tokenNeed.value = "none";
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(clean);
    return true;
  }

  /** The token in use ends soon. Of a guest nobody need be asked. */
  expiring(): void {
    if (!this.isGuest) tokenNeed.value = "soon";
  }

  /** The server does not take the token in use any more. Of a guest nobody need be asked. */
  ended(): void {
    if (!this.isGuest) tokenNeed.value = "ended";
  }

  forget(): void {
    storage.token.set(null);
    hasToken.value = false;
    tokenNeed.value = "none";
  }

  get isGuest(): boolean {
    return factsOf(storage.token.get() ?? "")?.isGuest ?? false;
  }

  async #renew(token: string): Promise<string> {
    try {
      const { token: fresh } = await this.#api.renewGuest(token);
      storage.token.set(fresh);
      return fresh;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return this.#wait("ended");
    }
  }

  #wait(need: "none" | "soon" | "ended"): Promise<string> {
    tokenNeed.value = need === "none" ? "ended" : need;
    return new Promise((resolve) => {
      // The client gives up after a while and asks again: those before need no answer.
      this.#waiting = [...this.#waiting.slice(-10), resolve];
    });
  }
}
