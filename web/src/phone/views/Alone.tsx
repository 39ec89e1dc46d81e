import * as store from "../app/store.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";

/** Nobody is near, on the last rung: what one can do meanwhile. */
export function Alone() {
  const session = useSession();
  const text = strings.alone;
  const waits = store.notify.value;
  return (
    <section class="alone" aria-labelledby="alone">
      <h2 id="alone">{text.heading}</h2>
      <p class="quiet">{waits === "waiting" ? text.notifying : text.text}</p>
      <div class="row">
        {store.facts.value?.bottle === false ? null : (
          <button
            type="button"
            onClick={() => {
              store.tab.value = "bottles";
            }}
          >
            {text.bottle}
          </button>
        )}
        {waits === "no" ? (
          <button type="button" onClick={() => void session.askNotify(true)}>
            {text.notify}
          </button>
        ) : null}
        {waits === "waiting" ? (
          <button type="button" class="plain" onClick={() => void session.askNotify(false)}>
            {text.stop}
          </button>
        ) : null}
      </div>
    </section>
  );
}
