/** What changed in an actor's memory, place by place. Pure. */

export interface Difference {
  /** `session.turn`, `calls[3].state`. */
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  /** JSON of it; "" where there was, or is, nothing. */
  readonly before: string;
  readonly after: string;
}

/** Places told one by one; the rest is a number. */
export const DIFFERENCES_MAX = 200;

export function differences(
  before: unknown,
  after: unknown,
): { readonly told: readonly Difference[]; readonly more: number } {
  const told: Difference[] = [];
  let more = 0;
  const tell = (one: Difference): void => {
    if (told.length < DIFFERENCES_MAX) told.push(one);
    else more += 1;
  };
  compare("", before, after, tell);
  return { told, more };
}

const json = (value: unknown): string => (value === undefined ? "" : (JSON.stringify(value) ?? ""));
type Parts = Readonly<Record<string, unknown>>;
const isParts = (value: unknown): value is Parts => typeof value === "object" && value !== null;

function compare(path: string, before: unknown, after: unknown, tell: (one: Difference) => void): void {
  if (Object.is(before, after)) return;
  if (!isParts(before) || !isParts(after) || Array.isArray(before) !== Array.isArray(after)) {
    const [was, is] = [json(before), json(after)];
    if (was === is) return;
    tell({
      path,
      kind: before === undefined ? "added" : after === undefined ? "removed" : "changed",
      before: was,
      after: is,
    });
    return;
  }
  const list = Array.isArray(after);
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = list ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    compare(inner, before[key], after[key], tell);
  }
}
