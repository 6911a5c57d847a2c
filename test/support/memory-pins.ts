/** Pins that end with the test, under the same contract as those in Redis. */
import type { PinName, PinRow, Pins } from "../../infra/pins.ts";

export function memoryPins(): Pins {
  const rows = new Map<string, PinRow>();
  let changes = 0;
  const keyOf = ({ kind, scope, name }: PinName): string => JSON.stringify([kind, scope, name]);
  return {
    all: async () => [...rows.values()],
    changes: async () => changes,
    get: async (name) => rows.get(keyOf(name)) ?? null,
    async put({ kind, scope, name }, state, revision) {
      const key = keyOf({ kind, scope, name });
      if ((rows.get(key)?.revision ?? 0) !== revision) return false;
      changes += 1;
      rows.set(key, { kind, scope, name, state, revision: revision + 1 });
      return true;
    },
  };
}
