// What the server does with a phone that says nothing, and how a phone is told that the server goes down.
import assert from "node:assert/strict";
import { once } from "node:events";
import { guest, Phone, ZURICH } from "./phone.js";

// Prints a line whenever it has nothing to do but wait for the server's next ping.
export async function pings_are_answered_without_a_line_of_code(server) {
  const phone = await Phone.hello(server, (await guest(server)).token);
  for (let pings = 0; pings < 2; pings++) {
    console.log("waiting");
    await once(phone.socket, "ping");
    assert.deepEqual(await phone.ask({ type: "ping", id: pings }), { type: "pong", id: pings });
  }
}

export async function a_phone_that_answers_no_ping_is_closed_3012(server) {
  const phone = new Phone(server, { autoPong: false });
  await phone.opened;
  phone.send({ type: "hello", token: (await guest(server)).token });
  assert.equal((await phone.closed)[0], 3012);
}

export async function a_phone_that_does_not_say_hello_is_closed_3503(server) {
  assert.equal((await new Phone(server).closed)[0], 3503);
}

// Prints a line once it sits in a room; the server is told to go down then.
export async function a_server_that_goes_down_says_bye_and_when_to_come_back(server) {
  const phone = await Phone.hello(server, (await guest(server)).token);
  phone.send({ type: "checkin", ...ZURICH });
  await phone.until("placed");
  console.log("seated");
  assert.ok((await phone.until("bye")).reconnect_ms >= 0);
  assert.equal((await phone.closed)[0], 3001);
}
