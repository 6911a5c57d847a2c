/**
 * How a state is stored: what never changes as one row, large maps (the coordinator's tasks) as a row per entry, and a
 * `core` of what is left and not as it was when the machine was new. A commit writes what changed and nothing else.
 */
import { changedKeys } from "./changed-rows.ts";
import type { ActorState, ArmedTimer, MachineSnapshot } from "./fold.ts";

/** Which part of a machine's context is stored in which way; named by its catalogue entry, part of its version. */
export interface StoredShape {
  /** Keys that hold a map: a row per entry. */
  readonly maps: readonly string[];
  /** Keys that keep what the first input brought: one row, written once. */
  readonly birth: readonly string[];
  /** What the other keys hold until something happens to them; a key that holds it still is left out of the core. */
  readonly fresh: Readonly<Record<string, unknown>>;
}

/** Everything in the core, nothing left out. */
export const PLAIN_SHAPE: StoredShape = { maps: [], birth: [], fresh: {} };

const BIRTH_ROW = "birth";

export interface StoredState {
  readonly core: string;
  /** `map/key` → JSON. */
  readonly rows: ReadonlyMap<string, string>;
}

export interface StateChange {
  readonly core: string;
  readonly rowsSet: ReadonlyMap<string, string>;
}

type Rows = Readonly<Record<string, unknown>>;
const rowsOf = (state: ActorState, map: string): Rows => state.snapshot.context[map] as Rows;
const rowKey = (map: string, key: string): string => `${map}/${key}`;

/** What must be written to get from `before` to `after`. Parts are told apart by identity: folds never write in place. */
export function changeOf(before: ActorState | null, after: ActorState, shape: StoredShape): StateChange {
  const rowsSet = new Map<string, string>();
  const was = before?.snapshot.context;
  const is = after.snapshot.context;
  if (shape.birth.some((key) => was === undefined || was[key] !== is[key])) {
    rowsSet.set(BIRTH_ROW, JSON.stringify(Object.fromEntries(shape.birth.map((key) => [key, is[key]]))));
  }
  for (const map of shape.maps) {
    const old = before === null ? null : rowsOf(before, map);
    const now = rowsOf(after, map);
    if (old === now) continue;
    for (const key of changedKeys(old, now)) {
      if (old === null || old[key] !== now[key]) rowsSet.set(rowKey(map, key), JSON.stringify(now[key]));
    }
  }
  return { core: coreOf(after, shape), rowsSet };
}

function coreOf({ snapshot, timers }: ActorState, shape: StoredShape): string {
  const { status, value, context } = snapshot;
  return JSON.stringify({
    ...(status === "active" ? {} : { status }),
    value,
    context: leanContext(context, shape),
    ...(Object.keys(timers).length === 0 ? {} : { timers }),
  });
}

function leanContext(context: Record<string, unknown>, shape: StoredShape): Record<string, unknown> {
  const { apart, fresh } = leavingOut(shape);
  const lean: Record<string, unknown> = {};
  for (const key in context) {
    if (apart.has(key)) continue;
    const value = context[key];
    const born = fresh.get(key);
    if (born !== undefined && isFresh(value, born)) continue;
    lean[key] = value;
  }
  return lean;
}

interface Fresh {
  readonly value: unknown;
  readonly json: string;
}

interface LeftOut {
  /** Keys that are stored in rows. */
  readonly apart: ReadonlySet<string>;
  readonly fresh: ReadonlyMap<string, Fresh>;
}

const leftOut = new WeakMap<StoredShape, LeftOut>();

/** A shape never changes, and every step asks. */
function leavingOut(shape: StoredShape): LeftOut {
  const known = leftOut.get(shape);
  if (known !== undefined) return known;
  const made = {
    apart: new Set([...shape.maps, ...shape.birth]),
    fresh: new Map(Object.entries(shape.fresh).map(([key, value]) => [key, { value, json: JSON.stringify(value) }])),
  };
  leftOut.set(shape, made);
  return made;
}

/** By value: a state that was read back must be stored exactly as one that never left memory. */
const isFresh = (value: unknown, { value: fresh, json }: Fresh): boolean =>
  value === fresh || (typeof value === "object" && typeof fresh === "object" && JSON.stringify(value) === json);

/** The stored state, not yet alive; `rehydrate` makes it so. Throws SyntaxError where what is stored is not JSON. */
export function stateFrom(stored: StoredState, shape: StoredShape): ActorState {
  const {
    status = "active",
    value,
    context,
    timers = {},
  } = JSON.parse(stored.core) as Partial<MachineSnapshot> & {
    timers?: Record<string, ArmedTimer>;
  };
  const birth = stored.rows.get(BIRTH_ROW);
  const whole: Record<string, unknown> = {
    ...(birth === undefined ? {} : (JSON.parse(birth) as Record<string, unknown>)),
    ...shape.fresh,
    ...context,
  };
  for (const map of shape.maps) {
    const prefix = rowKey(map, "");
    const entries = [...stored.rows].filter(([key]) => key.startsWith(prefix));
    whole[map] = Object.fromEntries(entries.map(([key, json]) => [key.slice(prefix.length), JSON.parse(json)]));
  }
  return { snapshot: { status, value, context: whole }, timers };
}
