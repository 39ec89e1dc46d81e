import type { Member, Placed, Said } from "@wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { after, type Line, MAX_LINES, NO_TALK, type Note, type Talk, type TalkEvent, unheard } from "./talk.ts";

const ANA: Member = { member: "a1", name: "Amber Fox", verified: false };
const BEN: Member = { member: "b1", name: "Blue Owl", verified: true };
const ME: Member = { member: "m1", name: "Mild Elk", verified: false };

function placed(more: Partial<Placed> = {}): Placed {
  return {
    type: "placed",
    room: { id: "r1", epoch: 1, capacity: 8, opened_ms: 0 },
    area: { cell: "87", resolution: 7 },
    you: ME.member,
    quiet: false,
    members: [ME, ANA],
    messages: [],
    seq: 10,
    why: "new",
    ...more,
  };
}

function said(seq: number, text = `text ${seq}`, from = ANA.member, room = "r1"): Said {
  return { type: "said", room, seq, from, text, at_ms: seq };
}

const otherRoom = { id: "r2", epoch: 1, capacity: 8, opened_ms: 0 };
const inRoom = after(NO_TALK, [placed()]);
const texts = (talk: Talk) => talk.lines.flatMap((line) => (line.kind === "said" ? [line.text] : []));
const notes = (talk: Talk) => talk.lines.flatMap((line) => (line.kind === "note" ? [line.note] : []));
const lastNote = (talk: Talk): Note | undefined => notes(talk).at(-1);
const waiting = (...ids: string[]): TalkEvent => ({
  type: "waiting",
  waiting: ids.map((id) => ({ id, room: "r1", text: `my ${id}`, isSent: true })),
});

test("a new room shows who is there, and what was said since I came", () => {
  const talk = after(NO_TALK, [placed({ messages: [said(9)] })]);
  expect(talk.room?.members.get(ANA.member)?.name).toBe(ANA.name);
  expect(talk.lines.map(({ kind }) => kind)).toEqual(["note", "said"]);
});

test("who comes and leaves is a quiet line by name", () => {
  const talk = after(inRoom, [
    { type: "joined", room: "r1", seq: 11, member: BEN },
    { type: "left", room: "r1", seq: 12, member: ANA.member },
  ]);
  expect(notes(talk).slice(1)).toEqual([
    { what: "joined", name: BEN.name, member: BEN.member },
    { what: "left", name: ANA.name, member: ANA.member },
  ]);
  expect([...(talk.room?.members.keys() ?? [])]).toEqual([ME.member, BEN.member]);
});

test("somebody who left keeps their name in what they said", () => {
  const talk = after(inRoom, [said(11), { type: "left", room: "r1", seq: 12, member: ANA.member }]);
  expect(talk.lines.find((line) => line.kind === "said")?.name).toBe(ANA.name);
});

test("muted messages in a row are one line", () => {
  const talk = after(
    inRoom,
    [11, 12, 13].map((seq) => ({ type: "skipped", room: "r1", seq })),
  );
  expect(notes(talk).slice(1)).toEqual([{ what: "skipped", count: 3 }]);
});

test("a quiet room is quiet until somebody comes", () => {
  const alone = after(NO_TALK, [placed({ quiet: true, members: [ME] })]);
  expect(alone.room?.isQuiet).toBe(true);
  expect(after(alone, [{ type: "joined", room: "r1", seq: 11, member: BEN }]).room?.isQuiet).toBe(false);
});

test("what I say waits, is heard, and looks unacknowledged until its ack is there", () => {
  const sent = after(inRoom, [waiting("1")]);
  expect(unheard(sent).map(({ id }) => id)).toEqual(["1"]);
  const heard = after(sent, [said(11, "my 1", ME.member)]);
  expect(unheard(heard)).toEqual([]);
  expect(heard.lines.at(-1)).toMatchObject({ kind: "said", isMine: true, pending: "1" });
  expect(after(heard, [waiting()]).lines.at(-1)).toMatchObject({ pending: null });
});

test("the same words said twice wait twice", () => {
  const twice: TalkEvent = {
    type: "waiting",
    waiting: ["1", "2"].map((id) => ({ id, room: "r1", text: "hi", isSent: true })),
  };
  const one = after(inRoom, [twice, said(11, "hi", ME.member)]);
  expect(unheard(one).map(({ id }) => id)).toEqual(["2"]);
  expect(unheard(after(one, [said(12, "hi", ME.member)]))).toEqual([]);
});

test("another room takes everything of the former one off the screen, but what of mine was not said", () => {
  const refused: TalkEvent = { type: "refused", text: "mine", room: "r1", code: "held", detail: "no", againAtMs: null };
  const talk = after(inRoom, [said(11), refused, placed({ room: otherRoom, why: "next" })]);
  expect(talk.lines.map(({ kind }) => kind)).toEqual(["refused", "note"]);
  expect(after(talk, [{ type: "discard", key: talk.lines[0]?.key ?? "" }]).lines.length).toBe(1);
});

