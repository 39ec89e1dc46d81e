import { strings } from "../strings.en.ts";
import { NoAnswer, Refused } from "../wire.ts";

/** Returns what went wrong, in the server's own sentence where it has one. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Refused) return error.detail.charAt(0).toUpperCase() + error.detail.slice(1);
  return error instanceof NoAnswer ? strings.noAnswer : strings.brokenPage;
}

/** Says what went wrong; nothing while nothing did. */
export function Problem({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  return (
    <p class="problem" role="alert">
      {sentenceOf(error)}
    </p>
  );
}
