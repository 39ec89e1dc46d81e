import { describe, expect, test } from "vitest";
import { Phone, PhoneClosed } from "./index.ts";
import { settled } from "./testing/manualClock.ts";
import { phoneOf, seatedPhone, watched } from "./testing/phones.ts";
import { placed, ScriptedServer, said, WELCOME } from "./testing/scriptedServer.ts";

describe("connecting", () => {
  test("it says hello with its token on the subprotocol, and is open once welcomed", async () => {
    const { server, phone } = await phoneOf();
    expect([server.last.url, server.last.protocol]).toEqual(["wss://host/v1/ws", "nearby.v1"]);
    server.last.open();
    expect(server.last.received).toEqual([{ type: "hello", token: "token" }]);
    expect(phone.state.kind).toBe("connecting");
    server.last.tell(WELCOME);
    expect(phone.state.kind).toBe("open");
  });

  test("it names where it was in the log when it comes back", async () => {
    const { server, clock, phone } = await seatedPhone();
    server.last.tell(said(2), said(3)).end();
    expect(phone.state).toMatchObject({ kind: "waiting", backInMs: 250 });
    await clock.pass(250);
    server.last.open();
    expect(server.last.of("hello")[0]?.resume).toEqual({ room: "room", epoch: 1, after: 3 });
  });

  test.each([1006, 1000, 1011, 3001, 3008, 3012, 3013, 4000])("after %i it comes back", async (code) => {
    const { server, clock, phone } = await seatedPhone();
    server.last.end(code);
    expect(phone.state.kind).toBe("waiting");
    await clock.pass(500);
    expect(server.visits).toHaveLength(2);
  });

  test.each([3500, 3501, 3502, 3503, 3504, 3505, 3999])("after %i it is closed, and calls say so", async (code) => {
    const { server, clock, phone } = await seatedPhone();
    const waiting = watched(phone.say("hello"));
    server.last.end(code);
    await clock.pass(1_000_000);
    expect(phone.state).toEqual({ kind: "closed", code });
    expect(waiting.error).toEqual(new PhoneClosed(code));
    await expect(phone.say("again")).rejects.toMatchObject({ name: "PhoneClosed", code });
    expect([server.visits.length, clock.waiting]).toEqual([1, 0]);
  });

  test("delays grow with full jitter up to their cap, and start over after a connection that lasted", async () => {
    const { server, clock, phone } = await phoneOf({ chance: () => 0.999 });
    const delays: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      server.last.end();
      const backInMs = phone.state.kind === "waiting" ? phone.state.backInMs : Number.NaN;
      delays.push(Math.round(backInMs));
      await clock.pass(backInMs);
    }
    expect(delays).toEqual([500, 999, 1998, 3996, 7992, 15984, 29970, 29970, 29970]);
    server.last.welcome();
    await clock.pass(40_000);
    server.last.end();
    expect(phone.state).toMatchObject({ kind: "waiting", backInMs: 499.5 });
  });

  test("a server that goes down is asked again after the delay it named, and nobody hurries it", async () => {
    const { server, clock, phone } = await seatedPhone();
    server.last.tell({ type: "bye", reconnect_ms: 7_000 }).end(3001);
    expect(phone.state).toMatchObject({ kind: "waiting", backInMs: 7_000, code: 3001 });
    phone.wake();
    await clock.pass(6_999);
    expect(server.visits).toHaveLength(1);
    await clock.pass(1);
    expect(server.visits).toHaveLength(2);
  });

  test("waking tries at once, and asks whether an open line lives", async () => {
    const { server, clock, phone } = await seatedPhone();
    phone.wake();
    expect(server.last.of("ping")).toHaveLength(1);
    server.last.end();
    phone.wake();
    await settled();
    expect([server.visits.length, phone.state.kind]).toEqual([2, "connecting"]);
    await clock.pass(0);
    expect(server.visits).toHaveLength(2);
  });

  test("a server that takes the connection and does not welcome is given up", async () => {
    const { server, clock, phone } = await phoneOf();
    server.last.open();
    await clock.pass(10_000);
    expect([phone.state.kind, server.last.isClosedByPhone]).toEqual(["waiting", true]);
  });

  test("a line that is quiet is asked, and given up when no answer comes", async () => {
    const { server, clock, phone } = await seatedPhone();
    await clock.pass(50_000);
    expect(server.last.of("ping")).toHaveLength(1);
    server.last.tell({ type: "pong" });
    await clock.pass(50_000);
    expect(server.last.of("ping")).toHaveLength(2);
    await clock.pass(10_000);
    expect([phone.state.kind, phone.statistics.silences]).toEqual(["waiting", 1]);
  });

  test("who says something notices a dead line sooner", async () => {
    const { server, clock, phone } = await seatedPhone();
    const waiting = watched(phone.say("hello"));
    await clock.pass(10_000);
    expect(phone.state.kind).toBe("waiting");
    await clock.pass(250);
    server.last.welcome(placed({ why: "resynced" }));
    const again = server.last.of("say")[0];
    server.last.tell({ type: "ack", id: again?.id ?? "", seq: 2 });
    await settled();
    expect(waiting.value?.seq).toBe(2);
  });

  test("stopping ends it and fails what waits", async () => {
    const { server, clock, phone } = await seatedPhone();
    const waiting = watched(phone.next());
    phone.stop();
    await settled();
    expect(waiting.error).toEqual(new PhoneClosed());
    expect([phone.state, server.last.isClosedByPhone, clock.waiting]).toEqual([{ kind: "closed" }, true, 0]);
  });
});

describe("tokens", () => {
  test("a token that is refused is replaced once until the next welcome", async () => {
    const asked: (string | null)[] = [];
    const token = (stale: string | null) => {
      asked.push(stale);
      return `token ${asked.length}`;
    };
    const { server, clock, phone } = await phoneOf({ token });
    server.last.end(3500);
    await clock.pass(500);
    server.last.open();
    expect(server.last.of("hello")[0]?.token).toBe("token 2");
    server.last.end(3500);
    expect(phone.state).toEqual({ kind: "closed", code: 3500 });
    expect(asked).toEqual([null, "token 1"]);
  });

  test("a token that ends soon is renewed, and an old one is asked for again", async () => {
    const given = ["one", "one", "two"];
    const { server, clock } = await seatedPhone({ token: () => given.shift() ?? "none" });
    server.last.tell({ type: "expiring", in_ms: 60_000 }, { type: "expiring", in_ms: 59_000 });
    await clock.pass(15_000);
    expect(server.last.of("renew")).toEqual([]);
    await clock.pass(500);
    expect(server.last.of("renew")).toEqual([{ type: "renew", id: "renew", token: "two" }]);
  });

  test("a token function that fails or hangs is asked again after a delay", async () => {
    const answers = [() => Promise.reject(new Error("offline")), () => new Promise<string>(() => {}), () => "token"];
    const { server, clock, phone } = await phoneOf({ token: () => answers.shift()?.() ?? "none" });
    expect([phone.state.kind, server.visits.length]).toEqual(["waiting", 0]);
    await clock.pass(250 + 10_000);
    expect(phone.state.kind).toBe("waiting");
    await clock.pass(500);
    expect(server.visits).toHaveLength(1);
  });
});

test.each(["host", "ftp://host", "https://", "https://user@host", ""])("%s is no address of a server", (url) => {
  expect(() => new Phone({ url, token: "", WebSocket: new ScriptedServer().WebSocket })).toThrow(TypeError);
});
