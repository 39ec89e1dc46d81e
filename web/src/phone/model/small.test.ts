import { expect, test } from "vitest";
import { felt, STILL } from "./shaking.ts";
import { secondsLeft, serverNow, shownTime } from "./time.ts";
import { factsOf } from "./token.ts";

const token = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, "")}.sig`;

test("the server's time goes on by a clock that never goes back", () => {
  expect(serverNow({ serverMs: 1_000_000, monoMs: 50 }, 2_050)).toBe(1_002_000);
  expect(serverNow(null, 2_050)).toBeNull();
});

test("a time of the server's today is an hour, of another day a day too, whatever the phone's clock says", () => {
  const noon = new Date(2026, 10, 28, 12, 0).getTime();
  expect(shownTime(noon, noon + 60_000, "en-GB")).toBe("12:00");
  expect(shownTime(noon, noon + 86_400_000, "en-GB")).toBe("28 Nov, 12:00");
  expect(shownTime(noon, null, "en-GB")).toBe("28 Nov, 12:00");
});

test("seconds are counted down to 0 and not below", () => {
  expect([secondsLeft(5_000, 3_999), secondsLeft(5_000, 5_000), secondsLeft(5_000, 9_000)]).toEqual([2, 0, 0]);
});

test("a token says when it ends and whether it is a guest's", () => {
  expect(factsOf(token({ exp: 10, guest: true }))).toEqual({ expiresMs: 10_000, isGuest: true });
  expect(factsOf(` ${token({ sub: "ana" })}\n`)).toEqual({ expiresMs: null, isGuest: false });
});

test.each(["", "hello", "a.b", "a.!.c", "e30.W10x.c", `e30.${btoa("null")}.c`, "<b>.x.y"])("%j is no token", (text) => {
  expect(factsOf(text)).toBeNull();
});

test("strong turns in quick succession are a shake, once", () => {
  const feel = (readings: [number, number][]) => {
    let state = STILL;
    let shakes = 0;
    for (const [along, atMs] of readings) {
      const next = felt(state, along, atMs);
      state = next.state;
      shakes += next.isShake ? 1 : 0;
    }
    return shakes;
  };
  const turns: [number, number][] = [20, -18, 22, -25].map((along, index) => [along, index * 150]);
  expect(feel(turns)).toBe(1);
  expect(feel(turns.map(([along, atMs]) => [along / 3, atMs]))).toBe(0);
  expect(feel(turns.map(([along, atMs]) => [along, atMs * 10]))).toBe(0);
  expect(feel(turns.map(([along, atMs]) => [Math.abs(along), atMs]))).toBe(0);
});
