import { NoAnswer, Refused } from "./errors.ts";
import { type Clock, type Fetch, fetchFunction, systemClock, within } from "./host.ts";
import { httpUrl } from "./link.ts";
import { type Token, Tokens } from "./tokens.ts";
import type * as wire from "./types.gen.ts";

export interface ApiOptions {
  /** The server, as `http://`, `https://`, `ws://` or `wss://`. */
  url: string;
  /** Asked as a phone's. Not needed for `newGuest` and `renewGuest`. */
  token?: Token;
  /** How long the server may be silent, and the token function may take. */
  withinMs?: number;
  /** Any function that is used as the browser's; the global one if it is not given. */
  fetch?: Fetch;
  clock?: Clock;
}

interface Sent<Call extends keyof wire.Calls> {
  /** What stands in the braces of the address. */
  path?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  body?: wire.Calls[Call]["body"];
}

/**
 * The calls over HTTP of whoever a token is for. Each rejects with `Refused` as the server says, with `retryMs` if
 * waiting helps, and with `NoAnswer` if no server answered: what was asked may have been done.
 */
export class Api {
  readonly #url: string;
  readonly #tokens: Tokens;
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #withinMs: number;

  /** @throws TypeError `url` is not the address of a server. */
  constructor({ url, token = "", withinMs = 10_000, fetch, clock = systemClock }: ApiOptions) {
    this.#url = httpUrl(url);
    this.#tokens = new Tokens(token, withinMs, clock);
    this.#fetch = fetchFunction(fetch);
    this.#clock = clock;
    this.#withinMs = withinMs;
  }

