import { expect, test } from "vitest";
import { Api, guestTokens, NoAnswer, Refused } from "./index.ts";
import { ManualClock, settled } from "./testing/manualClock.ts";

interface Asked {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** A server of answers in order, and what it was asked. */
function answering(...answers: ([number, unknown] | Error)[]) {
  const asked: Asked[] = [];
  const fetch = async (url: string, init: { method: string; headers: Record<string, string>; body?: string }) => {
    asked.push({ url, method: init.method, headers: init.headers, body: init.body });
    const answer = answers.shift();
    if (answer === undefined) return new Promise<never>(() => {});
    if (answer instanceof Error) throw answer;
    const [status, body] = answer;
    return { status, text: async () => (typeof body === "string" ? body : JSON.stringify(body)) };
  };
  return { asked, fetch };
}

const problem = (code: string, status: number, more = {}) => ({
  type: "",
  title: "",
  status,
  code,
  detail: "so",
  ...more,
});

test("a call goes to its address with the token, and answers what the server says", async () => {
  const { asked, fetch } = answering([200, { messages: [] }], [201, { thread: "t" }], [204, ""]);
  const api = new Api({ url: "wss://host/", token: "token", fetch });
  expect(await api.messages("a/b", 7)).toEqual({ messages: [] });
  await api.reply("b1", { text: "hi", token: "lease" });
  expect(await api.catchBottle()).toBeNull();
  expect(asked[0]).toEqual({
    url: "https://host/v1/threads/a%2Fb/messages?after=7",
    method: "GET",
    headers: { Authorization: "Bearer token" },
    body: undefined,
  });
  expect(asked[1]).toMatchObject({
    url: "https://host/v1/bottles/b1/reply",
    method: "POST",
    headers: { Authorization: "Bearer token", "Content-Type": "application/json" },
    body: '{"text":"hi","token":"lease"}',
  });
});

test("a problem is a refusal with its code, status and time to wait", async () => {
  const { fetch } = answering([429, problem("rate_limited", 429, { retry_ms: 900 })], [418, problem("teapot", 418)]);
  const api = new Api({ url: "http://host", token: "token", fetch });
  await expect(api.me()).rejects.toMatchObject({ name: "Refused", code: "rate_limited", status: 429, retryMs: 900 });
  await expect(api.me()).rejects.toMatchObject({ code: "bad_message", status: 418, message: "teapot: so" });
});

test.each([
  ["an answer that is no problem of ours", [502, "<html>"] as [number, unknown]],
  ["a network that fails", new TypeError("failed to fetch")],
])("%s is no answer", async (_, answer) => {
  const { fetch } = answering(answer);
  await expect(new Api({ url: "http://host", token: "token", fetch }).me()).rejects.toBeInstanceOf(NoAnswer);
});

test("a server that is silent for too long gave no answer", async () => {
  const clock = new ManualClock();
  const { fetch } = answering();
  const asked = new Api({ url: "http://host", token: "token", fetch, clock }).me();
  const failed = expect(asked).rejects.toBeInstanceOf(NoAnswer);
  await settled();
  await clock.pass(10_000);
  await failed;
});

test("a token that is refused is asked for once more, and only once", async () => {
  const refused = [401, problem("bad_token", 401)] as [number, unknown];
  const { asked, fetch } = answering(refused, [200, {}], refused, refused);
  const given: (string | null)[] = [];
  const token = (stale: string | null) => {
    given.push(stale);
    return `token ${given.length}`;
  };
  const api = new Api({ url: "http://host", token, fetch });
  await api.me();
  await expect(api.me()).rejects.toBeInstanceOf(Refused);
  expect(asked.map(({ headers }) => headers.Authorization)).toEqual([
    "Bearer token 1",
    "Bearer token 2",
    "Bearer token 2",
    "Bearer token 3",
  ]);
  expect(given).toEqual([null, "token 1", "token 2"]);
});

test("a guest's token is kept, renewed when it ends, and asked for once by all who need it", async () => {
  const { asked, fetch } = answering([201, { token: "first" }], [201, { token: "second" }]);
  let kept: string | null = null;
  const api = new Api({ url: "http://host", fetch });
  const keep = {
    load: () => kept,
    save: (token: string) => {
      kept = token;
    },
  };
  const token = guestTokens(api, keep, "Ana");
  expect(await Promise.all([token(null), token(null)])).toEqual(["first", "first"]);
  expect(await token(null)).toBe("first");
  expect(await Promise.all([token("first"), token("first")])).toEqual(["second", "second"]);
  expect(await token("first")).toBe("second");
  expect(asked.map(({ url, headers, body }) => [url, headers.Authorization, body])).toEqual([
    ["http://host/v1/guests", undefined, '{"name":"Ana"}'],
    ["http://host/v1/guests/renew", "Bearer first", undefined],
  ]);
});
