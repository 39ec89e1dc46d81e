/** Areas in force, and what puts them there and takes them out. */
import { featureOf, outlineOf } from "../logic/outline.ts";
import { strings } from "../strings.en.ts";
import type { AreaFeature, AreasAnswer, Kind } from "../wire.ts";
import type { Action } from "./actions.ts";
import { call } from "./calls.ts";
import { watched } from "./watched.ts";

const texts = strings.areas;
const NAMED = 5;

export type GeoJson = Record<string, unknown>;

export const areas = watched<AreasAnswer>(() => call("GET /v1/admin/areas"));

/** Returns what areas of a file would be; nothing is in force by it. */
export function preview(file: GeoJson, kind: Kind): Promise<AreasAnswer> {
  return call("POST /v1/admin/areas/preview", { query: { kind }, body: file });
}

/** Returns the action that puts a file in force; `previewed` is what the server says it will be. */
export function put(file: GeoJson, kind: Kind, previewed: readonly AreaFeature[], onDone: () => void): Action {
  const ids = new Set(previewed.map(({ properties }) => properties.id));
  const replaced = (areas.look.value.value?.features ?? []).filter(({ properties }) => ids.has(properties.id));
  return {
    ...putWords(previewed, replaced, kind),
    submit: texts.put.submit,
    done: texts.put.done,
    undo: () => takeBack(previewed, replaced),
    async run(reason) {
      await call("PUT /v1/admin/areas", { query: { reason, kind }, body: file });
      await areas.refresh();
      onDone();
    },
  };
}

function putWords(previewed: readonly AreaFeature[], replaced: readonly AreaFeature[], kind: Kind) {
  const [first] = previewed;
  if (previewed.length === 1 && first) {
    const replaces = replaced.map(({ properties }) => texts.put.replaces(properties.name));
    const explained =
      texts.put.explains[
        first.properties.kind === "venue" ? "venue" : first.properties.kind === "quiet" ? "quiet" : kind
      ];
    return { title: texts.put.title(first.properties.name), explains: [explained, ...replaces].join(" ") };
  }
  const names = previewed.slice(0, NAMED).map(({ properties }) => properties.name);
  const more = previewed.length > NAMED ? [strings.andMore(previewed.length - NAMED)] : [];
  return { title: texts.put.many(previewed.length), explains: texts.put.explainsMany([...names, ...more].join(", ")) };
}

/** Returns the action that takes an area out of force. */
export function remove(area: AreaFeature): Action {
  const { name } = area.properties;
  return {
    title: texts.takeOut.title(name),
    explains: texts.takeOut.explains,
    submit: texts.takeOut.submit,
    isDanger: true,
    done: texts.takeOut.done,
    undo: () => restore([area], name),
    async run(reason) {
      await takeOut(area.properties.id, reason);
      await areas.refresh();
    },
  };
}

/** Takes back what a file put in force: what it replaced is there again, the rest is gone. */
function takeBack(putAreas: readonly AreaFeature[], replaced: readonly AreaFeature[]): Action {
  const kept = new Set(replaced.map(({ properties }) => properties.id));
  const gone = putAreas.filter(({ properties }) => !kept.has(properties.id));
  return {
    title: texts.takeBack.title,
    explains: texts.takeBack.explains(gone.length, replaced.length),
    submit: strings.undo,
    isDanger: true,
    done: texts.takeBack.done,
    async run(reason) {
      try {
        for (const { properties } of gone) await takeOut(properties.id, reason);
        if (replaced.length) await putBack(replaced, reason);
      } finally {
        await areas.refresh();
      }
    },
  };
}

function restore(features: readonly AreaFeature[], name: string): Action {
  return {
    title: texts.restore.title(name),
    explains: texts.restore.explains,
    submit: texts.restore.submit,
    done: texts.restore.done,
    async run(reason) {
      await putBack(features, reason);
      await areas.refresh();
    },
  };
}

async function takeOut(area: string, reason: string): Promise<void> {
  await call("DELETE /v1/admin/areas/{area}", { path: { area }, query: { reason } });
}

async function putBack(features: readonly AreaFeature[], reason: string): Promise<void> {
  const file = { type: "FeatureCollection", features: features.map(drawnOf) };
  await call("PUT /v1/admin/areas", { query: { reason }, body: file });
}

/** Returns an area as it was drawn, without its cells: they are found anew, and are the same. */
function drawnOf({ geometry, properties: { id, name, kind } }: AreaFeature): GeoJson {
  return featureOf(outlineOf(geometry), { id, name, kind: kind === "venue" ? "venue" : "quiet" });
}
