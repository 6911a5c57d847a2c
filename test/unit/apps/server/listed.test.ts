import { expect, test } from "vitest";
import { type Page, pageOf, placeSchema } from "../../../../apps/server/listed.ts";

interface Row {
  readonly id: string;
  readonly atMs: number;
}
const rows: Row[] = ["c", "a", "e", "b", "d"].map((id) => ({ id, atMs: id < "c" ? 1 : 2 }));
const of = (row: Row): Row => row;
const place = (text: string | null) => (text === null ? undefined : placeSchema.parse(text));

function walked(all: readonly Row[], first: "oldest" | "newest", limit: number): string[][] {
  const pages: string[][] = [];
  let next: string | null = null;
  do {
    const page: Page<Row> = pageOf(all, { of, first, after: place(next), limit });
    expect(page.total).toBe(all.length);
    pages.push(page.rows.map(({ id }) => id));
    next = page.next;
  } while (next !== null);
  return pages;
}

test("the pages of a list are the list, in its order, and the last one says that it is the last", () => {
  expect(walked(rows, "oldest", 2)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  expect(walked(rows, "newest", 3)).toEqual([
    ["e", "d", "c"],
    ["b", "a"],
  ]);
  expect(walked(rows, "oldest", 5)).toEqual([["a", "b", "c", "d", "e"]]);
  expect(walked([], "oldest", 5)).toEqual([[]]);
});

test("a page is found again though the row it ended with has gone, and leaves out nothing that stayed", () => {
  const { next } = pageOf(rows, { of, first: "oldest", after: undefined, limit: 2 });
  const rest = rows.filter(({ id }) => id !== "b");
  expect(pageOf(rest, { of, first: "oldest", after: place(next), limit: 9 }).rows.map(({ id }) => id)).toEqual([
    "c",
    "d",
    "e",
  ]);
});

test("what is no place of a list is refused", () => {
  for (const text of ["", "c", "1", ".c", "x.c", "1.", "1.c d"])
    expect(placeSchema.safeParse(text).success).toBe(false);
  expect(placeSchema.parse("12.p_1.x")).toEqual({ atMs: 12, id: "p_1.x" });
});