  /** Makes any call of the documents; a token that is refused is asked for once more. */
  async call<Call extends keyof wire.Calls>(call: Call, sent: Sent<Call> = {}): Promise<wire.Calls[Call]["answer"]> {
    try {
      return await this.#send(call, sent, await this.#tokens.current());
    } catch (error) {
      if (!(error instanceof Refused && error.code === "bad_token" && this.#tokens.canAsk)) throw error;
      this.#tokens.refused();
    }
    return this.#send(call, sent, await this.#tokens.current());
  }

  newGuest(name?: string): Promise<wire.GuestAnswer> {
    return this.#send("POST /v1/guests", name === undefined ? {} : { body: { name } }, null);
  }

  /** Returns a new token for the person of this one, which may have ended up to 30 days ago. */
  renewGuest(token: string): Promise<wire.GuestAnswer> {
    return this.#send("POST /v1/guests/renew", {}, token);
  }

  /** I am here, now. With a socket open it acts as that socket's `checkin`. */
  checkIn(position: wire.Position): Promise<wire.CheckInAnswer> {
    return this.call("POST /v1/checkins", { body: position });
  }

  /** Clears my location and leaves my room. */
  clear(): Promise<undefined> {
    return this.call("DELETE /v1/presence");
  }

  me(): Promise<wire.MeAnswer> {
    return this.call("GET /v1/me");
  }

  /** Changes what I say of myself: null clears a field, one that is absent stays. */
  changeMe(change: wire.MeChange): Promise<wire.MeAnswer> {
    return this.call("PATCH /v1/me", { body: change });
  }

  exportMe(): Promise<wire.ExportAnswer> {
    return this.call("GET /v1/me/export");
  }

  /** Erases all that is kept of me. Forget the token afterwards: to use it begins a new account. */
  eraseMe(): Promise<undefined> {
    return this.call("DELETE /v1/me");
  }

  nearby(): Promise<wire.NearbyAnswer> {
    return this.call("GET /v1/nearby");
  }

  people(): Promise<wire.PeopleAnswer> {
    return this.call("GET /v1/people");
  }

  /** Knows somebody no more, on both sides. */
  withdraw(person: string): Promise<undefined> {
    return this.call("DELETE /v1/people/{person}", { path: { person } });
  }

  follow(person: string): Promise<undefined> {
    return this.call("PUT /v1/people/{person}/follow", { path: { person } });
  }

  unfollow(person: string): Promise<undefined> {
    return this.call("DELETE /v1/people/{person}/follow", { path: { person } });
  }

  mute(person: string): Promise<undefined> {
    return this.call("PUT /v1/people/{person}/mute", { path: { person } });
  }

  unmute(person: string): Promise<undefined> {
    return this.call("DELETE /v1/people/{person}/mute", { path: { person } });
  }

  block(person: string): Promise<undefined> {
    return this.call("PUT /v1/people/{person}/block", { path: { person } });
  }

  unblock(person: string): Promise<undefined> {
    return this.call("DELETE /v1/people/{person}/block", { path: { person } });
  }

  report(person: string, body: wire.ReportRequest): Promise<undefined> {
    return this.call("POST /v1/people/{person}/reports", { path: { person }, body });
  }

  blocks(): Promise<wire.BlocksAnswer> {
    return this.call("GET /v1/me/blocks");
  }

  withdrawBlock(block: string): Promise<undefined> {
    return this.call("DELETE /v1/me/blocks/{block}", { path: { block } });
  }

  appeal(text: string): Promise<undefined> {
    return this.call("POST /v1/me/appeal", { body: { text } });
  }

  throwBottle(text: string): Promise<wire.BottleAnswer> {
    return this.call("POST /v1/bottles", { body: { text } });
  }

  /** Returns a bottle that is mine for a while, null if none is afloat for me. */
  async catchBottle(): Promise<wire.CatchAnswer | null> {
    return (await this.call("POST /v1/bottles/catch")) ?? null;
  }

  reply(bottle: string, body: wire.ReplyRequest): Promise<wire.ThreadAnswer> {
    return this.call("POST /v1/bottles/{bottle}/reply", { path: { bottle }, body });
  }

  release(bottle: string, body: wire.ReleaseRequest): Promise<undefined> {
    return this.call("POST /v1/bottles/{bottle}/release", { path: { bottle }, body });
  }

  /** Reports the other side of a bottle I held, or of its thread. */
  reportBottle(bottle: string, body: wire.ReportRequest): Promise<undefined> {
    return this.call("POST /v1/bottles/{bottle}/reports", { path: { bottle }, body });
  }

  threads(): Promise<wire.ThreadsAnswer> {
    return this.call("GET /v1/threads");
  }

  /** Returns the first 200 texts of a thread with a `seq` above `after`. */
  messages(thread: string, after = 0): Promise<wire.ThreadMessagesAnswer> {
    return this.call("GET /v1/threads/{thread}/messages", { path: { thread }, query: { after } });
  }

  write(thread: string, text: string): Promise<wire.ThreadMessage> {
    return this.call("POST /v1/threads/{thread}/messages", { path: { thread }, body: { text } });
  }

  async #send<Call extends keyof wire.Calls>(
    call: Call,
    { path = {}, query = {}, body }: Sent<Call>,
    token: string | null,
  ): Promise<wire.Calls[Call]["answer"]> {
    const [method = "", template = ""] = call.split(" ");
    const headers: Record<string, string> = {};
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const address = this.#url + template.replace(/{(\w+)}/g, (_, name) => encodeURIComponent(path[name] ?? ""));
    const { status, text } = await this.#answer(address + queryOf(query), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    const answer = parsed(text);
    if (status >= 200 && status < 300) return answer as wire.Calls[Call]["answer"];
    if (!isProblem(answer)) throw new NoAnswer(`an answer of status ${status} that is no problem of ours`);
    throw new Refused(answer.code, answer.detail, { retryMs: answer.retry_ms ?? undefined, status });
  }

  /** Returns the whole answer, whatever its status is. */
  async #answer(url: string, init: Parameters<Fetch>[1]): Promise<{ status: number; text: string }> {
    const asked = this.#fetch(url, init).then(async (answer) => ({ status: answer.status, text: await answer.text() }));
    try {
      return await within(asked, this.#withinMs, this.#clock, "the server");
    } catch (error) {
      throw new NoAnswer("the server did not answer", { cause: error });
    }
  }
}

function queryOf(query: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return pairs.length === 0
    ? ""
    : `?${pairs.map((pair) => pair.map((text) => encodeURIComponent(String(text))).join("=")).join("&")}`;
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(answer: unknown): answer is wire.ProblemAnswer {
  return typeof answer === "object" && answer !== null && "code" in answer && typeof answer.code === "string";
}
