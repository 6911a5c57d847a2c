/**
 * Which rows of a large map a step touched, told by who made the map, so that nobody has to compare a thousand rows to find
 * two. A hint and nothing more: where it is not known, all rows are compared.
 */
type Rows = Readonly<Record<string, unknown>>;

/** Stands for a table without holding it: or every table there ever was would live as long as the last. */
interface Mark {
  readonly of: "rows";
}

interface Made {
  readonly from: Mark;
  readonly keys: readonly string[];
}

const marks = new WeakMap<Rows, Mark>();
/** How it came about, the latest last. */
const histories = new WeakMap<Rows, readonly Made[]>();

/** Tables that a step may make out of each other before all of the last one's rows are compared. */
const REMEMBERED_MAX = 16;

function markOf(table: Rows): Mark {
  const known = marks.get(table);
  if (known !== undefined) return known;
  const made: Mark = { of: "rows" };
  marks.set(table, made);
  return made;
}

/** `next` is `from` but for the rows of these keys, none of which is gone. */
export function madeFrom(from: Rows, keys: readonly string[], next: Rows): void {
  const before = histories.get(from) ?? [];
  histories.set(next, [...before.slice(1 - REMEMBERED_MAX), { from: markOf(from), keys }]);
}

/** Keys of rows that may differ, in their order as text; all keys of `now` where nothing is known. */
export function changedKeys(before: Rows | null, now: Rows): readonly string[] {
  const mark = before === null ? undefined : marks.get(before);
  const history = histories.get(now) ?? [];
  const since = mark === undefined ? -1 : history.findLastIndex(({ from }) => from === mark);
  if (since < 0) return Object.keys(now).sort();
  return [...new Set(history.slice(since).flatMap(({ keys }) => keys))].sort();
}
