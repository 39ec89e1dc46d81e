// Section by section what the documents promise a phone, from outside. Every function is one test: it gets the
// address of a server on which nobody is yet, and throws if a promise is broken.
import assert from "node:assert/strict";
import { guest, Phone, ZURICH } from "./phone.js";

const texts = (messages) => messages.map((message) => message.text);

export async function two_guests_of_one_place_meet_and_talk(server) {
  const ana = await Phone.seated(server);
  assert.equal(ana.welcome.user, ana.user);
  assert.equal(ana.welcome.resumed, false);
  assert.equal(ana.socket.protocol, "nearby.v1");
  const ben = await Phone.seated(server);
  assert.equal(ben.placed.room.id, ana.placed.room.id);
  assert.equal(ben.placed.why, "new");
  assert.equal(ben.placed.members.length, 2);
  const joined = await ana.until("joined");
  assert.equal(joined.member.member, ben.placed.you);
  assert.equal(joined.seq, ben.placed.seq); // The snapshot includes one's own joined.

  const ack = await ana.ask({ type: "say", id: 1, room: ana.placed.room.id, text: "Grüezi 👋" });
  assert.equal(ack.seq, joined.seq + 1);
  for (const phone of [ana, ben]) {
    const said = phone.received.find((message) => message.type === "said") ?? (await phone.until("said"));
    const { id: room } = ana.placed.room;
    assert.deepEqual(said, { type: "said", room, seq: ack.seq, from: ana.placed.you, text: "Grüezi 👋", at_ms: ack.at_ms });
  }
}

export async function ids_say_nothing_of_the_person(server) {
  const [ana, ben] = [await Phone.seated(server), await Phone.seated(server)];
  const shown = JSON.stringify(ben.received);
  assert.ok(!shown.includes(ana.user) && !shown.includes(ana.token));
  assert.match(ben.placed.you, /^[A-Za-z0-9_-]{1,64}$/);
}

export async function the_token_may_come_in_the_header(server) {
  const { user, token } = await guest(server);
  const phone = new Phone(server, { headers: { Authorization: `Bearer ${token}` } });
  await phone.opened;
  phone.send({ type: "hello" });
  assert.equal((await phone.until("welcome")).user, user);
}

export async function a_check_in_is_answered_with_area_and_window_only(server) {
  const phone = await Phone.hello(server, (await guest(server)).token);
  assert.deepEqual(await phone.next(), { type: "unplaced", why: "none" });
  const ack = await phone.ask({ type: "checkin", id: "here", ...ZURICH, accuracy_m: 12.5, some_new_field: [1] });
  assert.deepEqual(Object.keys(ack).sort(), ["area", "id", "type", "window"]);
  assert.ok(ack.area.resolution <= 7);
  assert.equal(ack.window.end_ms - ack.window.start_ms, phone.welcome.window_s * 1000);
  assert.equal((await phone.until("placed")).area.cell, ack.area.cell);
}

export async function a_repeated_id_is_said_once_and_gets_the_first_seq(server) {
  const [ana, ben] = [await Phone.seated(server), await Phone.seated(server)];
  const say = { type: "say", id: "m-1", room: ana.placed.room.id, text: "once" };
  const first = await ana.ask(say);
  assert.equal((await ana.ask(say)).seq, first.seq);
  const refused = await ana.ask({ ...say, text: "another" });
  assert.deepEqual([refused.type, refused.code], ["error", "id_reused"]);
  assert.deepEqual(texts((await ben.quiet()).filter((message) => message.type === "said")), ["once"]);
}

export async function after_a_drop_exactly_what_was_missed_comes_and_nobody_saw_me_leave(server) {
  const [ana, ben] = [await Phone.seated(server), await Phone.seated(server)];
  await ana.quiet();
  ana.socket.terminate();
  await ana.closed;
  for (const text of ["one", "two", "three"]) await ben.ask({ type: "say", id: text, text });
  const back = await Phone.hello(server, ana.token, ana.position());
  assert.equal(back.welcome.resumed, true);
  const missed = await back.quiet();
  assert.deepEqual(texts(missed), ["one", "two", "three"]);
  assert.deepEqual(missed.map(({ seq }) => seq - ana.position().after), [1, 2, 3]);
  assert.deepEqual(missed, ben.received.filter(({ type }) => type === "said"));
  await ben.quiet();
  assert.ok(!ben.received.some(({ type }) => type === "left" || type === "joined"));
}

export async function words_whose_ack_was_lost_are_sent_again_and_said_once(server) {
  const [ana, ben] = [await Phone.seated(server), await Phone.seated(server)];
  const say = { type: "say", id: "unsure", room: ana.placed.room.id, text: "did you get this?" };
  ana.send(say);
  const said = await ben.until("said");
  ana.socket.terminate();
  const back = await Phone.hello(server, ana.token, { ...ana.position(), after: said.seq });
  assert.equal((await back.ask(say)).seq, said.seq);
  assert.deepEqual(await ben.quiet(), []);
}

export async function without_resume_a_held_seat_is_told_as_a_snapshot(server) {
  const ana = await Phone.seated(server);
  await ana.ask({ type: "say", id: 1, text: "before the drop" });
  ana.socket.terminate();
  const back = await Phone.hello(server, ana.token);
  const placed = await back.next();
  assert.deepEqual([placed.type, placed.why, placed.you], ["placed", "resynced", ana.placed.you]);
  assert.deepEqual(texts(placed.messages), ["before the drop"]);
  assert.deepEqual(await back.quiet(), []);
}

