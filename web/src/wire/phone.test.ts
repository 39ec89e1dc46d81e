import { describe, expect, test } from "vitest";
import { NotAcknowledged, Refused } from "./index.ts";
import { settled } from "./testing/manualClock.ts";
import { phoneOf, seatedPhone, watched } from "./testing/phones.ts";
import { placed, said } from "./testing/scriptedServer.ts";

describe("the room", () => {
  test("it is the snapshot and every event after it", async () => {
    const { server, phone } = await seatedPhone();
    const before = phone.room;
    const ben = { member: "ben", name: "Bold Newt", verified: false };
    server.last.tell({ type: "joined", room: "room", seq: 2, member: ben }, said(3, "hi", "ben"));
    expect(phone.room).toMatchObject({ seq: 3, quiet: false, messages: [{ text: "hi" }] });
    expect(phone.room?.members.get("ben")).toEqual(ben);
    server.last.tell(
      { type: "changed", room: "room", seq: 4, member: { ...ben, verified: true } },
      { type: "skipped", room: "room", seq: 5 },
    );
    expect(phone.room?.members.get("ben")?.verified).toBe(true);
    server.last.tell({ type: "left", room: "room", seq: 6, member: "ben" });
    expect([...(phone.room?.members.keys() ?? [])]).toEqual(["me"]);
    expect([before?.seq, before?.members.size]).toEqual([1, 1]);
    server.last.tell({ type: "unplaced", why: "left" });
    expect(phone.room).toBeNull();
  });

  test("a gap is never guessed over: the phone drops the line and resumes from what it has", async () => {
    const { server, clock, phone, events } = await seatedPhone();
    server.last.tell(said(2), said(4));
    expect([phone.room?.seq, phone.statistics.gaps, phone.state.kind]).toEqual([2, 1, "waiting"]);
    expect(events.filter(({ type }) => type === "said")).toHaveLength(1);
    await clock.pass(500);
    server.last.open();
    expect(server.last.of("hello")[0]?.resume?.after).toBe(2);
  });

  test("an event that is not news, or of a former room, is not told", async () => {
    const { server, phone, events } = await seatedPhone();
    server.last.tell(said(2), said(2), { ...said(3), room: "other" });
    expect([phone.room?.seq, phone.statistics.repeats]).toEqual([2, 2]);
    expect(events.filter(({ type }) => type === "said")).toHaveLength(1);
  });

  test("a message of a newer server is passed over, and an event of the log keeps its place", async () => {
    const { server, phone } = await seatedPhone();
    server.last.tell({ type: "sparkled" }, { type: "waved", room: "room", seq: 2, by: "ben" }, said(3));
    expect([phone.room?.seq, phone.statistics.unknown, phone.statistics.gaps]).toEqual([3, 2, 0]);
  });

  test.each([
    "not json",
    "[]",
    '{"type":7}',
    '{"type":"said","room":"room","seq":"2"}',
    '{"type":"placed","room":null}',
  ])("a frame that makes no sense (%s) drops the line", async (frame) => {
    const { server, phone } = await seatedPhone();
    server.last.tell(frame);
    expect([phone.state.kind, phone.statistics.unreadable]).toEqual(["waiting", 1]);
  });

  test("a thousand messages at once are taken, and the newest are kept", async () => {
    const { server, phone } = await seatedPhone();
    server.last.tell(...Array.from({ length: 1_000 }, (_, number) => said(number + 2)));
    expect([phone.room?.seq, phone.room?.messages.length]).toEqual([1_001, 200]);
    expect(phone.room?.messages.at(-1)?.seq).toBe(1_001);
  });
});

describe("saying", () => {
  test("a text is pending until it is acknowledged", async () => {
    const { server, phone } = await seatedPhone();
    const ids: string[] = [];
    const waiting = watched(phone.say("hello", (id) => ids.push(id)));
    expect(phone.pending).toEqual([{ id: ids[0], room: "room", text: "hello", isSent: true }]);
    server.last.tell(said(2, "hello"), { type: "ack", id: ids[0] ?? "", seq: 2 });
    await settled();
    expect([waiting.value?.seq, phone.pending]).toEqual([2, []]);
  });

  test("what is said offline waits, in order, and is sent on return under the ids it had", async () => {
    const { server, clock, phone } = await seatedPhone();
    const first = phone.say("sent and lost").catch(() => {});
    const before = server.last.of("say");
    server.last.end();
    for (const text of ["one", "two"]) phone.say(text).catch(() => {});
    expect(phone.pending.map(({ text, isSent }) => [text, isSent])).toEqual([
      ["sent and lost", false],
      ["one", false],
      ["two", false],
    ]);
    await clock.pass(500);
    server.last.welcome(placed({ why: "resynced" }));
    expect(server.last.of("say").map(({ text }) => text)).toEqual(["sent and lost", "one", "two"]);
    expect(server.last.of("say")[0]).toEqual(before[0]);
    phone.stop();
    await first;
  });

  test("a text that would come too late to be known as a repeat is not sent again", async () => {
    const { server, clock, phone } = await seatedPhone({ settings: { capMs: 1 } });
    const late = watched(phone.say("late"));
    server.last.end();
    const fresh = watched(phone.say("never sent before"));
    await clock.pass(100_001);
    while (server.visits.length < 2) await clock.pass(10);
    server.last.welcome(placed({ why: "resynced" }));
    await settled();
    expect(late.error).toBeInstanceOf(NotAcknowledged);
    expect(fresh).toEqual({});
    expect(server.last.of("say").map(({ text }) => text)).toEqual(["never sent before"]);
  });

  test("a failure that passes is asked again, and a refusal is told with the time to wait", async () => {
    const { server, clock, phone } = await seatedPhone();
    const down = watched(phone.say("down"));
    const id = server.last.of("say")[0]?.id ?? "";
    server.last.tell({ type: "error", id, code: "store_down", detail: "", retry_ms: 2_000 });
    await clock.pass(1_999);
    expect([server.last.of("say").length, down]).toEqual([1, {}]);
    await clock.pass(1);
    expect(server.last.of("say")).toHaveLength(2);
    server.last.tell({ type: "error", id, code: "rate_limited", detail: "wait", retry_ms: 700 });
    await settled();
    expect(down.error).toMatchObject({ name: "Refused", code: "rate_limited", retryMs: 700 });
  });

  test("one more than may wait is refused by the phone itself", async () => {
    const { server, phone } = await seatedPhone({ settings: { waitingCalls: 2 } });
    server.last.end();
    for (const text of ["one", "two"]) phone.say(text).catch(() => {});
    await expect(phone.say("three")).rejects.toMatchObject({ code: "rate_limited" });
    expect(phone.pending).toHaveLength(2);
    phone.stop();
  });

  test("a pending text can be given up, and is not sent any more", async () => {
    const { server, clock, phone } = await seatedPhone();
    server.last.end();
    const waiting = watched(phone.say("never mind"));
    const [text] = phone.pending;
    expect(phone.giveUp(text?.id ?? "")).toBe(true);
    expect(phone.giveUp(text?.id ?? "")).toBe(false);
    await clock.pass(500);
    server.last.welcome(placed({ why: "resynced" }));
    expect(waiting.error).toBeInstanceOf(NotAcknowledged);
    expect(server.last.of("say")).toEqual([]);
  });

  test("without a room nothing is said", async () => {
    const { phone } = await phoneOf();
    await expect(phone.say("hello")).rejects.toEqual(new Refused("not_in_room"));
  });
});

