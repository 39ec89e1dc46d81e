import { expect, test } from "vitest";
import { paged } from "./paged.ts";

const PAGES: Record<string, { items: number[]; next: string | null }> = {
  first: { items: [1, 2], next: "second" },
  second: { items: [3], next: null },
};

test("pages are put together, and asked for by the end of the one before", async () => {
  const asked: (string | null)[] = [];
  const list = paged<number>(async (after) => {
    asked.push(after);
    return PAGES[after ?? "first"] ?? { items: [], next: null };
  });
  await list.refresh();
  await list.more();
  expect([asked, list.pages.value.items, list.pages.value.next]).toEqual([[null, "second"], [1, 2, 3], null]);
  await list.refresh();
  expect(list.pages.value.items).toEqual([1, 2]);
});

test("what was there stays when a page does not come", async () => {
  let isDown = false;
  const list = paged<number>(async () => {
    if (isDown) throw new Error("down");
    return { items: [1], next: "more" };
  });
  await list.refresh();
  isDown = true;
  await list.more();
  expect(list.pages.value).toMatchObject({ items: [1], isLoading: false, error: new Error("down") });
});
