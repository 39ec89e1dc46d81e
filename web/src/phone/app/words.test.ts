import { expect, test } from "vitest";
import type { Line, Note, SaidLine } from "../model/talk.ts";
import { strings } from "../strings.en.ts";
import { isolated, noteText, spokenOf } from "./words.ts";

const said = (text: string, isMine = false): SaidLine => ({
  ...{ kind: "said", key: text, from: "a", name: "עדי", verified: false, isMine, text },
  ...{ atMs: 0, room: "r", seq: 1, pending: null },
});
const note = (about: Note): Line => ({ kind: "note", key: "n", note: about });

test("a name that runs from right to left turns nothing around it", () => {
  expect(noteText({ what: "joined", name: "עדי", member: "a" })).toBe("\u2068עדי\u2069 came");
  expect(isolated("")).toContain(strings.somebody);
});

test("every quiet line has words", () => {
  const notes: Note[] = [
    { what: "left", name: "A", member: "a" },
    { what: "greeted", name: "A", member: "a" },
    { what: "known", name: "A", member: "a" },
    { what: "changed", before: "A", name: "B" },
    { what: "skipped", count: 1 },
    { what: "skipped", count: 2 },
    { what: "along", names: ["A", "B"] },
    { what: "gap" },
    ...["new", "next", "merged", "lifted", "venue", "shaken", "moved", "resynced"].map(
      (why): Note => ({ what: "placed", why }),
    ),
  ];
  const texts = notes.map(noteText);
  expect(new Set(texts).size).toBe(notes.length);
  expect(noteText({ what: "placed", why: "something newer" })).toBe(strings.lines.placed.new);
});

test("a screen reader hears one message as it is, of many how many, and nothing of my own", () => {
  expect(spokenOf([said("hello")])).toBe("\u2068עדי\u2069: hello");
  expect(spokenOf([said("one"), said("two"), said("mine", true)])).toBe("2 new messages");
  expect(spokenOf([said("mine", true)])).toBe("");
  expect(spokenOf([])).toBe("");
});

test("a screen reader hears who comes, and why something was not sent", () => {
  expect(spokenOf([note({ what: "joined", name: "Ana", member: "a" })])).toContain("came");
  const refused: Line = {
    ...{ kind: "refused", key: "k", text: "t", room: "r", code: "held", detail: "Use other words.", againAtMs: null },
  };
  expect(spokenOf([refused])).toContain("Use other words.");
});
