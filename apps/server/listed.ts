/** A long list a page at a time: the place where a reader stopped is a moment and an id, so that it is found again whatever came and went since. */
import { z } from "zod";

export interface Place {
  readonly atMs: number;
  readonly id: string;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Of the whole list. */
  readonly total: number;
  /** To be given as `after`; null: that was the last page. */
  readonly next: string | null;
}

/** `1767225600000.p_1`. */
export const placeSchema = z
  .string()
  .regex(/^\d{1,16}\.[A-Za-z0-9_:.-]{1,128}$/, "not a place in a list: give what stood in `next`")
  .transform((text): Place => {
    const dot = text.indexOf(".");
    return { atMs: Number(text.slice(0, dot)), id: text.slice(dot + 1) };
  });

/** `first`: which end the list begins at. */
export function pageOf<Row>(
  all: readonly Row[],
  {
    of,
    first,
    after,
    limit,
  }: {
    readonly of: (row: Row) => Place;
    readonly first: "oldest" | "newest";
    readonly after: Place | undefined;
    readonly limit: number;
  },
): Page<Row> {
  const way = first === "oldest" ? 1 : -1;
  const order = (a: Place, b: Place): number => way * (a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const sorted = all.map((row) => ({ row, place: of(row) })).sort((a, b) => order(a.place, b.place));
  const rest = after === undefined ? sorted : sorted.filter(({ place }) => order(place, after) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ row }) => row),
    total: all.length,
    next: rest.length > page.length && last !== undefined ? `${last.place.atMs}.${last.place.id}` : null,
  };
}
