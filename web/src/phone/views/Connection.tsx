import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { useSecondsLeft } from "./parts.tsx";

const REPLACED = 3504;

/** How the connection stands, always in sight. */
export function Connection() {
  const session = useSession();
  const { kind, code, backAtMs } = store.link.value;
  const seconds = useSecondsLeft(backAtMs ?? null);
  const text = strings.connection;
  if (!store.hasToken.value) return null;
  const isElsewhere = kind === "closed" && code === REPLACED;
  const isOffline = !store.isOnline.value && kind !== "open" && kind !== "closed";
  const state = isElsewhere ? "elsewhere" : isOffline ? "offline" : kind;
  const says =
    state === "waiting" && seconds > 1 ? `${text.waiting} ${strings.wait(seconds)}` : text[state as keyof typeof text];
  return (
    <div class={`link link-${state}`}>
      <p role="status">
        <span class="dot" aria-hidden="true" />
        {says}
      </p>
      {kind === "closed" && code !== 3501 ? (
        <button type="button" class="small" onClick={() => session.connect()}>
          {isElsewhere ? text.useHere : text.retry}
        </button>
      ) : null}
    </div>
  );
}
