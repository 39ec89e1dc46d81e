import { hasteOf } from "../logic/clock.ts";
import { nowMs } from "../state/clock.ts";
import { hrefOf } from "../state/route.ts";
import { brakes, isUnreachable, now, openReports } from "../state/server.ts";
import { strings } from "../strings.en.ts";

const texts = strings.status;

/** On every page: whether the parts are up, what is stopped and what waits. */
export function StatusStrip() {
  const health = isUnreachable() ? undefined : now.look.value.value?.health;
  const stopped = brakes.look.value.value?.brakes ?? [];
  const open = openReports.look.value.value;
  const overdue = (open?.reports ?? []).filter(({ due_ms }) => hasteOf(due_ms, nowMs.value) === "over").length;
  return (
    <ul class="status" aria-label={texts.label}>
      <State name={texts.store} state={health?.store} />
      <State name={texts.hub} state={health?.hub} />
      {stopped.length > 0 && (
        <li>
          <a class="state warn" href={hrefOf("brakes")}>
            {stopped.some(({ what, area }) => what === "placement" && area === null)
              ? texts.noPlacement
              : texts.stopped(stopped.length)}
          </a>
        </li>
      )}
      {open !== null && open.open > 0 && (
        <li>
          <a class={`state ${overdue ? "bad" : ""}`} href={hrefOf("reports")}>
            {overdue ? texts.overdue(overdue) : texts.reports(open.open)}
          </a>
        </li>
      )}
    </ul>
  );
}

function State({ name, state }: { name: string; state: "up" | "down" | undefined }) {
  const level = state === undefined ? "warn" : state === "up" ? "good" : "bad";
  return (
    <li class={`state ${level}`}>
      {name} {state === undefined ? texts.unknown : texts[state]}
    </li>
  );
}
