/** One text per value: objects with their keys in code-unit order, absent fields left out. Equal values give equal bytes. */

/** A copy of `value` whose JSON text does not depend on the order in which its objects were built. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([left], [right]) => byCodeUnit(left, right));
  return Object.fromEntries(entries.map(([key, field]) => [key, canonical(field)]));
}

/** The order of the machine, never of a locale: it must be the same on every host. */
export function byCodeUnit(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
