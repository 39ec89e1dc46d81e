import { NotAcknowledged, Refused } from "./errors.ts";
import type { Ack, ClientMessage, Error as ErrorMessage } from "./types.gen.ts";

/** What an app asks by: everything a phone sends but `hello`, under an id. */
export type Command = Exclude<ClientMessage, { type: "hello" }> & { id: string };

/** Refusals after which the same message, under the same id, is to be sent again a little later. */
const TRY_AGAIN = new Set(["hub_down", "store_down", "draining"]);
/** How much later, if the server does not say. */
const TRY_AGAIN_MS = 1_000;

/** A message that waits for its answer. */
export interface Call {
  readonly message: Command;
  /** Sent again, unchanged, after a drop. */
  readonly mayRepeat: boolean;
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: Error) => void;
  /** Whether it was sent on the present connection. */
  isSent: boolean;
  /** After a refusal that passes, until it is sent again: the refusal. */
  refused: Refused | null;
  firstSentMs: number | null;
}

/**
 * Waiting calls by id, oldest first. No clock is read here. At most `most` wait (policy `refuse_new`); a `say` is not
 * repeated later than `repeatWithinMs` after it was first sent: the server may have forgotten its id.
 */
export class Calls {
  readonly #calls = new Map<string, Call>();
  #newestWhereabouts: Call | null = null;
  readonly #most: number;
  readonly #repeatWithinMs: number;

  constructor(most: number, repeatWithinMs: number) {
    this.#most = most;
    this.#repeatWithinMs = repeatWithinMs;
  }

  /** All that wait, oldest first. */
  get waiting(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /**
   * Returns a new waiting call.
   *
   * @throws Refused `rate_limited`, by the phone itself: too many wait. Nothing changed.
   */
  add(message: Command, mayRepeat: boolean, resolve: Call["resolve"], reject: Call["reject"]): Call {
    if (this.#calls.size >= this.#most) {
      throw new Refused("rate_limited", `${this.#most} calls of this phone wait for their answers`);
    }
    const call: Call = { message, mayRepeat, resolve, reject, isSent: false, refused: null, firstSentMs: null };
    this.#calls.set(message.id, call);
    if (isWhereabouts(message)) this.#newestWhereabouts = call;
    return call;
  }

  /** Gives a call up: it is not sent any more if it was not. Returns whether it still waited. */
  fail(id: string, error: Error): boolean {
    const call = this.#take(id);
    call?.reject(error);
    return call !== undefined;
  }

  /**
   * Returns the oldest message that is to be sent now, null if there is none. It counts as sent. Fails the calls for
   * which it is too late: a `say` that the server may no longer know, and a check-in that the app cleared by `leave`.
   * Of several check-ins only the newest is sent.
   */
  toSend(nowMs: number): Command | null {
    const waiting = this.waiting;
    for (const [place, call] of waiting.entries()) {
      if (call.isSent || call.refused !== null || this.#comesTooLate(call, waiting.slice(place + 1), nowMs)) continue;
      if (call.message.type === "checkin" && has("checkin", waiting.slice(place + 1))) continue;
      call.isSent = true;
      call.firstSentMs ??= nowMs;
      return call.message;
    }
    return null;
  }

  /** Hands an `ack` to whoever waits for it. */
  acknowledge(ack: Ack): void {
    for (const call of this.#answeredBy(ack.id)) call.resolve(ack);
  }

  /**
   * Hands an `error` to whoever waits for its answer. Returns the call that is to be sent again, and how much later,
   * if it was refused for something that passes: it rests until `again`.
   */
  refuse(error: ErrorMessage, nowMs: number): { call: Call; inMs: number } | null {
    const call = error.id === undefined ? undefined : this.#calls.get(String(error.id));
    if (call === undefined) return null;
    const refused = new Refused(error.code, error.detail, { retryMs: error.retry_ms });
    const inMs = error.retry_ms ?? TRY_AGAIN_MS;
    const isInTime = nowMs + inMs - (call.firstSentMs ?? nowMs) <= this.#repeatWithinMs;
    if (TRY_AGAIN.has(error.code) && call.mayRepeat && isInTime) {
      call.refused = refused;
      call.isSent = false;
      return { call, inMs };
    }
    for (const answered of this.#answeredBy(call.message.id)) answered.reject(refused);
    return null;
  }

  /** Lets a call that rests be sent again, in its old place, unless the app has since said otherwise where it is. */
  again(call: Call): void {
    if (call.refused !== null && isWhereabouts(call.message) && call !== this.#newestWhereabouts) {
      this.fail(call.message.id, call.refused);
    }
    call.refused = null;
  }

  /** The connection is gone: fails what was sent and must not be sent twice. */
  dropped(): void {
    for (const call of this.waiting) {
      if (call.isSent && !call.mayRepeat) {
        this.fail(call.message.id, new NotAcknowledged("the connection dropped before the answer"));
      }
      call.isSent = false;
    }
  }

  /** Fails every waiting call, each with an error of its own. */
  failAll(error: () => Error): void {
    for (const call of this.waiting) this.fail(call.message.id, error());
  }

  #comesTooLate({ message, firstSentMs }: Call, later: readonly Call[], nowMs: number): boolean {
    const isOld = firstSentMs !== null && nowMs - firstSentMs > this.#repeatWithinMs;
    if (message.type === "say" && isOld) {
      return this.fail(message.id, new NotAcknowledged("away for too long to repeat it; it may have been said"));
    }
    if (message.type === "checkin" && has("leave", later)) {
      return this.fail(message.id, new NotAcknowledged("the location was cleared before it could be sent"));
    }
    return false;
  }

  /** Takes out the call of this id and, of a check-in, the older ones whose place it took. */
  #answeredBy(id: number | string | undefined): Call[] {
    const call = id === undefined ? undefined : this.#take(String(id));
    if (call === undefined) return [];
    const answered = [call];
    if (call.message.type === "checkin") {
      for (const other of this.waiting) {
        const isOlder = isBefore(other.message.id, call.message.id);
        if (other.message.type === "checkin" && !other.isSent && isOlder) {
          this.#calls.delete(other.message.id);
          answered.push(other);
        }
      }
    }
    return answered;
  }

  #take(id: string): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }
}

/** Whether it is one of the messages of which only the newest may have the last word. */
function isWhereabouts({ type }: Command): boolean {
  return type === "checkin" || type === "leave";
}

function has(type: Command["type"], calls: readonly Call[]): boolean {
  return calls.some((call) => call.message.type === type);
}

/** Ids of one phone end in their number. */
function isBefore(one: string, other: string): boolean {
  return numberOf(one) < numberOf(other);
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}
