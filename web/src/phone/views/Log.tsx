import { Component } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { isolated, noteText } from "../app/words.ts";
import type { Line, NoteLine, RefusedLine, SaidLine, Waiting } from "../model/talk.ts";
import { unheard } from "../model/talk.ts";
import { shownTime } from "../model/time.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { Icon } from "./Icon.tsx";
import { Countdown, Name } from "./parts.tsx";

/** So many lines are drawn at first, and more each time earlier ones are asked for. */
const AT_A_TIME = 50;

/** The conversation. The newest stays in sight while one is at the end, by the style alone: nothing is measured. */
export function Log() {
  const { lines, room } = store.talk.value;
  const waiting = unheard(store.talk.value);
  const element = useRef<HTMLElement>(null);
  const [shown, setShown] = useState(AT_A_TIME);
  const [isAway, setAway] = useState(false);
  const id = room?.info.id;
  useEffect(() => setShown(AT_A_TIME), [id]);
  const drawn = lines.slice(-shown);
  const toEnd = () => element.current?.scrollTo({ top: 0 });
  return (
    <div class="log-frame">
      <section
        ref={element}
        class="log"
        aria-label={strings.room.log}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
        tabIndex={0}
        onScroll={() => setAway((element.current?.scrollTop ?? 0) < -80)}
      >
        <div class="log-inner">
          {drawn.length < lines.length ? (
            <button type="button" class="small earlier" onClick={() => setShown((now) => now + AT_A_TIME)}>
              {strings.room.earlier}
            </button>
          ) : null}
          <ol class="lines">
            {drawn.map((line, index) => (
              <LineItem key={line.key} line={line} isFirst={isFirst(drawn[index - 1], line)} />
            ))}
            {waiting.map((one) => (
              <WaitingItem key={one.id} waiting={one} />
            ))}
          </ol>
        </div>
      </section>
      {isAway ? (
        <button
          type="button"
          class="to-end"
          aria-label={strings.room.newest}
          title={strings.room.newest}
          onClick={toEnd}
        >
          <Icon name="down" />
        </button>
      ) : null}
    </div>
  );
}

/** Whether a line begins what somebody says: their name stands above it. */
function isFirst(before: Line | undefined, line: Line): boolean {
  return line.kind !== "said" || before?.kind !== "said" || before.from !== line.from || before.room !== line.room;
}

/** Drawn again only if its line is another one. */
class LineItem extends Component<{ line: Line; isFirst: boolean }> {
  override shouldComponentUpdate(next: { line: Line; isFirst: boolean }): boolean {
    return next.line !== this.props.line || next.isFirst !== this.props.isFirst;
  }

  override render() {
    const { line, isFirst } = this.props;
    if (line.kind === "note") return <Note line={line} />;
    if (line.kind === "refused") return <RefusedItem line={line} />;
    return <Said line={line} isFirst={isFirst} />;
  }
}

function Said({ line, isFirst }: { line: SaidLine; isFirst: boolean }) {
  const { name, verified, isMine, text, atMs, from, room } = line;
  const isWaiting = line.pending !== null;
  const kind = `said ${isMine ? "mine" : "theirs"}${isFirst ? " first" : ""}${isWaiting ? " waiting" : ""}`;
  const open = () => {
    const member = store.talk.value.room?.members.get(from) ?? { member: from, name, verified };
    store.sheet.value = { room, member };
  };
  return (
    <li class={kind}>
      {isMine ? (
        <span class="unseen">{strings.you}: </span>
      ) : (
        <button
          type="button"
          class={isFirst ? "author" : "author unseen"}
          aria-haspopup="dialog"
          title={strings.member.open(isolated(name))}
          tabIndex={isFirst ? 0 : -1}
          onClick={open}
        >
          <Name name={name} isVerified={verified} />
        </button>
      )}
      <p class="bubble" dir="auto">
        {text}
      </p>
      <p class="when">
        {isWaiting ? (
          <>
            <Icon name="clock" /> {strings.room.sending}
          </>
        ) : (
          <time dateTime={new Date(atMs).toISOString()}>{shownTime(atMs, atMs)}</time>
        )}
      </p>
    </li>
  );
}

function Note({ line: { note } }: { line: NoteLine }) {
  return <li class={`note note-${note.what}`}>{noteText(note)}</li>;
}

function WaitingItem({ waiting: { id, text, isSent } }: { waiting: Waiting }) {
  const session = useSession();
  const isOpen = store.link.value.kind === "open";
  return (
    <li class="said mine first waiting">
      <span class="unseen">{strings.you}: </span>
      <p class="bubble" dir="auto">
        {text}
      </p>
      <p class="when">
        <Icon name="clock" /> {isOpen || isSent ? strings.room.sending : strings.room.waiting}
        {isSent ? null : (
          <button type="button" class="small plain" onClick={() => session.giveUp(id)}>
            {strings.room.discard}
          </button>
        )}
      </p>
    </li>
  );
}

/** What was not said, with the reason and what can be done about it. */
function RefusedItem({ line }: { line: RefusedLine }) {
  const session = useSession();
  const [isResting, setResting] = useState(line.againAtMs !== null && line.againAtMs > performance.now());
  const isElsewhere = line.code === "moved" || line.code === "not_in_room";
  const mayRepeat = line.code !== "held" && line.code !== "bad_text";
  return (
    <li class="said mine first refused">
      <span class="unseen">{strings.room.notSent}: </span>
      <p class="bubble" dir="auto">
        {line.text}
      </p>
      <p class="why">
        <Icon name="alert" />
        <span>
          {line.detail}{" "}
          {line.againAtMs !== null ? <Countdown untilMs={line.againAtMs} onOver={() => setResting(false)} /> : null}
        </span>
      </p>
      <p class="row">
        {mayRepeat ? (
          <button
            type="button"
            class="small"
            disabled={isResting}
            onClick={() => {
              session.discard(line.key);
              void session.say(line.text);
            }}
          >
            {isElsewhere ? strings.room.sendHere : strings.room.sendAgain}
          </button>
        ) : null}
        <button
          type="button"
          class="small"
          onClick={() => {
            store.draft.value = store.draft.value ? `${line.text}\n${store.draft.value}` : line.text;
            session.discard(line.key);
          }}
        >
          {strings.room.edit}
        </button>
        <button type="button" class="small plain" onClick={() => session.discard(line.key)}>
          {strings.room.discard}
        </button>
      </p>
    </li>
  );
}