describe("being there", () => {
  const here = { lat: 47.37, lon: 8.54 };

  test("of check-ins that wait only the newest is sent, and answers all", async () => {
    const { server, clock, phone } = await phoneOf();
    const answers = [1, 2, 3].map((lat) => watched(phone.checkIn({ lat, lon: 0 })));
    server.last.welcome();
    const sent = server.last.of("checkin");
    expect(sent.map(({ lat }) => lat)).toEqual([3]);
    server.last.tell({ type: "ack", id: sent[0]?.id ?? "", window: { start_ms: 0, end_ms: 1 } });
    await settled();
    expect(answers.map(({ value }) => value?.window?.end_ms)).toEqual([1, 1, 1]);
    expect(phone.msToCheckIn).toBe(600_000 * 0.65);
    await clock.pass(1_000_000);
    expect(phone.msToCheckIn).toBe(0);
  });

  test("a check-in that was not sent is overtaken by leaving", async () => {
    const { server, phone } = await phoneOf();
    const stale = watched(phone.checkIn(here));
    phone.leave().catch(() => {});
    server.last.welcome();
    await settled();
    expect(stale.error).toBeInstanceOf(NotAcknowledged);
    expect([server.last.of("checkin"), server.last.of("leave").length]).toEqual([[], 1]);
    expect(phone.msToCheckIn).toBeNull();
  });

  test("a check-in the hub refused is not sent after the app has left", async () => {
    const { server, clock, phone } = await phoneOf();
    server.last.welcome();
    const refused = watched(phone.checkIn(here));
    server.last.tell({ type: "error", id: server.last.of("checkin")[0]?.id ?? "", code: "hub_down", detail: "" });
    phone.leave().catch(() => {});
    server.last.tell({ type: "ack", id: server.last.of("leave")[0]?.id ?? "" });
    await clock.pass(5_000);
    expect(refused.error).toMatchObject({ code: "hub_down" });
    expect(server.last.of("checkin")).toHaveLength(1);
  });

  test("a seat that was lost makes the next check-in due at once", async () => {
    const { server, phone } = await phoneOf();
    server.last.welcome();
    phone.checkIn(here);
    server.last.tell({ type: "ack", id: server.last.of("checkin")[0]?.id ?? "" }, placed());
    await settled();
    expect(phone.msToCheckIn).toBeGreaterThan(0);
    server.last.tell({ type: "unplaced", why: "expired" });
    expect(phone.msToCheckIn).toBe(0);
  });

  test("a wish for another room is not repeated after a drop, and waits while offline", async () => {
    const { server, clock, phone } = await seatedPhone();
    const lost = watched(phone.next());
    server.last.end();
    const wish = watched(phone.next());
    await clock.pass(500);
    server.last.welcome(placed({ why: "resynced" }));
    await settled();
    expect(lost.error).toBeInstanceOf(NotAcknowledged);
    expect([server.last.of("next").length, wish]).toEqual([1, {}]);
  });

  test("a shake is given up once it comes too late to meet anybody", async () => {
    const { clock, phone } = await seatedPhone();
    const shaken = watched(phone.shake());
    await clock.pass(5_000);
    expect(shaken.error).toBeInstanceOf(NotAcknowledged);
  });

  test("a block answers with the id to withdraw it by", async () => {
    const { server, phone } = await seatedPhone();
    const blocked = watched(phone.block("ben"));
    const [sent] = server.last.of("block");
    expect(sent).toMatchObject({ room: "room", member: "ben" });
    server.last.tell({ type: "ack", id: sent?.id ?? "", block: "b1" });
    await settled();
    expect(blocked.value).toBe("b1");
  });
});
