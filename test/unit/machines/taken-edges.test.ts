import { expect, test } from "vitest";
import { breakerMachine } from "../../../machines/breaker-machine.ts";
import { chartOf } from "../../../machines/chart.ts";
import { fold, watchTaken } from "../../../machines/fold.ts";

test("a fold names the transitions that it takes, by the ids of the chart, while somebody listens and not after", () => {
  const taken: string[] = [];
  const input = { failuresMax: 1, coolingMs: 1_000 };
  const born = fold(breakerMachine, null, { version: 1, cause: { input } });
  const failed = { version: 2, cause: { event: { type: "call.failed", by: "x", at: 5, begunAt: 1 } } } as const;
  const unwatch = watchTaken(breakerMachine, (edge) => taken.push(edge));
  fold(breakerMachine, born.state, failed);
  unwatch();
  const heard = taken.length;
  fold(breakerMachine, born.state, failed);
  const drawn = new Set(chartOf(breakerMachine).edges.map(({ id }) => id));
  expect(heard).toBeGreaterThan(0);
  expect(taken).toHaveLength(heard);
  expect(taken.filter((id) => !drawn.has(id))).toEqual([]);
});
