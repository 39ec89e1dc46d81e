import * as store from "../app/store.ts";
import { attempt } from "../app/trouble.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import type { Person } from "./PeopleTab.tsx";
import { Dialog, Name } from "./parts.tsx";
import { Reasons } from "./Reasons.tsx";

/** What can be done about somebody nearby, or somebody I know. */
export function PersonSheet({ person, onClose }: { person: Person; onClose: () => void }) {
  const { api } = useSession();
  const { known } = person;
  const id = person.person;
  const name = person.known ? (person.known.name ?? strings.people.nameless) : person.name;
  const isVerified = person.known ? person.known.verified : person.verified;
  const text = strings.people;
  const act = (does: () => Promise<unknown>, says?: string) => async () => {
    const done = await attempt(() => does().then(() => true));
    if (done && says) store.tell(says);
    onClose();
  };
  const report = (reason: string) => act(() => api.report(id, { reason }), strings.member.reported)();
  return (
    <Dialog heading={<Name name={name} isVerified={isVerified} />} onClose={onClose}>
      <div class="stack">
        {known ? (
          <>
            <button type="button" onClick={act(() => (known.followed ? api.unfollow(id) : api.follow(id)))}>
              {known.followed ? text.unfollow : text.follow}
            </button>
            <button type="button" onClick={act(() => (known.muted ? api.unmute(id) : api.mute(id)))}>
              {known.muted ? strings.member.unmute : strings.member.mute}
            </button>
            <button type="button" onClick={act(() => api.withdraw(id))}>
              {text.withdraw}
            </button>
          </>
        ) : null}
        <button type="button" onClick={act(() => api.block(id), strings.member.blocked)}>
          {strings.member.block}
        </button>
        <Reasons onReport={(reason) => void report(reason)} />
      </div>
    </Dialog>
  );
}
