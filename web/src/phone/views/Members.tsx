import * as store from "../app/store.ts";
import type { Room } from "../model/talk.ts";
import { strings } from "../strings.en.ts";
import { Icon } from "./Icon.tsx";
import { Name } from "./parts.tsx";

/** Who is in the room; a tap on somebody opens what can be done about them. */
export function Members({ room, onOpen }: { room: Room; onOpen?: () => void }) {
  const { muted, known } = store.talk.value;
  return (
    <ul class="members">
      {[...room.members.values()].map((member) =>
        member.member === room.you ? (
          <li key={member.member} class="member">
            <Name name={member.name} isVerified={member.verified} />
            <span class="quiet">{strings.you}</span>
          </li>
        ) : (
          <li key={member.member}>
            <button
              type="button"
              class="member"
              aria-haspopup="dialog"
              onClick={(event) => {
                // One dialog at a time: a way back that is offered afterwards is not under this one.
                event.currentTarget.closest("dialog")?.close();
                onOpen?.();
                store.sheet.value = { room: room.info.id, member };
              }}
            >
              <Name name={member.name} isVerified={member.verified} />
              <span class="quiet">
                {muted.has(member.member) ? strings.member.muted : known.has(member.member) ? strings.member.known : ""}
              </span>
              <Icon name="more" />
            </button>
          </li>
        ),
      )}
    </ul>
  );
}