test("a merge goes on from what was said, says who came along, and mutes go with them", () => {
  const before = after(inRoom, [said(11), { type: "muting", member: ANA.member, isOn: true }]);
  const members = [
    { ...ME, member: "m2", was: ME.member },
    { ...ANA, member: "a2", was: ANA.member },
    { ...BEN, member: "b2" },
  ];
  const talk = after(before, [placed({ room: otherRoom, why: "merged", you: "m2", members })]);
  expect(texts(talk)).toEqual(["text 11"]);
  expect(notes(talk).slice(1)).toEqual([
    { what: "placed", why: "merged" },
    { what: "along", names: [ANA.name] },
  ]);
  expect([...talk.muted]).toEqual(["a2"]);
});

test("a lifted room goes on under another id", () => {
  const talk = after(inRoom, [said(11), placed({ room: otherRoom, why: "lifted", messages: [said(11)] })]);
  expect(texts(talk)).toEqual(["text 11"]);
  expect(lastNote(talk)).toEqual({ what: "placed", why: "lifted" });
  expect(talk.lines.find((line) => line.kind === "said")?.room).toBe(otherRoom.id);
});

test("after a drop what is missing is added once, and a hole is told", () => {
  const before = after(inRoom, [said(11), said(12)]);
  const back = (messages: Said[]) => placed({ why: "resynced", messages, seq: 70 });
  expect(texts(after(before, [back([said(11), said(12), said(13)])]))).toEqual(["text 11", "text 12", "text 13"]);
  const holed = after(before, [back([said(60), said(61)])]);
  expect(lastNote(holed)).toEqual({ what: "gap" });
  expect(texts(holed)).toEqual(["text 11", "text 12", "text 60", "text 61"]);
});

test("without a room nothing of it is left, and why is known", () => {
  const talk = after(inRoom, [said(11), { type: "unplaced", why: "quiet_area" }]);
  expect(talk).toMatchObject({ room: null, unplaced: "quiet_area", lines: [] });
  expect(after(talk, [{ type: "looking" }]).unplaced).toBeNull();
});

test("what is told of another room is passed over", () => {
  expect(after(inRoom, [said(11, "no", "x", "r9"), { type: "greeted", room: "r9", member: "x" }])).toBe(inRoom);
});

test("greetings and knowing each other are remembered by member", () => {
  const talk = after(inRoom, [
    { type: "greeting", member: ANA.member },
    { type: "greeted", room: "r1", member: ANA.member },
    { type: "known", room: "r1", member: ANA.member, person: "p1", name: "Ana" },
  ]);
  expect([...talk.greeted, ...talk.greetedBy]).toEqual([ANA.member, ANA.member]);
  expect(talk.known.get(ANA.member)).toBe("p1");
  expect(lastNote(talk)).toEqual({ what: "known", name: "Ana", member: ANA.member });
});

test("a change of name tells both", () => {
  const talk = after(inRoom, [
    { type: "changed", room: "r1", seq: 11, member: { ...ANA, name: "Ana", verified: true } },
  ]);
  expect(lastNote(talk)).toEqual({ what: "changed", before: ANA.name, name: "Ana" });
  expect(talk.room?.members.get(ANA.member)?.verified).toBe(true);
});

test("a thousand messages leave the newest lines, each with a key of its own", () => {
  const talk = after(
    inRoom,
    Array.from({ length: 1_000 }, (_, index) => said(11 + index)),
  );
  expect(talk.lines.length).toBe(MAX_LINES);
  expect(new Set(talk.lines.map(({ key }) => key)).size).toBe(MAX_LINES);
  expect(texts(talk).at(-1)).toBe("text 1010");
});

test("events in one go or one by one come to the same", () => {
  const event = fc.oneof(
    fc.integer({ min: 11, max: 40 }).map((seq): TalkEvent => said(seq)),
    fc.constantFrom<TalkEvent>(
      placed({ room: otherRoom, why: "next" }),
      placed({ why: "resynced", messages: [said(12), said(13)] }),
      { type: "joined", room: "r1", seq: 20, member: BEN },
      { type: "left", room: "r1", seq: 21, member: BEN.member },
      { type: "skipped", room: "r1", seq: 22 },
      { type: "unplaced", why: "none" },
      waiting("1"),
      waiting(),
      { type: "forget" },
    ),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const stepwise = events.reduce<Talk>((talk, one) => after(talk, [one]), inRoom);
      expect(after(inRoom, events)).toEqual(stepwise);
      const keys = stepwise.lines.map((line: Line) => line.key).filter((key) => key.startsWith("n"));
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});
