import { useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Areas } from "./pages/Areas.tsx";
import { Audit } from "./pages/Audit.tsx";
import { Balance } from "./pages/Balance.tsx";
import { Brakes } from "./pages/Brakes.tsx";
import { Crowd } from "./pages/Crowd.tsx";
import { Now } from "./pages/Now.tsx";
import { People } from "./pages/People.tsx";
import { Reports } from "./pages/Reports.tsx";
import { Settings } from "./pages/Settings.tsx";
import { SignIn } from "./pages/SignIn.tsx";
import { ActionDialog } from "./parts/ActionDialog.tsx";
import { DoneBar } from "./parts/DoneBar.tsx";
import { StatusStrip } from "./parts/StatusStrip.tsx";
import { asked, done } from "./state/actions.ts";
import { run as runClock } from "./state/clock.ts";
import { followAddress, hrefOf, PAGES, type Page, route } from "./state/route.ts";
import { watchServer } from "./state/server.ts";
import { isFresh, signOut, token } from "./state/session.ts";
import { strings } from "./strings.en.ts";

export function App() {
  useEffect(followAddress, []);
  useEffect(runClock, []);
  useSignalEffect(() => {
    if (token.value === null) {
      asked.value = null;
      done.value = null;
    }
  });
  return token.value === null ? <SignIn /> : <Console />;
}

function Console() {
  const { page, what } = route.value;
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(watchServer, []);
  useEffect(() => {
    document.title = `${strings.pages[page]} – ${strings.title}`;
    // Not at the start: whoever loads the page begins at its top.
    if (!isFirst.current || isFresh.peek()) heading.current?.focus();
    isFirst.current = false;
    document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [page]);
  return (
    <>
      <button type="button" class="skip" onClick={() => heading.current?.focus()}>
        {strings.skip}
      </button>
      <header class="top">
        <span class="brand">{strings.title}</span>
        <StatusStrip />
        <button type="button" class="plain" onClick={() => signOut()}>
          {strings.signOut}
        </button>
      </header>
      <div class="frame">
        <nav class="menu" aria-label={strings.menu}>
          <ul>
            {PAGES.map((one) => (
              <li key={one}>
                <a href={hrefOf(one)} aria-current={one === page ? "page" : undefined}>
                  {strings.pages[one]}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main class="page">
          <h1 ref={heading} tabIndex={-1}>
            {strings.pages[page]}
          </h1>
          {contentOf(page, what)}
        </main>
      </div>
      <DoneBar />
      <ActionDialog />
    </>
  );
}

function contentOf(page: Page, what: string | null): ComponentChildren {
  switch (page) {
    case "now":
      return <Now />;
    case "reports":
      return <Reports what={what} />;
    case "people":
      return <People what={what} />;
    case "brakes":
      return <Brakes />;
    case "crowd":
      return <Crowd />;
    case "balance":
      return <Balance />;
    case "areas":
      return <Areas />;
    case "audit":
      return <Audit />;
    case "settings":
      return <Settings />;
  }
}
