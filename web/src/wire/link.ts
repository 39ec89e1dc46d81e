import type { Clock, SocketClass } from "./host.ts";
import { Pulse } from "./pulse.ts";
import type { ClientMessage } from "./types.gen.ts";

const SOCKET_PATH = "/v1/ws";
/** What a socket reports that closed without a close frame. */
const NO_CLOSE_FRAME = 1006;
const SUBPROTOCOL = "nearby.v1";

/** What happens on a link. After `onEnd` nothing more does. */
export interface LinkEvents {
  onOpen(): void;
  onFrame(data: unknown): void;
  /** It closed with this code, or `null`: nothing came any more. */
  onEnd(code: number | null): void;
}

interface Socket {
  addEventListener(type: string, listener: (event: { data?: unknown; code?: number }) => void): void;
  send(text: string): void;
  close(): void;
}

/** One WebSocket to a server, heard by its pulse. */
export class Link {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #events: LinkEvents;
  #pulse: Pulse | null = null;
  #isOver = false;
  #cancelWatch = () => {};

  constructor(url: string, socket: SocketClass, clock: Clock, events: LinkEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#socket = new socket(url, SUBPROTOCOL) as Socket;
    this.#socket.addEventListener("open", () => this.#unlessOver(() => events.onOpen()));
    this.#socket.addEventListener("message", ({ data }) => this.#unlessOver(() => this.#heard(data)));
    // An error is always followed by a close; without a listener some classes throw it.
    this.#socket.addEventListener("error", () => {});
    this.#socket.addEventListener("close", ({ code }) => this.#end(code ?? NO_CLOSE_FRAME));
  }

  /** Sends one message; a connection that just closed is told by `onEnd`. */
  tell(message: ClientMessage): void {
    if (this.#isOver) return;
    this.#pulse?.asked(this.#clock.nowMs());
    try {
      this.#socket.send(JSON.stringify(message));
    } catch {
      // It is closing: what was to be sent is sent again after the return.
    }
    this.#watch();
  }

  /** From now on asks a quiet line, and ends a dead one. */
  listen(pingMs: number, silentMs: number): void {
    this.#pulse = new Pulse(this.#clock.nowMs(), pingMs, silentMs);
    this.#watch();
  }

  /** Asks whether the line lives. */
  ask(): void {
    this.tell({ type: "ping" });
  }

  /** Ends it as a broken network would, at once: a browser's own close may wait for the other side. */
  cut(): void {
    this.#end(NO_CLOSE_FRAME);
  }

  /** Lets go of it; nothing more is told. */
  close(): void {
    this.#isOver = true;
    this.#cancelWatch();
    this.#socket.close();
  }

  #heard(data: unknown): void {
    this.#pulse?.heard(this.#clock.nowMs());
    this.#watch();
    this.#events.onFrame(data);
  }

  #watch(): void {
    this.#cancelWatch();
    const pulse = this.#pulse;
    if (pulse === null || this.#isOver) return;
    const { what, atMs } = pulse.due();
    this.#cancelWatch = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), () => {
      if (what === "ask") this.ask();
      else this.#end(null);
    });
  }

  #end(code: number | null): void {
    this.#unlessOver(() => {
      this.close();
      this.#events.onEnd(code);
    });
  }

  #unlessOver(then: () => void): void {
    if (!this.#isOver) then();
  }
}

/**
 * Returns the address of the socket at `url`, which may be `ws`, `wss`, `http` or `https`.
 *
 * @throws TypeError It is not the address of a server.
 */
export function socketUrl(url: string): string {
  const { origin, path } = partsOf(url);
  return origin.replace(/^http/, "ws") + (path === "" ? SOCKET_PATH : path);
}

/**
 * Returns the address of the server at `url`, without a path.
 *
 * @throws TypeError It is not the address of a server.
 */
export function httpUrl(url: string): string {
  return partsOf(url).origin.replace(/^ws/, "http");
}

function partsOf(url: string): { origin: string; path: string } {
  const found = /^((?:https?|wss?):\/\/[^/?#\s@]+)(\/[^?#\s]*)?$/i.exec(url);
  if (!found?.[1])
    throw new TypeError("the server's address must be like https://host, http://host, wss://host or ws://host");
  return { origin: found[1].toLowerCase(), path: found[2]?.replace(/\/$/, "") ?? "" };
}
