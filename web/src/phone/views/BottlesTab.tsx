import type { ThreadAnswer } from "@wire";
import { useCallback, useEffect, useId, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { attempt } from "../app/trouble.ts";
import { serverNow, shownTime } from "../model/time.ts";
import { strings } from "../strings.en.ts";
import { Caught } from "./Caught.tsx";
import { useSession } from "./context.ts";
import { charactersOver, cleaned } from "./parts.tsx";
import { Thread } from "./Thread.tsx";

export function BottlesTab() {
  const { api } = useSession();
  const inHand = store.inHand.value;
  const [threads, setThreads] = useState<ThreadAnswer[] | null>(null);
  const [open, setOpen] = useState<ThreadAnswer | null>(null);
  const text = strings.bottles;
  const read = useCallback(async () => {
    const found = await api.threads().catch(() => null);
    if (found) setThreads(found.threads);
  }, [api]);
  useEffect(() => void read(), [read]);
  const catchOne = async () => {
    const bottle = await attempt(() => api.catchBottle());
    if (bottle === null) store.tell(text.none);
    if (bottle) store.inHand.value = [...inHand, { bottle, untilMs: performance.now() + bottle.lease_ms }];
  };
  if (store.facts.value?.bottle === false) {
    return (
      <div class="page">
        <h1 tabIndex={-1}>{text.heading}</h1>
        <p class="quiet">{text.off}</p>
      </div>
    );
  }
  if (open !== null) {
    return (
      <Thread
        thread={open}
        onBack={() => {
          setOpen(null);
          void read();
        }}
      />
    );
  }
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>{text.heading}</h1>
        <button type="button" onClick={() => void catchOne()}>
          {text.catch}
        </button>
      </header>
      <p class="quiet">{text.text}</p>
      {inHand.map((one) => (
        <Caught
          key={one.bottle.bottle}
          held={one}
          onOver={(thread) => {
            store.inHand.value = inHand.filter((other) => other !== one);
            if (thread) setOpen(thread);
          }}
        />
      ))}
      <Throw />
      <section class="card" aria-labelledby="threads">
        <h2 id="threads">{text.threads}</h2>
        {threads?.length === 0 ? <p class="quiet">{text.noThreads}</p> : null}
        <ul class="members">
          {threads?.map((thread) => (
            <li key={thread.thread}>
              <button type="button" class="member" onClick={() => setOpen(thread)}>
                <span>{thread.thrown ? text.mine : text.theirs}</span>
                <span class="quiet">
                  {shownTime(thread.created_ms, serverNow(store.sync.value, performance.now()))}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Throw() {
  const { api } = useSession();
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  const over = charactersOver(text);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    const bottle = await attempt(() => api.throwBottle(cleaned(text).trim()));
    setBusy(false);
    if (bottle === undefined) return;
    setText("");
    store.tell(strings.bottles.thrown);
  };
  return (
    <form class="card stack" onSubmit={submit}>
      <label for={id}>{strings.bottles.write}</label>
      <textarea id={id} rows={3} dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      {over > 0 ? <p class="wrong">{strings.room.tooLong(over)}</p> : null}
      <button type="submit" class="primary" disabled={isBusy || over > 0 || cleaned(text).trim() === ""}>
        {strings.bottles.throw}
      </button>
    </form>
  );
}
