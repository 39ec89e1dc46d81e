import { useEffect, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { attempt } from "../app/trouble.ts";
import { canInstall, install } from "../devices/install.ts";
import { strings } from "../strings.en.ts";
import { Blocks } from "./Blocks.tsx";
import { useSession } from "./context.ts";
import { Listed } from "./PeopleTab.tsx";
import { Profile } from "./Profile.tsx";
import { Dialog, Verified } from "./parts.tsx";

export function MeTab() {
  const session = useSession();
  const me = store.me.value;
  const text = strings.me;
  useEffect(() => {
    session.api
      .me()
      .then((found) => {
        store.me.value = found;
      })
      .catch(() => {});
  }, [session]);
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>{text.heading}</h1>
        {me?.verified ? <Verified /> : me?.is_guest ? <span class="chip">{text.guest}</span> : null}
      </header>
      {me ? <Profile key={me.user} me={me} /> : null}
      <section class="card stack" aria-labelledby="where">
        <h2 id="where">{text.location}</h2>
        <p class="quiet">{store.place.value?.kind === "picked" ? text.picked : text.shared}</p>
        <button
          type="button"
          onClick={() => {
            store.isChoosing.value = true;
          }}
        >
          {strings.place.change}
        </button>
        <button type="button" onClick={() => void session.leave()}>
          {strings.room.leave}
        </button>
        <Listed />
      </section>
      <Data />
    </div>
  );
}

function Data() {
  const session = useSession();
  const [isErasing, setErasing] = useState(false);
  const text = strings.me;
  const download = async () => {
    const data = await attempt(() => session.api.exportMe());
    if (data) offer(JSON.stringify(data, null, 2), "nearby.json");
  };
  return (
    <section class="card stack" aria-labelledby="data">
      <h2 id="data">{text.data}</h2>
      <Blocks />
      <button type="button" onClick={() => void download()}>
        {text.exportIt}
      </button>
      {canInstall.value ? (
        <button type="button" onClick={() => void install()}>
          {text.install}
        </button>
      ) : null}
      <button type="button" aria-describedby="forget-hint" onClick={() => session.forget()}>
        {text.forget}
      </button>
      <p id="forget-hint" class="hint">
        {text.forgetHint}
      </p>
      <button type="button" class="danger" onClick={() => setErasing(true)}>
        {text.erase}
      </button>
      {isErasing ? (
        <Dialog heading={text.eraseHeading} onClose={() => setErasing(false)}>
          <div class="stack">
            <p>{text.eraseText}</p>
            <button type="button" class="danger" onClick={() => void session.erase()}>
              {text.eraseYes}
            </button>
            <button type="button" onClick={() => setErasing(false)}>
              {strings.cancel}
            </button>
          </div>
        </Dialog>
      ) : null}
    </section>
  );
}

/** Has the browser keep some text as a file. */
function offer(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
