import { useEffect, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { Countdown, IconButton } from "./parts.tsx";

const SHOWN_MS = 6_000;
/** Who is to do something about it, or to read why not, has longer. */
const SHOWN_LONG_MS = 15_000;

/** What just happened, for a while: longer while it is pointed at or has the focus. */
export function Toast() {
  const toast = store.toast.value;
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (toast === null || isHeld) return;
    const untilMs = Math.max(
      toast.isBad || toast.action ? SHOWN_LONG_MS : SHOWN_MS,
      (toast.againAtMs ?? 0) - performance.now(),
    );
    const timer = setTimeout(() => {
      store.toast.value = null;
    }, untilMs);
    return () => clearTimeout(timer);
  }, [toast, isHeld]);
  const close = () => {
    store.toast.value = null;
  };
  return (
    <div class="toasts" role="status">
      {toast ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: it only stays longer while it is looked at.
        <div
          key={toast.id}
          class={toast.isBad ? "toast toast-bad" : "toast"}
          onMouseEnter={() => setHeld(true)}
          onMouseLeave={() => setHeld(false)}
          onFocusCapture={() => setHeld(true)}
          onBlurCapture={() => setHeld(false)}
        >
          <p>
            {toast.text} {toast.againAtMs !== null ? <Countdown untilMs={toast.againAtMs} /> : null}
          </p>
          {toast.action ? (
            <button
              type="button"
              class="small"
              onClick={() => {
                toast.action?.run();
                close();
              }}
            >
              {toast.action.label}
            </button>
          ) : null}
          <IconButton icon="close" label={strings.close} onClick={close} />
        </div>
      ) : null}
    </div>
  );
}
