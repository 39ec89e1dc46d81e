import type { SocketClass } from "../host.ts";
import type { ClientMessage, Placed, Said, ServerMessage, Welcome } from "../types.gen.ts";

type Listener = (event: { data?: unknown; code?: number }) => void;

export const WELCOME: Welcome = {
  type: "welcome",
  user: "me",
  ping_s: 25,
  window_s: 600,
  server_ms: 0,
  resumed: false,
};

/** Returns a snapshot of a room with one member, `me`. */
export function placed(more: Partial<Placed> = {}): Placed {
  return {
    type: "placed",
    room: { id: "room", epoch: 1, capacity: 8, opened_ms: 0 },
    area: { cell: "85283473fffffff", resolution: 5 },
    you: "me",
    quiet: true,
    members: [{ member: "me", name: "Calm Otter", verified: false }],
    messages: [],
    seq: 1,
    why: "new",
    ...more,
  };
}

export function said(seq: number, text = String(seq), from = "me"): Said {
  return { type: "said", room: "room", seq, from, text, at_ms: 0 };
}

/** One connection of a phone, as a test on the server's side sees it: nothing happens on it by itself. */
export class Visit {
  readonly url: string;
  readonly protocol: string;
  readonly received: ClientMessage[] = [];
  isClosedByPhone = false;
  #listeners = new Map<string, Listener[]>();
  #isOver = false;

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  /** By the phone. */
  send(text: string): void {
    if (!this.#isOver) this.received.push(JSON.parse(text));
  }

  /** By the phone. */
  close(): void {
    this.isClosedByPhone = true;
    this.#isOver = true;
  }

  open(): this {
    this.#tell("open", {});
    return this;
  }

  /** Opens, welcomes, and sends what follows. */
  welcome(...then: ServerMessage[]): this {
    return this.open().tell(WELCOME, ...then);
  }

  tell(...messages: (ServerMessage | string | object)[]): this {
    for (const message of messages) {
      this.#tell("message", { data: typeof message === "string" ? message : JSON.stringify(message) });
    }
    return this;
  }

  /** Closes with a code of the server's; without one the network breaks. */
  end(code = 1006): void {
    this.#tell("close", { code });
    this.#isOver = true;
  }

  /** What the phone sent of a kind. */
  of<T extends ClientMessage["type"]>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.received.filter((message) => message.type === type) as Extract<ClientMessage, { type: T }>[];
  }

  #tell(type: string, event: { data?: unknown; code?: number }): void {
    if (this.#isOver) return;
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** A server that says what a test wants: sockets of phones are its visits, in order. */
export class ScriptedServer {
  readonly visits: Visit[] = [];
  readonly WebSocket: SocketClass;

  constructor() {
    const { visits } = this;
    this.WebSocket = class extends Visit {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        visits.push(this);
      }
    };
  }

  /** The newest visit. */
  get last(): Visit {
    const visit = this.visits.at(-1);
    if (visit === undefined) throw new Error("nobody came yet");
    return visit;
  }
}
