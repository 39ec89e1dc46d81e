import { Refused } from "@wire";
import { useEffect, useId, useState } from "preact/hooks";
import { attempt } from "../app/trouble.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";

/** Somebody an operator put out: until when, and what they say to it. */
export function Banned() {
  const session = useSession();
  const [detail, setDetail] = useState("");
  const [text, setText] = useState("");
  const [isSent, setSent] = useState(false);
  const id = useId();
  useEffect(() => {
    // Any other call tells why, and until when.
    session.api.nearby().catch((error) => setDetail(error instanceof Refused ? error.detail : ""));
  }, [session]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await attempt(() => session.api.appeal(text).then(() => true))) setSent(true);
  };
  return (
    <main id="main" class="screen">
      <div class="card">
        <h1 tabIndex={-1}>{strings.banned.heading}</h1>
        <p>{detail}</p>
        {isSent ? (
          <p role="status">{strings.banned.sent}</p>
        ) : (
          <form class="stack" onSubmit={submit}>
            <label for={id}>{strings.banned.appeal}</label>
            <textarea
              id={id}
              rows={4}
              dir="auto"
              required
              maxlength={1000}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <button type="submit" class="primary">
              {strings.banned.send}
            </button>
          </form>
        )}
        <button type="button" onClick={() => session.forget()}>
          {strings.me.forget}
        </button>
      </div>
    </main>
  );
}
