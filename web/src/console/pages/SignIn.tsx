import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Problem } from "../parts/Problem.tsx";
import { check } from "../state/calls.ts";
import { ended, signIn } from "../state/session.ts";
import { strings } from "../strings.en.ts";
import { Refused } from "../wire.ts";

const texts = strings.signIn;

/** Takes an operator's token, once the server took it. */
export function SignIn() {
  const id = useId();
  const text = useSignal("");
  const lack = useSignal<string | null>(null);
  const error = useSignal<unknown>(null);
  const isChecking = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isChecking.value) return;
    // A token has no blanks; a copy of a terminal's lines may.
    const token = text.value.replace(/\s+/g, "").replace(/^Bearer/i, "");
    lack.value = token ? null : texts.empty;
    error.value = null;
    if (!token) return;
    isChecking.value = true;
    try {
      await check(token);
      signIn(token);
    } catch (refused) {
      if (refused instanceof Refused && refused.code === "operators_only") lack.value = texts.ended.not_operator;
      else error.value = refused;
    } finally {
      isChecking.value = false;
    }
  };
  return (
    <main class="sign-in">
      <h1>{strings.title}</h1>
      <h2>{texts.heading}</h2>
      {ended.value !== null && <p class="notice">{texts.ended[ended.value]}</p>}
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for={id}>{texts.label}</label>
          <input
            id={id}
            type="password"
            class="mono"
            autocomplete="off"
            aria-describedby={`${id}-hint`}
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
          <div id={`${id}-hint`} class="hint stack">
            <p>{texts.hint}</p>
            <code>{texts.command}</code>
            <p>{texts.kept}</p>
          </div>
        </div>
        {lack.value !== null && (
          <p class="problem" role="alert">
            {lack.value}
          </p>
        )}
        <Problem error={error.value} />
        <button type="submit" class="primary" aria-disabled={isChecking.value}>
          {isChecking.value ? texts.checking : texts.submit}
        </button>
      </form>
    </main>
  );
}
