// A phone as a stranger writes it: Node's own fetch, the package ws, and what the documents of the wire say.
import assert from "node:assert/strict";
import WebSocket from "ws";

export const ZURICH = { lat: 47.37, lon: 8.54 };

export async function guest(server) {
  const response = await fetch(`${server}/v1/guests`, { method: "POST" });
  assert.equal(response.status, 201);
  return await response.json(); // { user, token, expires_at_ms }
}

export class Phone {
  received = []; // every message so far, oldest first
  #taken = 0; // how many of them next() has handed out
  #wake = () => {};

  constructor(server, { protocols = ["nearby.v1"], headers = {}, autoPong = true } = {}) {
    this.socket = new WebSocket(`${server.replace("http", "ws")}/v1/ws`, protocols, { headers, autoPong });
    this.opened = new Promise((resolve, reject) => this.socket.once("open", resolve).once("error", reject));
    this.opened.catch(() => {}); // Whoever waits for it sees the error.
    this.closed = new Promise((resolve) => this.socket.once("close", (code, reason) => resolve([code, `${reason}`])));
    this.socket.on("close", () => this.#wake());
    this.socket.on("message", (data) => {
      this.received.push(JSON.parse(data));
      this.#wake();
    });
  }

  // A phone whose hello was answered; resume is { room, epoch, after }, what it saw last.
  static async hello(server, token, resume) {
    const phone = new Phone(server);
    await phone.opened;
    phone.send({ type: "hello", token, resume });
    phone.welcome = await phone.until("welcome");
    return phone;
  }

  // A phone of a new guest who sits in a room in Zurich.
  static async seated(server) {
    const { user, token } = await guest(server);
    const phone = await Phone.hello(server, token);
    Object.assign(phone, { user, token });
    phone.send({ type: "checkin", ...ZURICH });
    phone.placed = await phone.until("placed");
    return phone;
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  // The next message, in the order the server sent them.
  async next() {
    while (this.#taken === this.received.length) {
      assert.ok(this.socket.readyState <= WebSocket.OPEN, "the server closed and nothing more will come");
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return this.received[this.#taken++];
  }

  async until(type) {
    for (;;) {
      const message = await this.next();
      if (message.type === type) return message;
    }
  }

  // The one answer to a message that carries an id.
  async ask(message) {
    this.send(message);
    for (;;) {
      const answer = await this.next();
      if (["ack", "error", "pong"].includes(answer.type) && answer.id === message.id) return answer;
    }
  }

  // Whatever is still on its way: all that came before the answer to a ping sent now.
  async quiet() {
    const from = this.#taken;
    await this.ask({ type: "ping", id: "is that all?" });
    return this.received.slice(from, this.#taken - 1);
  }

  // Where I am in the room's log: what to send as resume after a drop.
  position() {
    const { id: room, epoch } = this.placed.room;
    const after = Math.max(this.placed.seq, ...this.received.map((message) => message.seq ?? 0));
    return { room, epoch, after };
  }
}
