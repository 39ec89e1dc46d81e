import type { KnownPerson, NearbyAnswer, NearbyPerson } from "@wire";
import { useCallback, useEffect, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { attempt } from "../app/trouble.ts";
import { isolated } from "../app/words.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { Icon } from "./Icon.tsx";
import { PersonSheet } from "./PersonSheet.tsx";
import { Name } from "./parts.tsx";

/** Somebody whose sheet is open: of the nearby list, or known. */
export type Person = (NearbyPerson & { known?: undefined }) | { person: string; known: KnownPerson };

export function PeopleTab() {
  const session = useSession();
  const [nearby, setNearby] = useState<NearbyAnswer | null>(null);
  const [known, setKnown] = useState<KnownPerson[] | null>(null);
  const [open, setOpen] = useState<Person | null>(null);
  const meetings = store.meetings.value;
  const text = strings.people;
  const read = useCallback(async () => {
    const [near, people] = await Promise.all([
      attempt(() => session.api.nearby()),
      session.api.people().catch(() => null),
    ]);
    if (near) setNearby(near);
    if (people) setKnown(people.people);
  }, [session]);
  useEffect(() => void read(), [read, meetings]);
  const close = () => {
    setOpen(null);
    void read();
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>{text.heading}</h1>
        <button type="button" class="small" onClick={() => void read()}>
          {text.refresh}
        </button>
      </header>
      <section class="card" aria-labelledby="nearby">
        <h2 id="nearby">{text.nearby}</h2>
        <Listed />
        <NearbyList nearby={nearby} onOpen={setOpen} />
      </section>
      <section class="card" aria-labelledby="known">
        <h2 id="known">{text.known}</h2>
        {known?.length === 0 ? <p class="quiet">{text.noneKnown}</p> : null}
        <ul class="members">
          {known?.map((one) => (
            <li key={one.person}>
              <PersonButton
                name={one.name ?? text.nameless}
                isVerified={one.verified}
                says={[one.followed ? text.followed : "", one.muted ? strings.member.muted : ""]
                  .filter(Boolean)
                  .join(", ")}
                onClick={() => setOpen({ person: one.person, known: one })}
              />
            </li>
          ))}
        </ul>
      </section>
      {open ? <PersonSheet person={open} onClose={close} /> : null}
    </div>
  );
}

function NearbyList({ nearby, onOpen }: { nearby: NearbyAnswer | null; onOpen: (person: Person) => void }) {
  if (nearby === null) return null;
  if (nearby.area === null) return <p class="quiet">{strings.people.nowhere}</p>;
  if (nearby.people.length === 0) return <p class="quiet">{strings.people.nobody}</p>;
  return (
    <ul class="members">
      {nearby.people.map((one) => (
        <li key={one.person}>
          <PersonButton name={one.name} isVerified={one.verified} says="" onClick={() => onOpen(one)} />
        </li>
      ))}
    </ul>
  );
}

function PersonButton(props: { name: string; isVerified: boolean; says: string; onClick: () => void }) {
  const { name, isVerified, says, onClick } = props;
  return (
    <button
      type="button"
      class="member"
      aria-haspopup="dialog"
      title={strings.people.actions(isolated(name))}
      onClick={onClick}
    >
      <Name name={name} isVerified={isVerified} />
      <span class="quiet">{says}</span>
      <Icon name="more" />
    </button>
  );
}

/** Whether I am on the nearby list. */
export function Listed() {
  const session = useSession();
  const isListed = store.me.value?.listed ?? false;
  const change = async (listed: boolean) => {
    const now = await attempt(() => session.api.changeMe({ listed }));
    if (now) store.me.value = now;
  };
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={isListed}
        checked={isListed}
        onChange={(event) => void change(event.currentTarget.checked)}
      />
      <span>
        {strings.people.listed}
        <small class="hint">{strings.people.listedHint}</small>
      </span>
    </label>
  );
}
