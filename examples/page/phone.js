// One person's phone in a web page: the browser's own fetch and WebSocket, no library and no build step.
// It reconnects by itself, misses nothing, says nothing twice, and stops where the server asks it to.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const FIRST_FINAL_CODE = 3500; // From here on the server asks clients not to come back by themselves.
const LAST_CODE = 3999;

export async function newGuest(server) {
  return (await call(server, "/v1/guests")).token;
}

// A fresh token for the same person, up to 30 days after the old one expired.
export async function renewed(server, token) {
  return (await call(server, "/v1/guests/renew", token)).token;
}

async function call(server, path, token) {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(server + path, { method: "POST", headers });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

export class Phone {
  room = null; // the last placed message, its members and messages kept up to date; null without a room
  #seq = 0; // the last event of the room that was seen
  #socket = null;
  #here = null; // where to be, as { lat, lon }; null is nowhere
  #unanswered = new Map(); // what was said and not acknowledged, by id
  #tries = 0; // connections in a row that were not welcomed
  #delay_ms = null; // when to come back, from a server that goes down
  #timers = { connect: 0, checkIn: 0 };
  #isClosed = false;

  // onChange() is called when the room is another one or changed, onState(text) when the connection did.
  constructor(server, token, { onChange = () => {}, onState = () => {} } = {}) {
    Object.assign(this, { server, token, onChange, onState });
    this.#connect();
  }

  checkIn(here) {
    this.#here = here;
    this.#send({ type: "checkin", ...here });
  }

  // Resolves once the server has it, however often the connection drops in between; rejects if it was refused.
  say(text) {
    const id = crypto.randomUUID();
    const message = { type: "say", id, room: this.room.room.id, text };
    return new Promise((resolve, reject) => {
      this.#unanswered.set(id, { message, resolve, reject });
      this.#send(message);
    });
  }

  next() {
    this.#send({ type: "next", room: this.room.room.id });
  }

  leave() {
    this.#here = null;
    this.#send({ type: "leave" });
  }

  close() {
    this.#isClosed = true;
    Object.values(this.#timers).forEach(clearTimeout);
    this.#socket.close();
  }

  #connect() {
    this.onState("connecting");
    this.#socket = new WebSocket(`${this.server.replace(/^http/, "ws")}/v1/ws`, "nearby.v1");
    this.#socket.onopen = () => this.#send({ type: "hello", token: this.token, resume: this.#position() });
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  #position() {
    if (this.room === null) return undefined;
    return { room: this.room.room.id, epoch: this.room.room.epoch, after: this.#seq };
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #closed(code, reason) {
    clearTimeout(this.#timers.checkIn);
    if (this.#isClosed) return;
    if (code >= FIRST_FINAL_CODE && code <= LAST_CODE) return this.onState(`closed: ${reason}`);
    this.onState("connection lost");
    const longest_ms = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#tries++);
    this.#timers.connect = setTimeout(() => this.#connect(), this.#delay_ms ?? Math.random() * longest_ms);
    this.#delay_ms = null;
  }

  #receive(message) {
    const take = {
      welcome: () => this.#welcome(message),
      placed: () => this.#placed(message),
      unplaced: () => this.#unplaced(message.why),
      said: () => this.#event(message, (room) => room.messages.push(message)),
      joined: () => this.#event(message, (room) => room.members.push(message.member)),
      left: () => this.#event(message, (room) => remove(room.members, message.member)),
      changed: () => this.#event(message, (room) => replace(room.members, message.member)),
      skipped: () => this.#event(message, () => {}),
      ack: () => this.#answered(message.id, ({ resolve }) => resolve(message)),
      error: () => this.#refused(message),
      expiring: () => this.#renew(),
      bye: () => (this.#delay_ms = message.reconnect_ms),
    }[message.type];
    take?.(); // A type this page does not know is from a newer server: nothing to do.
  }

  #welcome({ window_s, resumed }) {
    this.#tries = 0;
    this.onState(resumed ? "connected, nothing missed" : "connected");
    for (const { message } of this.#unanswered.values()) this.#send(message);
    this.#stay(window_s * 1000);
  }

  // Presence lapses some time after the last check-in: one more every 0.5 to 0.8 windows keeps the seat.
  #stay(window_ms) {
    this.#timers.checkIn = setTimeout(() => {
      if (this.#here !== null) this.checkIn(this.#here);
      this.#stay(window_ms);
    }, (0.5 + 0.3 * Math.random()) * window_ms);
  }

  #placed(snapshot) {
    this.room = snapshot;
    this.#seq = snapshot.seq;
    this.onChange();
  }

  #unplaced(why) {
    this.room = null;
    this.onChange();
    if (this.#here !== null && ["none", "expired"].includes(why)) this.checkIn(this.#here);
  }

  // Every event is the one after the last. Should one be missing, a new connection brings what lies between.
  #event(message, apply) {
    if (message.room !== this.room?.room.id || message.seq <= this.#seq) return;
    if (message.seq !== this.#seq + 1) return this.#socket.close();
    this.#seq = message.seq;
    apply(this.room);
    this.onChange();
  }

  #answered(id, settle) {
    const waiting = this.#unanswered.get(id);
    if (waiting === undefined) return;
    this.#unanswered.delete(id);
    settle(waiting);
  }

  #refused({ id, code, detail, retry_ms = 1000 }) {
    const waiting = this.#unanswered.get(id);
    if (waiting === undefined) this.onState(detail);
    else if (["hub_down", "store_down"].includes(code)) setTimeout(() => this.#send(waiting.message), retry_ms);
    else this.#answered(id, ({ reject }) => reject(new Error(detail)));
  }

  async #renew() {
    this.token = await renewed(this.server, this.token);
    this.#send({ type: "renew", token: this.token });
  }
}

function remove(members, member) {
  members.splice(members.findIndex((one) => one.member === member), 1);
}

function replace(members, changed) {
  Object.assign(members.find((one) => one.member === changed.member), changed);
}
