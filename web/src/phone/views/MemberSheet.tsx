import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { Dialog, Name } from "./parts.tsx";
import { Reasons } from "./Reasons.tsx";

/** What can be done about a member. A report is two taps: on the member, and on the reason. */
export function MemberSheet({ room, member }: store.Sheet) {
  const session = useSession();
  const { muted, greeted, greetedBy, known, room: here } = store.talk.value;
  const id = member.member;
  const text = strings.member;
  const isHere = here?.info.id === room && here.members.has(id);
  const isMuted = muted.has(id);
  const close = () => {
    store.sheet.value = null;
  };
  const act = (does: () => Promise<void>) => () => {
    close();
    void does();
  };
  return (
    <Dialog heading={<Name name={member.name} isVerified={member.verified} />} onClose={close}>
      <div class="stack">
        {isHere && !known.has(id) ? (
          <button type="button" class="primary" disabled={greeted.has(id)} onClick={act(() => session.greet(id))}>
            {greeted.has(id) ? text.greeted : greetedBy.has(id) ? text.greetBack : text.greet}
          </button>
        ) : null}
        {known.has(id) ? <p class="quiet">{text.known}</p> : null}
        <button type="button" onClick={act(() => session.mute(id, room, !isMuted))}>
          {isMuted ? text.unmute : text.mute}
        </button>
        <button type="button" aria-describedby="block-hint" onClick={act(() => session.block(id, room))}>
          {text.block}
        </button>
        <p id="block-hint" class="hint">
          {text.blockHint}
        </p>
        <Reasons onReport={(reason) => act(() => session.report(id, room, reason))()} />
      </div>
    </Dialog>
  );
}
