/**
 * How a state is stored: a `core` and, for contexts with a large map (the coordinator's tasks), a row per entry, so
 * that a commit writes what changed and nothing else.
 */
import type { ActorState, ArmedTimer, MachineSnapshot } from "./fold.ts";

/** Keys of a context that are stored as rows; named by the machine's catalogue entry. */
export type RowMaps = readonly string[];

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

/** What must be written to get from `before` to `after`. Rows are told apart by identity: folds never write in place. */
export function changeOf(before: ActorState | null, after: ActorState, maps: RowMaps): StateChange {
  const rowsSet = new Map<string, string>();
  for (const map of maps) {
    const old = before === null ? {} : rowsOf(before, map);
    const now = rowsOf(after, map);
    if (old === now) continue;
    for (const [key, row] of Object.entries(now)) {
      if (old[key] !== row) rowsSet.set(rowKey(map, key), JSON.stringify(row));
    }
  }
  return { core: coreOf(after, maps), rowsSet };
}

function coreOf(state: ActorState, maps: RowMaps): string {
  const { status, value, context } = state.snapshot;
  return JSON.stringify({ status, value, context: withoutRows(context, maps), timers: state.timers });
}

function withoutRows(context: Record<string, unknown>, maps: RowMaps): Record<string, unknown> {
  if (maps.length === 0) return context;
  return Object.fromEntries(Object.entries(context).filter(([key]) => !maps.includes(key)));
}

/** The stored state, not yet alive; `rehydrate` makes it so. Throws SyntaxError where the core is not JSON. */
export function stateFrom(stored: StoredState, maps: RowMaps): ActorState {
  const { status, value, context, timers } = JSON.parse(stored.core) as MachineSnapshot & {
    timers: Record<string, ArmedTimer>;
  };
  const whole: Record<string, unknown> = { ...context };
  for (const map of maps) {
    const prefix = rowKey(map, "");
    const entries = [...stored.rows].filter(([key]) => key.startsWith(prefix));
    whole[map] = Object.fromEntries(entries.map(([key, json]) => [key.slice(prefix.length), JSON.parse(json)]));
  }
  return { snapshot: { status, value, context: whole }, timers };
}
