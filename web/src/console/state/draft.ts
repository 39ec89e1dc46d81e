/** The area that is drawn, or the file that is looked at, before it is in force. */
import { signal } from "@preact/signals";
import { type Corner, featureOf, flawOf, type Outline, outlineOf } from "../logic/outline.ts";
import { strings } from "../strings.en.ts";
import type { AreaFeature, AreasAnswer, Kind } from "../wire.ts";
import { type GeoJson, preview } from "./areas.ts";
import { watched } from "./watched.ts";

export interface Drawing {
  readonly is: "drawing";
  /** Of an area that is changed; a new one gets its id by its name. */
  readonly id: string | null;
  readonly name: string;
  readonly kind: Kind;
  readonly outline: Outline;
  /** Which part clicks add corners to. */
  readonly ring: number;
}

export interface Import {
  readonly is: "import";
  readonly file: GeoJson | null;
  readonly kind: Kind;
}

export type Draft = Drawing | Import;

const ASK_AFTER_MS = 350;
export const MAX_FILE_BYTES = 8 << 20;

export const draft = signal<Draft | null>(null);

/** A position that the map is to show while something is drawn. */
export const goTo = signal<Corner | null>(null);

/** What the server makes of the draft; null while it was not asked. */
export const previewed = watched<AreasAnswer>(() => {
  const file = fileOf(draft.value);
  return file === null || draft.value === null
    ? Promise.reject(new Error("nothing to ask"))
    : preview(file, draft.value.kind);
});

let timer: ReturnType<typeof setTimeout> | undefined;

/** Sets the draft and, when it rests and can be asked about, asks what it would be. */
export function setDraft(next: Draft | null): void {
  const isSameShape = fileKey(next) === fileKey(draft.value);
  draft.value = next;
  if (next === null) goTo.value = null;
  if (isSameShape) return;
  clearTimeout(timer);
  previewed.clear();
  if (fileOf(next) !== null) timer = setTimeout(() => void previewed.refresh(), ASK_AFTER_MS);
}

export function startDrawing(): void {
  setDraft({ is: "drawing", id: null, name: "", kind: "quiet", outline: [[]], ring: 0 });
}

export function startImport(): void {
  setDraft({ is: "import", file: null, kind: "quiet" });
}

export function startEditing({ geometry, properties }: AreaFeature): void {
  const { id, name, kind } = properties;
  setDraft({
    is: "drawing",
    id,
    name,
    kind: kind === "venue" ? "venue" : "quiet",
    outline: outlineOf(geometry),
    ring: 0,
  });
}

/** Returns the file that says the draft, or null while it cannot be one. */
export function fileOf(of: Draft | null): GeoJson | null {
  if (of === null) return null;
  if (of.is === "import") return of.file;
  const name = of.name.trim();
  return name && flawOf(of.outline) === null ? featureOf(of.outline, { id: of.id, name, kind: of.kind }) : null;
}

/** Returns a file's text as GeoJSON; rejects with a sentence. */
export async function readFile(file: File): Promise<GeoJson> {
  if (file.size > MAX_FILE_BYTES) throw new SyntaxError(strings.areas.tooLarge);
  try {
    const read: unknown = JSON.parse(await file.text());
    if (typeof read === "object" && read !== null) return read as GeoJson;
  } catch {
    // Told below.
  }
  throw new SyntaxError(strings.areas.notJson);
}

function fileKey(of: Draft | null): unknown {
  const file = fileOf(of);
  // A file that was read is the same only if it is the same object.
  return of?.is === "import" ? (of.file === null ? null : of) : JSON.stringify(file);
}
