import { useState } from "preact/hooks";
import * as store from "../app/store.ts";
import type { Room } from "../model/talk.ts";
import { strings } from "../strings.en.ts";
import { Alone } from "./Alone.tsx";
import { Composer } from "./Composer.tsx";
import { useSession } from "./context.ts";
import { Log } from "./Log.tsx";
import { Members } from "./Members.tsx";
import { PlaceTrouble } from "./PlaceScreen.tsx";
import { Countdown, Dialog, IconButton } from "./parts.tsx";
import { ShakeDialog } from "./ShakeDialog.tsx";

export function RoomTab() {
  const room = store.talk.value.room;
  return (
    <div class="room">
      <div class="room-talk">
        <Bar room={room} />
        <PlaceTrouble />
        {room ? <Log /> : <NoRoom />}
        {room?.isQuiet && room.members.size <= 1 ? <Alone /> : null}
        <Composer />
      </div>
      {room ? (
        <aside class="room-side" aria-label={strings.room.members}>
          <h2>{strings.room.members}</h2>
          <Members room={room} />
        </aside>
      ) : null}
    </div>
  );
}

function Bar({ room }: { room: Room | null }) {
  const session = useSession();
  const [open, setOpen] = useState<"members" | "shake" | null>(null);
  const [isBusy, setBusy] = useState(false);
  const text = strings.room;
  const close = () => setOpen(null);
  const next = async () => {
    setBusy(true);
    await session.next();
    setBusy(false);
  };
  return (
    <header class="bar">
      <div class="bar-title">
        <h1 tabIndex={-1}>{room ? text.title(room.members.size) : strings.title}</h1>
        {room ? <p class="quiet">{areaText(room)}</p> : null}
      </div>
      <div class="bar-actions">
        {room ? (
          <>
            <span class="members-button">
              <IconButton
                icon="people"
                label={`${text.members}: ${room.members.size}`}
                short={text.members}
                badge={room.members.size}
                onClick={() => setOpen("members")}
              />
            </span>
            {store.facts.value?.shake === false ? null : (
              <IconButton icon="shake" label={text.shake} short={text.shake} onClick={() => setOpen("shake")} />
            )}
            <IconButton icon="next" label={text.next} short={text.next} onClick={next} isDisabled={isBusy} />
          </>
        ) : null}
        <IconButton icon="leave" label={text.leave} short={text.leaveShort} onClick={() => void session.leave()} />
      </div>
      {open === "members" && room ? (
        <Dialog heading={text.members} onClose={close}>
          <Members room={room} onOpen={close} />
        </Dialog>
      ) : null}
      {open === "shake" ? <ShakeDialog onClose={close} /> : null}
    </header>
  );
}

function NoRoom() {
  const session = useSession();
  const why = store.talk.value.unplaced;
  const refusal = store.refusal.value;
  const text = strings.room;
  const isNowhere = store.place.value?.kind === "shared" && store.track.value.good === null;
  const isLooking = !isNowhere && (why === null || why === "none" || why === "expired");
  const known = text.unplaced as Record<string, string>;
  return (
    <div class="no-room">
      <p role="status">{isLooking ? text.looking : (known[why ?? "none"] ?? text.unplaced.none)}</p>
      {refusal ? (
        <p class="quiet">
          {refusal.text} {refusal.againAtMs !== null ? <Countdown untilMs={refusal.againAtMs} /> : null}
        </p>
      ) : null}
      {isLooking || isNowhere ? null : (
        <button type="button" class="primary" onClick={() => void session.checkIn()}>
          {text.checkIn}
        </button>
      )}
      {isNowhere ? null : (
        <button
          type="button"
          onClick={() => {
            store.isChoosing.value = true;
          }}
        >
          {strings.place.change}
        </button>
      )}
    </div>
  );
}

function areaText({ area }: Room): string {
  const { areas } = strings.room;
  if (area.venue !== undefined) return areas.venue;
  return areas[area.resolution as 5 | 6 | 7] ?? areas[5];
}
