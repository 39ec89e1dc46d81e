import { useEffect, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { canFeel, mayFeel, onShaken } from "../devices/motion.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { Dialog } from "./parts.tsx";

/** A shake is answered within its ten seconds, or by nothing. */
const ANSWERED_MS = 12_000;

export function ShakeDialog({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const [state, setState] = useState<"ready" | "sent" | "nobody">("ready");
  const [isFeeling, setFeeling] = useState(false);
  const room = store.talk.value.room?.info.id;
  const [roomBefore] = useState(room);
  const text = strings.shake;
  const shake = async () => {
    setState((await session.shake()) ? "sent" : "ready");
  };
  useEffect(() => (isFeeling ? onShaken(() => void shake()) : undefined), [isFeeling]);
  useEffect(() => {
    if (room !== roomBefore) onClose();
  }, [room, roomBefore, onClose]);
  useEffect(() => {
    if (state !== "sent") return;
    const timer = setTimeout(() => setState("nobody"), ANSWERED_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <Dialog heading={text.start} onClose={onClose}>
      <div class="stack">
        <p class="quiet">{text.hint}</p>
        <p role="status">{state === "sent" ? text.sent : state === "nobody" ? text.nobody : ""}</p>
        {canFeel() && !isFeeling ? (
          <button type="button" onClick={() => void mayFeel().then(setFeeling)}>
            {text.allow}
          </button>
        ) : null}
        <button type="button" class="primary" disabled={state === "sent"} onClick={() => void shake()}>
          {text.button}
        </button>
      </div>
    </Dialog>
  );
}
