import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { type Action, ask } from "../state/actions.ts";
import { call } from "../state/calls.ts";
import { strings } from "../strings.en.ts";

const texts = strings.brakes.close;
const AN_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Ends one room, by the id its members know. */
export function CloseRoom() {
  const id = useId();
  const room = useSignal("");
  const isWrong = useSignal(false);
  const close = (event: Event) => {
    event.preventDefault();
    isWrong.value = !AN_ID.test(room.value);
    if (!isWrong.value) ask(closing(room.value, () => (room.value = "")));
  };
  return (
    <section aria-labelledby={`${id}-heading`}>
      <h2 id={`${id}-heading`}>{texts.heading}</h2>
      <form class="field narrow" onSubmit={close}>
        <label for={id}>{texts.label}</label>
        <div class="row tight">
          <input
            id={id}
            class="mono"
            autocomplete="off"
            spellcheck={false}
            aria-describedby={`${id}-hint`}
            aria-invalid={isWrong.value}
            value={room.value}
            onInput={(event) => (room.value = event.currentTarget.value.trim())}
          />
          <button type="submit" class="danger-quiet">
            {texts.button}
          </button>
        </div>
        <p id={`${id}-hint`} class="hint">
          {texts.hint}
        </p>
        {isWrong.value && (
          <p class="problem" role="alert">
            {texts.bad}
          </p>
        )}
      </form>
    </section>
  );
}

function closing(room: string, onDone: () => void): Action {
  return {
    title: texts.title(room),
    explains: texts.explains,
    submit: texts.button,
    isDanger: true,
    done: texts.done,
    async run(reason) {
      await call("POST /v1/admin/brakes/close", { body: { room, reason } });
      onDone();
    },
  };
}
