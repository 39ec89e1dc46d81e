import { expect, test } from "vitest";
import { type Action, ask, asked, carryOut, done, isReason, MAX_REASON } from "./actions.ts";

const did: string[] = [];
const action = (more: Partial<Action> = {}): Action => ({
  title: "Ban ben",
  explains: "",
  submit: "Ban",
  done: "Banned.",
  run: async (reason) => {
    did.push(reason);
  },
  ...more,
});

test("nothing is done without a reason", async () => {
  expect(["", "  \n", "x".repeat(MAX_REASON + 1)].map(isReason)).toEqual([false, false, false]);
  ask(action());
  await expect(carryOut(action(), " ", {})).rejects.toThrow(RangeError);
  expect([did, done.value]).toEqual([[], null]);
  expect(asked.value).not.toBeNull();
});

test("what is done closes its dialog, and says how it is taken back", async () => {
  const undo = () => action({ title: "Unban ben" });
  const ban = action({ undo });
  ask(ban);
  await carryOut(ban, " spam ", {});
  expect([did, asked.value, done.value]).toEqual([["spam"], null, { text: "Banned.", undo }]);
});

test("what is refused leaves the dialog as it is", async () => {
  const refused = action({ run: () => Promise.reject(new Error("no such person")) });
  ask(refused);
  await expect(carryOut(refused, "spam", {})).rejects.toThrow("no such person");
  expect(asked.value).toBe(refused);
});
