import type { Command } from "./calls.ts";
import { NotAcknowledged, PhoneClosed, Refused } from "./errors.ts";
import { type Chance, type Clock, type SocketClass, socketClass, systemClock } from "./host.ts";
import { Line, type LineState } from "./line.ts";
import { socketUrl } from "./link.ts";
import { DEFAULTS, type PhoneSettings, type PhoneStatistics } from "./settings.ts";
import { type Token, Tokens } from "./tokens.ts";
import type { Ack, Position, ServerMessage } from "./types.gen.ts";
import type { RoomView } from "./view.ts";

/** What a phone tells: every message of the server as it came, and what becomes of the line and of what waits. */
export type PhoneEvent =
  | Exclude<ServerMessage, { type: "pong" }>
  | { type: "state"; state: LineState }
  | { type: "pending" };

/** A text that was not acknowledged yet. `isSent`: on the present connection. */
export interface PendingSay {
  readonly id: string;
  readonly room: string;
  readonly text: string;
  readonly isSent: boolean;
}

export interface PhoneOptions {
  /** The server, as `ws://`, `wss://`, `http://` or `https://`. */
  url: string;
  token: Token;
  settings?: Partial<PhoneSettings>;
  /** Any class that is used as the browser's; the global one if it is not given. */
  WebSocket?: SocketClass;
  clock?: Clock;
  chance?: Chance;
}

/** Reasons to be without a room that the next check-in mends. */
const SEAT_LOST = new Set(["expired", "none"]);

/**
 * A person's phone: connects, resumes, keeps its view of the room, and comes back until it is stopped.
 *
 * What goes wrong on the way is told by a `state` event and mended by coming back. Calls wait while the phone is
 * disconnected. Each rejects with `Refused` as the server says, and with `PhoneClosed` once the phone is closed.
 */
export class Phone {
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #settings: PhoneSettings;
  readonly #listeners = new Set<(event: PhoneEvent) => void>();
  readonly #idPrefix: string;
  #idCount = 0;
  #dueMs: number | null = null;

