import type { Line, Note } from "../model/talk.ts";
import { strings } from "../strings.en.ts";

/** Returns a name that turns no text around it: some run from right to left. */
export function isolated(name: string): string {
  return `\u2068${name || strings.somebody}\u2069`;
}

/** Returns a quiet line in words. */
export function noteText(note: Note): string {
  const text = strings.lines;
  switch (note.what) {
    case "joined":
    case "left":
    case "greeted":
    case "known":
      return text[note.what](isolated(note.name));
    case "changed":
      return text.changed(isolated(note.before), isolated(note.name));
    case "skipped":
      return text.skipped(note.count);
    case "along":
      return text.along(note.names.map(isolated).join(", "));
    case "gap":
      return text.gap;
    case "placed":
      return (text.placed as Record<string, string>)[note.why] ?? text.placed.new;
  }
}

/** Returns what a screen reader is told of new lines: one as it is, of many how many; "" for nothing. */
export function spokenOf(fresh: readonly Line[]): string {
  const said = fresh.filter((line) => line.kind === "said" && !line.isMine);
  const [only] = said;
  if (said.length > 1) return strings.room.newMessages(said.length);
  if (only?.kind === "said") return strings.room.spoke(isolated(only.name), only.text);
  const last = fresh.filter((line) => line.kind !== "said").at(-1);
  if (last === undefined) return "";
  return last.kind === "note" ? noteText(last.note) : `${strings.room.notSent}: ${last.detail}`;
}