export async function next_gives_another_room_and_the_old_one_is_answered_moved(server) {
  const [ana, ben] = [await Phone.seated(server), await Phone.seated(server)];
  const old = ana.placed.room.id;
  assert.equal((await ana.ask({ type: "next", id: "n", room: old })).type, "ack");
  const placed = await ana.until("placed");
  assert.equal(placed.why, "next");
  assert.notEqual(placed.room.id, old);
  assert.notEqual(placed.you, ana.placed.you); // A member id holds for one room.
  assert.equal((await ben.until("left")).member, ana.placed.you);
  const late = await ana.ask({ type: "say", id: "late", room: old, text: "still there?" });
  assert.deepEqual([late.type, late.code], ["error", "moved"]);
}

export async function leave_ends_the_seat(server) {
  const [ana, ben] = [await Phone.seated(server), await Phone.seated(server)];
  assert.deepEqual(await ana.ask({ type: "leave", id: 7 }), { type: "ack", id: 7 });
  assert.deepEqual(await ana.until("unplaced"), { type: "unplaced", why: "left" });
  assert.equal((await ben.until("left")).member, ana.placed.you);
  assert.equal((await ana.ask({ type: "say", id: 8, text: "hello?" })).code, "not_in_room");
}

export async function what_is_wrong_is_answered_and_the_connection_stays(server) {
  const phone = await Phone.seated(server);
  const wrong = [
    [{ type: "checkin", id: 1, lat: 90.001, lon: 0 }, "bad_position"],
    [{ type: "checkin", id: 2, lat: "47.37", lon: 8.54 }, "bad_position"],
    [{ type: "say", id: 3, text: "" }, "bad_text"],
    [{ type: "dance", id: 4 }, "unknown_type"],
    [{ type: "say", id: 5 }, "bad_message"],
  ];
  for (const [message, code] of wrong) {
    const answer = await phone.ask(message);
    assert.deepEqual([answer.type, answer.id, answer.code], ["error", message.id, code]);
    assert.ok(answer.detail);
  }
  phone.socket.send("{");
  assert.equal((await phone.until("error")).code, "bad_message");
  assert.deepEqual(await phone.ask({ type: "ping", id: "there?" }), { type: "pong", id: "there?" });
}

export async function a_newer_connection_takes_the_seat_and_the_older_is_closed_3504(server) {
  const [ana, ben] = [await Phone.seated(server), await Phone.seated(server)];
  await ana.quiet();
  const newer = await Phone.hello(server, ana.token, ana.position());
  assert.equal((await ana.closed)[0], 3504);
  assert.equal(newer.welcome.resumed, true);
  assert.equal((await newer.ask({ type: "say", id: 1, text: "I am on my laptop now" })).type, "ack");
  assert.deepEqual((await ben.quiet()).map(({ type }) => type), ["said"]);
}

export async function a_bad_token_closes_3500_wherever_it_came(server) {
  const inMessage = new Phone(server);
  await inMessage.opened;
  inMessage.send({ type: "hello", token: "nonsense" });
  const inHeader = new Phone(server, { headers: { Authorization: "Bearer nonsense" } });
  await inHeader.opened; // The upgrade completes first.
  const nowhere = new Phone(server);
  await nowhere.opened;
  nowhere.send({ type: "hello" });
  for (const phone of [inMessage, inHeader, nowhere]) {
    const [code, reason] = await phone.closed;
    assert.equal(code, 3500);
    assert.ok(reason.length > 0 && Buffer.byteLength(reason) <= 123);
    assert.deepEqual(phone.received, []);
  }
}

export async function a_fresh_token_of_the_same_person_renews_and_anothers_closes_3500(server) {
  const phone = await Phone.seated(server);
  const authorization = { Authorization: `Bearer ${phone.token}` };
  const renewed = await (await fetch(`${server}/v1/guests/renew`, { method: "POST", headers: authorization })).json();
  assert.equal(renewed.user, phone.user);
  assert.equal((await phone.ask({ type: "renew", id: 1, token: renewed.token })).type, "ack");
  phone.send({ type: "renew", token: (await guest(server)).token });
  assert.equal((await phone.closed)[0], 3500);
}

export async function a_check_in_over_http_acts_as_the_open_sockets(server) {
  const { token } = await guest(server);
  const phone = await Phone.hello(server, token);
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const body = JSON.stringify(ZURICH);
  const { room } = await (await fetch(`${server}/v1/checkins`, { method: "POST", headers, body })).json();
  assert.deepEqual(room, { id: (await phone.until("placed")).room.id, size: 1, capacity: 8 });
  assert.equal((await fetch(`${server}/v1/presence`, { method: "DELETE", headers })).status, 204);
  assert.equal((await phone.until("unplaced")).why, "left");
}

export async function a_phone_that_offers_no_subprotocol_is_served_and_one_that_offers_only_others_gets_400(server) {
  for (const [protocols, chosen] of [[[], ""], [["chat.v9", "nearby.v1"], "nearby.v1"]]) {
    const phone = new Phone(server, { protocols });
    await phone.opened;
    assert.equal(phone.socket.protocol, chosen);
  }
  await assert.rejects(new Phone(server, { protocols: ["chat.v9"] }).opened, /Unexpected server response: 400/);
}

export async function binary_frames_and_frames_over_16_kib_close_3502(server) {
  for (const frame of [Buffer.from('{"type":"ping"}'), " ".repeat(16 * 1024 + 1)]) {
    const phone = await Phone.hello(server, (await guest(server)).token);
    phone.socket.send(frame);
    assert.equal((await phone.closed)[0], 3502);
  }
}
