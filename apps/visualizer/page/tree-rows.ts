/** The list that the tree draws: actors under whoever gave them their task, in the order of their birth. Pure. */
import type { Actor } from "./run-fold.ts";
import { MOOD_WORDS } from "./states.ts";

export interface TreeRow {
  readonly actor: Actor;
  readonly depth: number;
  /** Its own; of all generations where they are folded away. */
  readonly children: number;
  readonly shut: boolean;
}

/** `wanted`: words that all have to be in an actor's name, type, task, state or note; then nothing is nested. */
export function treeRows(actors: readonly Actor[], closed: ReadonlySet<string>, wanted: string): TreeRow[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length > 0) {
    const fits = (actor: Actor): boolean => {
      const { id, type, task, state, note, mood, model } = actor;
      const text = `${id} ${type} ${task} ${state} ${note} ${model} ${MOOD_WORDS[mood]}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    return actors.filter(fits).map((actor) => ({ actor, depth: 0, children: 0, shut: false }));
  }
  const known = new Set(actors.map(({ id }) => id));
  const under = new Map<string, Actor[]>();
  const roots: Actor[] = [];
  for (const actor of actors) {
    if (actor.parent === null || !known.has(actor.parent)) {
      roots.push(actor);
      continue;
    }
    const siblings = under.get(actor.parent);
    if (siblings === undefined) under.set(actor.parent, [actor]);
    else siblings.push(actor);
  }
  return listed(roots, under, closed);
}

/** Without recursion: a chain of spawns is as long as it likes. A circle, which no log should tell, is left out. */
function listed(
  roots: readonly Actor[],
  under: ReadonlyMap<string, readonly Actor[]>,
  closed: ReadonlySet<string>,
): TreeRow[] {
  const rows: TreeRow[] = [];
  const stack = [...roots].reverse().map((actor) => ({ actor, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { actor, depth } = next;
    const children = under.get(actor.id) ?? [];
    const shut = closed.has(actor.id) && children.length > 0;
    rows.push({ actor, depth, children: shut ? offspring(actor.id, under) : children.length, shut });
    if (shut) continue;
    for (const child of [...children].reverse()) stack.push({ actor: child, depth: depth + 1 });
  }
  return rows;
}

function offspring(id: string, under: ReadonlyMap<string, readonly Actor[]>): number {
  let count = 0;
  const stack = [id];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const child of under.get(next) ?? []) {
      count += 1;
      stack.push(child.id);
    }
  }
  return count;
}
