import type { ThreadAnswer } from "@wire";
import { useId, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { attempt } from "../app/trouble.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { charactersOver, cleaned, useSecondsLeft } from "./parts.tsx";
import { Reasons } from "./Reasons.tsx";

/** A bottle in hand: answered, given back or reported, or gone when its time is over. */
export function Caught({ held, onOver }: { held: store.Held; onOver: (thread?: ThreadAnswer) => void }) {
  const { api } = useSession();
  const { bottle, untilMs } = held;
  const seconds = useSecondsLeft(untilMs);
  const [answer, setAnswer] = useState("");
  const [isReporting, setReporting] = useState(false);
  const id = useId();
  const text = strings.bottles;
  const isOver = seconds === 0;
  const canReply = !isOver && charactersOver(answer) <= 0 && cleaned(answer).trim() !== "";
  const reply = async (event: SubmitEvent) => {
    event.preventDefault();
    const body = { text: cleaned(answer).trim(), token: bottle.token };
    const thread = await attempt(() => api.reply(bottle.bottle, body));
    if (thread) onOver(thread);
  };
  const release = async () => {
    if (await attempt(() => api.release(bottle.bottle, { token: bottle.token }).then(() => true))) onOver();
  };
  const report = async (reason: string) => {
    if (!(await attempt(() => api.reportBottle(bottle.bottle, { reason }).then(() => true)))) return;
    store.tell(strings.member.reported);
    onOver();
  };
  return (
    <section class="card bottle" aria-labelledby={`${id}-head`}>
      <h2 id={`${id}-head`}>{text.caught}</h2>
      <p class="bottle-text" dir="auto">
        {bottle.text}
      </p>
      <p class="hint">{isOver ? text.over : text.lease(Math.ceil(seconds / 60))}</p>
      <form class="stack" onSubmit={reply}>
        <label for={id}>{text.answer}</label>
        <textarea
          id={id}
          rows={2}
          dir="auto"
          value={answer}
          onInput={(event) => setAnswer(event.currentTarget.value)}
        />
        <div class="row">
          <button type="submit" class="primary" disabled={!canReply}>
            {text.reply}
          </button>
          <button type="button" onClick={() => (isOver ? onOver() : void release())}>
            {isOver ? strings.close : text.release}
          </button>
          <button type="button" class="plain" aria-expanded={isReporting} onClick={() => setReporting(!isReporting)}>
            {text.report}
          </button>
        </div>
      </form>
      {isReporting ? <Reasons onReport={(reason) => void report(reason)} /> : null}
    </section>
  );
}
