import { ask, done } from "../state/actions.ts";
import { strings } from "../strings.en.ts";

/** What was done last, with the way back where there is one. It stays until it is dismissed or something else is done. */
export function DoneBar() {
  const last = done.value;
  return (
    <div class="done" role="status">
      {last !== null && (
        <div class="done-inner">
          <span>{last.text}</span>
          {last.undo !== null && (
            <button type="button" onClick={() => last.undo && ask(last.undo())}>
              {strings.undo}
            </button>
          )}
          <button type="button" class="plain" onClick={() => (done.value = null)}>
            {strings.dismiss}
          </button>
        </div>
      )}
    </div>
  );
}
