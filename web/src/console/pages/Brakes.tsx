import { useEffect } from "preact/hooks";
import { spanOf } from "../logic/clock.ts";
import { Problem } from "../parts/Problem.tsx";
import { ask } from "../state/actions.ts";
import { letGo, pull, whereOf } from "../state/brakeActions.ts";
import { nowMs } from "../state/clock.ts";
import { brakes } from "../state/server.ts";
import { strings } from "../strings.en.ts";
import type { BrakeAnswer, What } from "../wire.ts";
import { CloseRoom } from "./CloseRoom.tsx";
import { StopInArea } from "./StopInArea.tsx";

const texts = strings.brakes;
const ALL: readonly What[] = ["placement", "guests", "shake", "bottle"];

/** What is stopped, and what can be. */
export function Brakes() {
  useEffect(() => void brakes.refresh(), []);
  const { value, error } = brakes.look.value;
  const pulled = value?.brakes ?? [];
  return (
    <>
      <p class="lead">{texts.explains}</p>
      <Problem error={error} />
      {value === null && error === null && <p class="hint">{strings.loading}</p>}
      {value !== null && (
        <>
          <section aria-labelledby="features">
            <h2 id="features">{texts.features}</h2>
            <ul class="switches">
              {ALL.map((what) => (
                <Switch key={what} what={what} brake={pulled.find((one) => one.what === what && one.area === null)} />
              ))}
            </ul>
          </section>
          <StopInArea stopped={pulled.filter(({ area }) => area !== null)} />
        </>
      )}
      <CloseRoom />
    </>
  );
}

function Switch({ what, brake }: { what: What; brake: BrakeAnswer | undefined }) {
  const name = texts.what[what];
  const isStopped = brake !== undefined;
  return (
    <li class={isStopped ? "switch is-stopped" : "switch"}>
      <div>
        <h3>
          {name}{" "}
          <span class={isStopped ? "tag stopped" : "tag running"}>{isStopped ? texts.stopped : texts.running}</span>
        </h3>
        <p class="hint" dir="auto">
          {isStopped
            ? texts.sinceAndWhy(spanOf(nowMs.value - brake.since_ms), brake.reason)
            : texts.whatExplained[what]}
        </p>
      </div>
      <button
        type="button"
        class={isStopped ? "primary" : "danger-quiet"}
        aria-label={isStopped ? texts.releaseOf(name, whereOf(null)) : texts.stopOf(name)}
        onClick={() => ask(isStopped ? letGo(what, null) : pull(what, null))}
      >
        {isStopped ? texts.release : texts.stop}
      </button>
    </li>
  );
}
