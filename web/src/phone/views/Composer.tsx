import { useEffect, useId, useRef } from "preact/hooks";
import * as store from "../app/store.ts";
import * as storage from "../devices/storage.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { Icon } from "./Icon.tsx";
import { charactersOver, cleaned } from "./parts.tsx";

/** Where one writes. Whatever becomes of connection, room or token, the text stays until it is sent. */
export function Composer() {
  const session = useSession();
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const text = store.draft.value;
  const over = charactersOver(text);
  const maySend = store.talk.value.room !== null && over <= 0 && cleaned(text).trim() !== "";
  useEffect(() => storage.draft.set(text), [text]);
  const send = () => {
    if (!maySend) return;
    store.draft.value = "";
    void session.say(cleaned(text).trim());
    field.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="unseen" for={id}>
        {strings.room.write}
      </label>
      <textarea
        ref={field}
        id={id}
        rows={1}
        dir="auto"
        placeholder={strings.room.write}
        enterkeyhint="send"
        aria-invalid={over > 0}
        aria-describedby={over > 0 ? `${id}-over` : undefined}
        value={text}
        onInput={(event) => {
          store.draft.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          const isSending = event.key === "Enter" && !event.shiftKey && !event.isComposing;
          if (!isSending || !matchMedia("(pointer: fine)").matches) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="send primary" aria-label={strings.room.send} disabled={!maySend}>
        <Icon name="send" />
      </button>
      {over > 0 ? (
        <p id={`${id}-over`} class="wrong">
          {strings.room.tooLong(over)}
        </p>
      ) : null}
    </form>
  );
}
