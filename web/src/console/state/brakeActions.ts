/** Stopping things, and letting them go on: each takes the other back. */
import { strings } from "../strings.en.ts";
import type { What } from "../wire.ts";
import type { Action } from "./actions.ts";
import { call } from "./calls.ts";
import { brakes } from "./server.ts";

/** Returns how a place is told; null is everywhere. */
export function whereOf(area: string | null): string {
  return area === null ? strings.brakes.everywhere : strings.brakes.inCell(area);
}

export function pull(what: What, area: string | null): Action {
  const name = strings.brakes.what[what];
  return {
    title: strings.brakes.pull.title(name, whereOf(area)),
    explains: strings.brakes.whatExplained[what],
    submit: strings.brakes.stop,
    isDanger: true,
    done: strings.brakes.pull.done(name, whereOf(area)),
    undo: () => letGo(what, area),
    async run(reason) {
      brakes.set(await call("POST /v1/admin/brakes/pull", { body: { what, reason, area } }));
    },
  };
}

export function letGo(what: What, area: string | null): Action {
  const name = strings.brakes.what[what];
  return {
    title: strings.brakes.letGo.title(name, whereOf(area)),
    explains: strings.brakes.letGo.explains,
    submit: strings.brakes.release,
    done: strings.brakes.letGo.done(name, whereOf(area)),
    undo: () => pull(what, area),
    async run(reason) {
      brakes.set(await call("POST /v1/admin/brakes/release", { body: { what, reason, area } }));
    },
  };
}
