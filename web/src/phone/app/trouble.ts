import { NoAnswer, Refused } from "@wire";
import { strings } from "../strings.en.ts";
import { tell } from "./store.ts";

export interface Trouble {
  code: string;
  /** The server's own sentence, where there is one. */
  text: string;
  /** When it helps to try again, by a clock that never goes back. */
  againAtMs: number | null;
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof Refused) {
    const againAtMs = error.retryMs === undefined ? null : performance.now() + error.retryMs;
    return { code: error.code, text: error.detail, againAtMs };
  }
  if (error instanceof NoAnswer) return { code: "no_answer", text: strings.noAnswer, againAtMs: null };
  return { code: "unexpected", text: strings.unexpected, againAtMs: null };
}

/** Does something and returns what comes of it; what goes wrong is told, and then it is undefined. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { text, againAtMs } = troubleOf(error);
    tell(text, { isBad: true, againAtMs });
    return undefined;
  }
}
