import { Backoff } from "./backoff.ts";
import { Calls, type Command } from "./calls.ts";
import { BAD_TOKEN, Comeback, closedWith, type Drop } from "./comeback.ts";
import { GapInLog, PhoneClosed, Unreadable } from "./errors.ts";
import type { Cancel, Chance, Clock, SocketClass } from "./host.ts";
import { Link } from "./link.ts";
import { Mirror } from "./mirror.ts";
import { read, type Unknown } from "./read.ts";
import type { PhoneSettings } from "./settings.ts";
import type { Tokens } from "./tokens.ts";
import type { ServerMessage, Welcome } from "./types.gen.ts";
import { positionOf } from "./view.ts";

/** Where a phone stands with its server. */
export type LineState =
  | { kind: "idle" }
  | { kind: "connecting" }
  | { kind: "open" }
  /** The connection ended, by the server's close `code` or by `error`; the next attempt is `backInMs` from now. */
  | { kind: "waiting"; backInMs: number; code?: number; error?: Error }
  /** For good: stopped by the app, or by the server with `code`. */
  | { kind: "closed"; code?: number };

export interface LineEvents {
  onState(state: LineState): void;
  onMessage(message: ServerMessage): void;
  /** What waits for an answer is another set now. */
  onPending(): void;
}

export interface LineParts {
  url: string;
  tokens: Tokens;
  settings: PhoneSettings;
  clock: Clock;
  chance: Chance;
  socket: SocketClass;
  events: LineEvents;
}

/** A phone's line to its server: connects, talks, and comes back until closed for good. */
export class Line {
  readonly calls: Calls;
  readonly mirror: Mirror;
  /** By the last welcome, null before the first. */
  welcome: Welcome | null = null;
  state: LineState = { kind: "idle" };
  readonly #of: LineParts;
  readonly #comeback: Comeback;
  #link: Link | null = null;
  #welcomedMs: number | null = null;
  #cancelTimer: Cancel = () => {};
  #renewal: Cancel | null = null;
  #mayHurry = false;

  constructor(parts: LineParts) {
    const { settings, tokens, chance } = parts;
    this.#of = parts;
    this.calls = new Calls(settings.waitingCalls, settings.repeatWithinMs);
    this.mirror = new Mirror(settings.keepMessages);
    this.#comeback = new Comeback(settings, tokens.canAsk, chance);
  }

  start(): void {
    if (this.state.kind === "idle") void this.#connect();
  }

  /** Closes the connection and ends for good. */
  stop(): void {
    this.#endForGood(undefined);
  }

  /** Looks now: tries at once, unless the server named a delay, or asks whether the line lives. */
  wake(): void {
    if (this.state.kind === "waiting" && this.#mayHurry) {
      this.#cancelTimer();
      void this.#connect();
    } else if (this.state.kind === "open") {
      this.#link?.ask();
    }
  }

  /** Cuts the connection, if there is one, as a broken network would. */
  cut(): void {
    this.#link?.cut();
  }

