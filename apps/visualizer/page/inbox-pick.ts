/** Which proposal is open. What somebody looks at stays open, whatever comes or goes meanwhile: nothing else ever takes its place under their hand. Pure. */

export interface Picked {
  /** Null: nothing waits. */
  readonly id: string | null;
  /** It does not wait any more; it stays open until another one is asked for. */
  readonly gone: boolean;
}

/** `waiting`: ids in the order of the list; `partly`: the list is longer than that, or not known yet. */
export function pickedOf(looked: string | null, waiting: readonly string[], partly: boolean): Picked {
  if (looked === null) return { id: waiting[0] ?? null, gone: false };
  return { id: looked, gone: !partly && !waiting.includes(looked) };
}
