import { expect, test } from "vitest";
import { hrefOf, PAGES, routeOf } from "./route.ts";
import { watched } from "./watched.ts";

test("an answer stays while newer ones fail, beside the reason", async () => {
  const answers: (number | Error)[] = [1, new Error("down"), 2];
  const seen = watched(async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  await seen.refresh();
  expect(seen.look.value).toEqual({ value: 1, error: null, isLoading: false });
  await seen.refresh();
  expect(seen.look.value).toEqual({ value: 1, error: new Error("down"), isLoading: false });
  await seen.refresh();
  expect(seen.look.value).toEqual({ value: 2, error: null, isLoading: false });
});

test("a slow answer does not take the place of one that was asked for later", async () => {
  const waiting: ((value: string) => void)[] = [];
  const seen = watched(() => new Promise<string>((resolve) => waiting.push(resolve)));
  const first = seen.refresh();
  const second = seen.refresh();
  waiting[1]?.("new");
  await second;
  waiting[0]?.("old");
  await first;
  expect(seen.look.value.value).toBe("new");
  const third = seen.refresh();
  seen.set("by an action");
  waiting[2]?.("late");
  await third;
  expect(seen.look.value.value).toBe("by an action");
});

test("every page has an address, and what is none leads to the first", () => {
  for (const page of PAGES) expect(routeOf(hrefOf(page, "a b/c"))).toEqual({ page, what: "a b/c" });
  expect(routeOf("")).toEqual({ page: "now", what: null });
  expect(routeOf("#/nowhere/x")).toEqual({ page: "now", what: "x" });
  expect(routeOf("#/people/%E0")).toEqual({ page: "people", what: null });
});
