import { useEffect, useRef } from "preact/hooks";
import type { Session } from "../app/session.ts";
import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { Banned } from "./Banned.tsx";
import { BottlesTab } from "./BottlesTab.tsx";
import { Connection } from "./Connection.tsx";
import { SessionContext } from "./context.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { Join } from "./Join.tsx";
import { MemberSheet } from "./MemberSheet.tsx";
import { MeTab } from "./MeTab.tsx";
import { PeopleTab } from "./PeopleTab.tsx";
import { PlaceScreen } from "./PlaceScreen.tsx";
import { RoomTab } from "./RoomTab.tsx";
import { Toast } from "./Toast.tsx";
import { TokenBanner } from "./TokenBanner.tsx";

export function App({ session }: { session: Session }) {
  const screen = store.screen.value;
  const shown = useRef(`${screen}room`);
  const tab = store.tab.value;
  useEffect(() => {
    // What had the focus is gone: it goes on at the top of what is shown now.
    if (shown.current !== screen + tab) document.querySelector<HTMLElement>("#main h1")?.focus({ preventScroll: true });
    shown.current = screen + tab;
  }, [screen, tab]);
  return (
    <SessionContext.Provider value={session}>
      <div class={`app app-${screen}`}>
        <Connection />
        <TokenBanner />
        {screen === "join" ? <Join /> : null}
        {screen === "banned" ? <Banned /> : null}
        {screen === "place" ? <PlaceScreen /> : null}
        {screen === "main" ? <Main /> : null}
        <Toast />
        <Announcer />
      </div>
      {store.sheet.value ? <MemberSheet {...store.sheet.value} /> : null}
    </SessionContext.Provider>
  );
}

/** What a screen reader is told of the conversation, whatever is shown. */
function Announcer() {
  return (
    <p class="unseen" aria-live="polite">
      {store.spoken.value}
    </p>
  );
}

const TABS: readonly [store.Tab, IconName][] = [
  ["room", "room"],
  ["people", "people"],
  ["bottles", "bottle"],
  ["me", "me"],
];

function Main() {
  const tab = store.tab.value;
  return (
    <>
      <main id="main" class={`main main-${tab}`}>
        {tab === "room" ? <RoomTab /> : null}
        {tab === "people" ? <PeopleTab /> : null}
        {tab === "bottles" ? <BottlesTab /> : null}
        {tab === "me" ? <MeTab /> : null}
      </main>
      <nav class="tabs" aria-label={strings.tabs.label}>
        {TABS.map(([name, icon]) => (
          <button
            key={name}
            type="button"
            class="tab"
            aria-current={tab === name ? "page" : undefined}
            onClick={() => {
              store.tab.value = name;
            }}
          >
            <Icon name={icon} />
            <span>{strings.tabs[name]}</span>
          </button>
        ))}
      </nav>
    </>
  );
}
