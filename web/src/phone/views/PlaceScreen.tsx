import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";
import { Icon } from "./Icon.tsx";
import { MapPicker } from "./MapPicker.tsx";

/** Where the person is: what their device says, or a spot they pick. */
export function PlaceScreen() {
  const session = useSession();
  const text = strings.place;
  if (store.isPicking.value) return <MapPicker />;
  const pick = () => {
    store.isPicking.value = true;
  };
  return (
    <main id="main" class="screen">
      <div class="card">
        <h1 tabIndex={-1}>{text.heading}</h1>
        <p class="quiet">{text.text}</p>
        <div class="stack">
          <button type="button" class="primary" onClick={() => session.share()}>
            <Icon name="pin" /> {text.share}
          </button>
          <button type="button" onClick={pick}>
            {text.pick}
          </button>
          {store.place.value === null ? (
            <button type="button" class="plain" onClick={() => session.forget()}>
              {strings.me.forget}
            </button>
          ) : (
            <button
              type="button"
              class="plain"
              onClick={() => {
                store.isChoosing.value = false;
              }}
            >
              {strings.cancel}
            </button>
          )}
        </div>
      </div>
    </main>
  );
}

/** What is to be said of a shared position that gives trouble; null if all is well. */
export function PlaceTrouble() {
  const session = useSession();
  const text = strings.place;
  const place = store.place.value;
  if (place?.kind !== "shared") return null;
  const state = store.locating.value;
  const { good, doubted } = store.track.value;
  const pick = () => {
    store.isPicking.value = true;
  };
  if (state === "locating" && good === null) return <p class="notice">{text.locating}</p>;
  if (doubted !== null) return <p class="notice">{text.jumping}</p>;
  if (state !== "denied" && state !== "unavailable") return null;
  return (
    <div class="notice notice-warn" role="alert">
      <p>{good !== null ? text.stale : text[state]}</p>
      <div class="row">
        <button type="button" class="small" onClick={() => session.share()}>
          {text.again}
        </button>
        <button type="button" class="small" onClick={pick}>
          {text.pick}
        </button>
      </div>
    </div>
  );
}
