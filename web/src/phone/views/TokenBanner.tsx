import { useId, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";

/** Asks for a new token beside everything else: what is being written stays where it is. */
export function TokenBanner() {
  const session = useSession();
  const [isBad, setBad] = useState(false);
  const id = useId();
  const need = store.tokenNeed.value;
  if (need === "none" || !store.hasToken.value) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget as HTMLFormElement).get("token") ?? "");
    setBad(!session.useToken(token));
  };
  return (
    <form class="banner" aria-label={strings.join.token} onSubmit={submit}>
      <p role="alert">
        <strong>{need === "soon" ? strings.connection.tokenSoon : strings.connection.token}</strong>{" "}
        {strings.connection.tokenAsk}
      </p>
      <div class="row">
        <label class="unseen" for={id}>
          {strings.join.token}
        </label>
        <input id={id} name="token" required autocomplete="off" spellcheck={false} aria-invalid={isBad} />
        <button type="submit" class="primary">
          {strings.join.useToken}
        </button>
      </div>
      {isBad ? <p class="wrong">{strings.join.badToken}</p> : null}
    </form>
  );
}
