/** How deep and how large a value is, without recursion: a value that would break whoever walks it is known before. */

export interface Extent {
  readonly depth: number;
  readonly nodes: number;
}

/** Counts no further than one past either limit. */
export function extentOf(value: unknown, limits: Extent): Extent {
  let nodes = 0;
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0) {
    depth += 1;
    nodes += level.length;
    if (depth > limits.depth || nodes > limits.nodes) break;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      const parts = Array.isArray(one) ? one : Object.values(one);
      if (nodes + next.length + parts.length > limits.nodes) return { depth, nodes: limits.nodes + 1 };
      for (const part of parts) next.push(part);
    }
    level = next;
  }
  return { depth, nodes };
}

/** Every text in a value, keys too, with the place where it stands. Only for values whose extent is known to be small. */
export function* textsOf(value: unknown, place = ""): Generator<readonly [place: string, text: string]> {
  if (typeof value === "string") yield [place, value];
  else if (Array.isArray(value)) for (const [at, one] of value.entries()) yield* textsOf(one, `${place}[${at}]`);
  else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      const here = place === "" ? key : `${place}.${key}`;
      yield [`a name in ${place === "" ? "it" : place}`, key];
      yield* textsOf(one, here);
    }
  }
}
