import { useId, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";

export function Join() {
  const takesGuests = store.facts.value?.guests ?? true;
  const text = strings.join;
  return (
    <main id="main" class="screen">
      <div class="card">
        <img class="logo" src="/icon.svg" alt="" width="72" height="72" />
        <h1 tabIndex={-1}>{text.heading}</h1>
        <p class="quiet">{text.text}</p>
        {takesGuests ? <Guest /> : <p>{text.noGuests}</p>}
        <details class="token" open={!takesGuests}>
          <summary>{text.haveToken}</summary>
          <TokenForm />
        </details>
      </div>
    </main>
  );
}

function Guest() {
  const session = useSession();
  const [name, setName] = useState("");
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    await session.joinAsGuest(name.trim());
    setBusy(false);
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label for={id}>{strings.join.name}</label>
      <input
        id={id}
        dir="auto"
        maxlength={64}
        autocomplete="nickname"
        aria-describedby={`${id}-hint`}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <p id={`${id}-hint`} class="hint">
        {strings.join.nameHint}
      </p>
      <button type="submit" class="primary" disabled={isBusy}>
        {strings.join.guest}
      </button>
    </form>
  );
}

function TokenForm() {
  const session = useSession();
  const [isBad, setBad] = useState(false);
  const id = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget as HTMLFormElement).get("token") ?? "");
    setBad(!session.useToken(token));
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label for={id}>{strings.join.token}</label>
      <textarea
        id={id}
        name="token"
        rows={3}
        required
        autocomplete="off"
        spellcheck={false}
        aria-invalid={isBad}
        aria-describedby={isBad ? `${id}-wrong` : undefined}
      />
      {isBad ? (
        <p id={`${id}-wrong`} class="wrong" role="alert">
          {strings.join.badToken}
        </p>
      ) : null}
      <button type="submit">{strings.join.useToken}</button>
    </form>
  );
}
