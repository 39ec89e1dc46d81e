import { Refused, type ThreadAnswer, type ThreadMessage } from "@wire";
import { useCallback, useEffect, useId, useRef, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { attempt, troubleOf } from "../app/trouble.ts";
import { serverNow, shownTime } from "../model/time.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { Icon } from "./Icon.tsx";
import { charactersOver, cleaned, IconButton } from "./parts.tsx";
import { Reasons } from "./Reasons.tsx";

const LOOK_EVERY_MS = 15_000;

/** A thread of two about a bottle. Nothing pushes it: it is looked at while it is open. */
export function Thread({ thread, onBack }: { thread: ThreadAnswer; onBack: () => void }) {
  const { api } = useSession();
  const [messages, setMessages] = useState<ThreadMessage[]>([]);
  const [isGone, setGone] = useState(false);
  const [isReporting, setReporting] = useState(false);
  const last = useRef(0);
  const text = strings.bottles;
  const add = useCallback((fresh: ThreadMessage[]) => {
    const news = fresh.filter(({ seq }) => seq > last.current);
    last.current = Math.max(last.current, ...news.map(({ seq }) => seq));
    if (news.length > 0) setMessages((before) => [...before, ...news]);
  }, []);
  const read = useCallback(async () => {
    try {
      add((await api.messages(thread.thread, last.current)).messages);
    } catch (error) {
      if (error instanceof Refused && error.code === "gone") setGone(true);
    }
  }, [api, thread.thread, add]);
  useEffect(() => {
    void read();
    const timer = setInterval(() => document.hidden || void read(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [read]);
  const report = async (reason: string) => {
    if (!(await attempt(() => api.reportBottle(thread.bottle, { reason }).then(() => true)))) return;
    store.tell(strings.member.reported);
    onBack();
  };
  const nowMs = serverNow(store.sync.value, performance.now());
  return (
    <div class="room-talk">
      <header class="bar">
        <IconButton icon="back" label={text.back} onClick={onBack} />
        <div class="bar-title">
          <h1 tabIndex={-1}>{thread.thrown ? text.mine : text.theirs}</h1>
        </div>
        <button type="button" class="plain" aria-expanded={isReporting} onClick={() => setReporting(!isReporting)}>
          {text.report}
        </button>
      </header>
      {isReporting ? <Reasons onReport={(reason) => void report(reason)} /> : null}
      <div class="log-frame">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
        <div class="log" role="log" aria-label={text.thread} tabIndex={0}>
          <div class="log-inner">
            <ol class="lines">
              {messages.map(({ seq, mine, text: words, at_ms }) => (
                <li key={seq} class={mine ? "said mine first" : "said theirs first"}>
                  {mine ? <span class="unseen">{strings.you}: </span> : null}
                  <p class="bubble" dir="auto">
                    {words}
                  </p>
                  <p class="when">{shownTime(at_ms, nowMs)}</p>
                </li>
              ))}
            </ol>
          </div>
        </div>
      </div>
      {isGone ? (
        <p class="notice">{text.gone}</p>
      ) : (
        <Write thread={thread.thread} onWritten={(one) => add([one])} onMissed={read} />
      )}
    </div>
  );
}

interface WriteProps {
  thread: string;
  onWritten: (message: ThreadMessage) => void;
  onMissed: () => Promise<void>;
}

function Write({ thread, onWritten, onMissed }: WriteProps) {
  const { api } = useSession();
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const id = useId();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      // What the other one wrote meanwhile comes first.
      await onMissed();
      onWritten(await api.write(thread, cleaned(text).trim()));
      setText("");
    } catch (error) {
      setTrouble(troubleOf(error).text);
    }
    setBusy(false);
  };
  return (
    <form class="composer" onSubmit={submit}>
      <label class="unseen" for={id}>
        {strings.room.write}
      </label>
      <textarea
        id={id}
        rows={1}
        dir="auto"
        placeholder={strings.room.write}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button
        type="submit"
        class="send primary"
        aria-label={strings.room.send}
        disabled={isBusy || charactersOver(text) > 0 || cleaned(text).trim() === ""}
      >
        <Icon name="send" />
      </button>
      {trouble ? (
        <p class="wrong" role="alert">
          {trouble}
        </p>
      ) : null}
    </form>
  );
}
