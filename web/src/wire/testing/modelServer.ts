import type { ClientMessage, Placed, Said, ServerMessage } from "../types.gen.ts";
import { placed, ScriptedServer, type Visit, WELCOME } from "./scriptedServer.ts";

interface Guest {
  name: string;
  server: ScriptedServer;
  visit: Visit | null;
  isWelcome: boolean;
  /** How many of the visit's messages the server took. */
  taken: number;
  /** What is on its way to the phone. */
  underway: ServerMessage[];
}

/**
 * One room by the contract's rules for logs, repeats and resume, told in as few lines as will do. Nothing moves by
 * itself: `take` carries one message of a phone in, `give` one message out.
 */
export class ModelServer {
  readonly log: Said[] = [];
  readonly guests: Guest[];
  #epoch = 1;
  #seq = 0;
  #seqById = new Map<string, number>();

  constructor(names: string[]) {
    this.guests = names.map((name) => ({
      name,
      server: new ScriptedServer(),
      visit: null,
      isWelcome: false,
      taken: 0,
      underway: [],
    }));
  }

  /** Takes the next message of a phone, or its connection; false if there is none. */
  take(number: number): boolean {
    const guest = this.#guest(number);
    const newest = guest.server.visits.at(-1) ?? null;
    if (newest !== guest.visit && newest !== null && !newest.isClosedByPhone) {
      Object.assign(guest, { visit: newest, isWelcome: false, taken: 0, underway: [] });
      newest.open();
      return true;
    }
    const message = guest.visit?.received[guest.taken];
    if (message === undefined) return false;
    guest.taken += 1;
    this.#carryOut(guest, message);
    return true;
  }

  /** Lets a phone have the next message that is underway; false if there is none. */
  give(number: number): boolean {
    const guest = this.#guest(number);
    const message = guest.underway.shift();
    if (message === undefined) return false;
    guest.visit?.tell(message);
    return true;
  }

  /** Breaks a phone's connection; what is underway is lost. */
  cut(number: number): void {
    const guest = this.#guest(number);
    guest.visit?.end();
    Object.assign(guest, { underway: [], isWelcome: false });
    // What the phone sent and the server did not take is lost too.
    guest.taken = Number.MAX_SAFE_INTEGER;
  }

  /** Ends every connection and begins a new epoch: nobody can resume. */
  restart(): void {
    this.#epoch += 1;
    for (const number of this.guests.keys()) this.cut(number);
  }

  /** The room as somebody sees it who knows nothing. */
  snapshot(guest: Guest): Placed {
    return placed({
      room: { id: "room", epoch: this.#epoch, capacity: 8, opened_ms: 0 },
      you: guest.name,
      members: this.guests.map(({ name }) => ({ member: name, name, verified: false })),
      messages: this.log.slice(-50),
      seq: this.#seq,
      why: "resynced",
    });
  }

  #carryOut(guest: Guest, message: ClientMessage): void {
    if (message.type === "hello") {
      const { resume } = message;
      const resumed = resume?.epoch === this.#epoch && resume.after <= this.#seq;
      guest.isWelcome = true;
      guest.underway.push({ ...WELCOME, user: guest.name, resumed });
      if (resumed) guest.underway.push(...this.log.filter(({ seq }) => seq > resume.after));
      else guest.underway.push(this.snapshot(guest));
    } else if (message.type === "say") {
      this.#say(guest, `${message.id}`, message.text);
    } else if (message.type === "ping") {
      guest.underway.push({ type: "pong" });
    }
  }

  #say(guest: Guest, id: string, text: string): void {
    const known = this.#seqById.get(`${guest.name} ${id}`);
    if (known === undefined) {
      this.#seq += 1;
      const event: Said = { type: "said", room: "room", seq: this.#seq, from: guest.name, text, at_ms: 0 };
      this.log.push(event);
      this.#seqById.set(`${guest.name} ${id}`, this.#seq);
      for (const other of this.guests) if (other.isWelcome) other.underway.push(event);
    }
    guest.underway.push({ type: "ack", id, seq: known ?? this.#seq });
  }

  #guest(number: number): Guest {
    const guest = this.guests[number];
    if (guest === undefined) throw new RangeError(`there is no guest ${number}`);
    return guest;
  }
}