  /** @throws TypeError `url` is not the address of a server, or there is no WebSocket. */
  constructor({ url, token, settings, WebSocket, clock = systemClock, chance = Math.random }: PhoneOptions) {
    this.#settings = { ...DEFAULTS, ...settings };
    this.#clock = clock;
    this.#chance = chance;
    this.#idPrefix = Math.floor(chance() * 2 ** 48).toString(16);
    this.#line = new Line({
      url: socketUrl(url),
      tokens: new Tokens(token, this.#settings.openWithinMs, clock),
      settings: this.#settings,
      clock,
      chance,
      socket: socketClass(WebSocket),
      events: {
        onState: (state) => this.#tell({ type: "state", state }),
        onMessage: (message) => this.#hear(message),
        onPending: () => this.#tell({ type: "pending" }),
      },
    });
  }

  /** Begins to connect; a `state` event tells when that is done. */
  start(): void {
    this.#line.start();
  }

  /** Closes for good. The seat is held for a while; `leave` before to give it up. */
  stop(): void {
    this.#line.stop();
  }

  /** Looks after the line now: call it when the network is back, or when the page is seen again. */
  wake(): void {
    this.#line.wake();
  }

  /** Calls `listener` with each event, after `room`, `state` and `pending` show it. Returns what ends that. */
  on(listener: (event: PhoneEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get state(): LineState {
    return this.#line.state;
  }

  /** The room as it is known now, null without one. While disconnected, as it was. Another object after each change. */
  get room(): RoomView | null {
    return this.#line.mirror.view;
  }

  /** What I said and nobody acknowledged yet, oldest first. */
  get pending(): readonly PendingSay[] {
    return this.#line.calls.waiting.flatMap(({ message, isSent }) =>
      message.type === "say" ? [{ id: message.id, room: message.room ?? "", text: message.text, isSent }] : [],
    );
  }

  get statistics(): Readonly<PhoneStatistics> {
    return { ...this.#line.mirror.statistics };
  }

  /**
   * Milliseconds until it is time to check in again: 0.5 to 0.8 windows after the last one; 0 if the seat was lost
   * meanwhile; null before the first and after `leave`.
   */
  get msToCheckIn(): number | null {
    return this.#dueMs === null ? null : Math.max(0, this.#dueMs - this.#clock.nowMs());
  }

  /**
   * Tells where I am; the `ack` carries area and window, a `placed` may follow. Repeated after a drop, unless a newer
   * one waits too: then only that is sent, and answers both. `NotAcknowledged` if `leave` was called before it was sent.
   */
  async checkIn(position: Position): Promise<Ack> {
    const ack = await this.#ask({ type: "checkin", id: this.#nextId(), ...position }, true);
    const windowMs = (this.#line.welcome?.window_s ?? 0) * 1_000;
    this.#dueMs = this.#clock.nowMs() + windowMs * (0.5 + 0.3 * this.#chance());
    return ack;
  }

  /**
   * Says `text` in my room; the `ack` carries its `seq`. After a drop, or a failure of the server that passes, the same
   * message is sent again under the same id, so it is said once. `NotAcknowledged` if the phone was away for too long
   * to repeat it: it may have been said. `onId` is given the id that `pending` shows, before anything is sent.
   */
  async say(text: string, onId?: (id: string) => void): Promise<Ack> {
    const id = this.#nextId();
    const room = this.#myRoom();
    onId?.(id);
    return this.#ask({ type: "say", id, room, text }, true);
  }

  /** Gives up on a text that is pending: it is not sent any more if it was not. Returns whether it was still pending. */
  giveUp(id: string): boolean {
    const wasThere = this.#line.calls.fail(id, new NotAcknowledged("it was given up; it may have been said"));
    if (wasThere) this.#tell({ type: "pending" });
    return wasThere;
  }

  /** Asks for another room; a `placed` follows. `NotAcknowledged` if the connection dropped: look at `room` first. */
  async next(): Promise<void> {
    await this.#ask({ type: "next", id: this.#nextId(), room: this.#myRoom() }, false);
  }

  /**
   * Shakes, now. If others of my area do within seconds, `shaken` and `placed` follow; else nothing does.
   * `NotAcknowledged` if no answer came in time: it may have been counted.
   */
  async shake(): Promise<void> {
    const id = this.#nextId();
    const cancel = this.#clock.after(this.#settings.shakeWithinMs, () => {
      this.#line.calls.fail(id, new NotAcknowledged("no answer came in time; it may have been counted"));
    });
    await this.#ask({ type: "shake", id }, true).finally(cancel);
  }

  /** Hears `skipped` for what a member says; they do not know. `room`: where the member was, mine if not given. */
  async mute(member: string, room?: string): Promise<void> {
    await this.#about("mute", member, room);
  }

  async unmute(member: string, room?: string): Promise<void> {
    await this.#about("unmute", member, room);
  }

  /** Never meets a member of the last hour again; `placed` follows. Returns the id to withdraw it by. */
  async block(member: string, room?: string): Promise<string> {
    return (await this.#about("block", member, room)).block ?? "";
  }

  /** Tells operators about a member of the last hour and never meets them again; `placed` follows. */
  async report(member: string, reason?: string, room?: string): Promise<void> {
    const id = this.#nextId();
    await this.#ask({ type: "report", id, room: room ?? this.room?.room.id, member, reason }, true);
  }

  /** Greets a member of my room; once both greeted, `known` follows. */
  async greet(member: string): Promise<void> {
    await this.#ask({ type: "greet", id: this.#nextId(), room: this.#myRoom(), member }, true);
  }

  /** Leaves the room and clears my location. */
  async leave(): Promise<void> {
    this.#dueMs = null;
    await this.#ask({ type: "leave", id: this.#nextId() }, true);
    this.#dueMs = null;
  }

  /** Cuts the connection as a broken network would; the phone comes back. For tests of apps and servers. */
  dropConnection(): void {
    this.#line.cut();
  }

  #about(type: "mute" | "unmute" | "block", member: string, room: string | undefined): Promise<Ack> {
    return this.#ask({ type, id: this.#nextId(), room: room ?? this.room?.room.id, member }, true);
  }

  #ask(message: Command, mayRepeat: boolean): Promise<Ack> {
    const { state } = this.#line;
    if (state.kind === "closed") return Promise.reject(new PhoneClosed(state.code));
    const answer = new Promise<Ack>((resolve, reject) => {
      this.#line.calls.add(message, mayRepeat, resolve, reject);
    });
    this.#line.sendWaiting();
    this.#tell({ type: "pending" });
    return answer;
  }

  #hear(message: ServerMessage): void {
    if (message.type === "unplaced" && SEAT_LOST.has(message.why) && this.#dueMs !== null) {
      this.#dueMs = this.#clock.nowMs();
    }
    if (message.type !== "pong") this.#tell(message);
  }

  #tell(event: PhoneEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // The app's own mistake: it must show, and must not end the line.
        void Promise.reject(error);
      }
    }
  }

  #myRoom(): string {
    const { state } = this.#line;
    if (state.kind === "closed") throw new PhoneClosed(state.code);
    if (this.room === null) throw new Refused("not_in_room");
    return this.room.room.id;
  }

  #nextId(): string {
    this.#idCount += 1;
    return `${this.#idPrefix}-${this.#idCount}`;
  }
}