  /** Sends what waits, oldest first, whoever asked: nothing overtakes on the way to the socket. */
  sendWaiting(): void {
    while (this.#welcomedMs !== null && this.#link !== null) {
      const message: Command | null = this.calls.toSend(this.#of.clock.nowMs());
      if (message === null) return;
      this.#link.tell(message);
    }
  }

  async #connect(): Promise<void> {
    const { url, tokens, settings, clock, socket } = this.#of;
    this.#become({ kind: "connecting" });
    let token: string;
    try {
      token = await tokens.current();
    } catch (error) {
      // The app's way to its tokens is as breakable as the way to the server.
      if (this.state.kind === "connecting") this.#dropped({ error: asError(error) });
      return;
    }
    if (this.state.kind !== "connecting") return;
    const { view } = this.mirror;
    const hello = { type: "hello", token, resume: view === null ? undefined : positionOf(view) } as const;
    try {
      const link: Link = new Link(url, socket, clock, {
        onOpen: () => link.tell(hello),
        onFrame: (data) => this.#took(data),
        onEnd: (code) => this.#ended(code),
      });
      this.#link = link;
    } catch (error) {
      // A browser refuses some addresses, and what its page may not reach, at once.
      this.#dropped({ error: asError(error) });
      return;
    }
    this.#cancelTimer = clock.after(settings.openWithinMs, () => {
      this.#dropped({ error: new Error("the server did not welcome the phone in time") });
    });
  }

  #took(data: unknown): void {
    try {
      const message = read(data);
      if (this.#welcomedMs !== null) this.#take(message);
      else this.#takeFirst(message);
    } catch (error) {
      if (!(error instanceof Unreadable || error instanceof GapInLog)) throw error;
      if (error instanceof Unreadable) this.mirror.statistics.unreadable += 1;
      this.#dropped({ error });
    }
  }

  #takeFirst(message: ServerMessage | Unknown): void {
    if (message.type === null) {
      this.mirror.take(message);
      return;
    }
    if (message.type !== "welcome") throw new Unreadable("the server's first message was not welcome");
    const { clock, settings } = this.#of;
    this.#cancelTimer();
    this.#comeback.welcomed();
    this.mirror.statistics.connects += 1;
    this.mirror.statistics.resumes += message.resumed ? 1 : 0;
    this.welcome = message;
    this.#welcomedMs = clock.nowMs();
    this.#link?.listen(message.ping_s * 1_000, settings.silentMs);
    this.#become({ kind: "open" });
    this.#of.events.onMessage(message);
    this.sendWaiting();
  }

  #take(message: ServerMessage | Unknown): void {
    const isNews = this.mirror.take(message);
    switch (message.type) {
      case "ack":
        this.calls.acknowledge(message);
        this.#of.events.onPending();
        this.#of.events.onMessage(message);
        break;
      case "error":
        this.#refused(message);
        break;
      case "expiring":
        this.#renewWithin(message.in_ms);
        break;
      case "bye":
        this.#comeback.bye(message.reconnect_ms);
        break;
    }
    if (isNews && message.type !== null) this.#of.events.onMessage(message);
  }

  #refused(message: Extract<ServerMessage, { type: "error" }>): void {
    const again = this.calls.refuse(message, this.#of.clock.nowMs());
    this.#of.events.onPending();
    this.#of.events.onMessage(message);
    if (again === null) return;
    this.#of.clock.after(again.inMs, () => {
      this.calls.again(again.call);
      this.sendWaiting();
      this.#of.events.onPending();
    });
  }

  /**
   * Replaces the token that ends so soon, trying until the connection ends. Jittered, since tokens of a crowd that
   * came together end together. A function that gives the old token once more would otherwise be asked in a circle.
   */
  #renewWithin(inMs: number): void {
    const { tokens, settings, clock, chance } = this.#of;
    if (!tokens.canAsk || this.#renewal !== null) return;
    const link = this.#link;
    const backoff = new Backoff(settings.baseMs, settings.capMs, chance);
    const tryAfter = (ms: number) => {
      this.#renewal = clock.after(ms, () => void renew());
    };
    const renew = async () => {
      const before = await tokens.current().catch(() => null);
      // What goes wrong shows, if it stays, when the token has ended.
      const token = await tokens.fresh().catch(() => before);
      if (link === null || link !== this.#link) return;
      if (token === null || token === before) return tryAfter(backoff.nextMs());
      this.#renewal = null;
      link.tell({ type: "renew", id: "renew", token });
    };
    tryAfter((chance() * inMs) / 2);
  }

  #ended(code: number | null): void {
    this.mirror.statistics.silences += code === null ? 1 : 0;
    this.#dropped(code === null ? { error: new Error("nothing came from the server any more") } : closedWith(code));
  }

  #dropped(drop: Drop): void {
    const { clock, tokens } = this.#of;
    const connectedMs = this.#welcomedMs === null ? 0 : clock.nowMs() - this.#welcomedMs;
    this.#letGo();
    this.mirror.statistics.drops += 1;
    if (drop.code === BAD_TOKEN) tokens.refused();
    const back = this.#comeback.after(drop, connectedMs);
    if (back === null) {
      this.#endForGood(drop.code);
      return;
    }
    this.#mayHurry = !back.isAsked;
    this.#cancelTimer = clock.after(back.inMs, () => void this.#connect());
    this.#become({ kind: "waiting", backInMs: back.inMs, ...drop });
  }

  /** The connection is over, or is to be: nothing of it is used any more. */
  #letGo(): void {
    this.#cancelTimer();
    this.#renewal?.();
    this.#renewal = null;
    this.#link?.close();
    this.#link = null;
    this.#welcomedMs = null;
    this.calls.dropped();
    this.#of.events.onPending();
  }

  #endForGood(code: number | undefined): void {
    if (this.state.kind === "closed") return;
    this.#become(code === undefined ? { kind: "closed" } : { kind: "closed", code });
    this.calls.failAll(() => new PhoneClosed(code));
    this.#letGo();
  }

  #become(state: LineState): void {
    this.state = state;
    this.#of.events.onState(state);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
