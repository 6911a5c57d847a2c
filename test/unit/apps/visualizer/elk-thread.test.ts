/** Where a server lays out its charts: beside everything else that it does. */
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { otherMachines } from "../../../../apps/visualizer/drawn-machines.ts";
import { placedInThread } from "../../../../apps/visualizer/elk-thread.ts";
import { layOut } from "../../../../apps/visualizer/lay-out.ts";
import { chartOf } from "../../../../machines/chart.ts";

/** Rounds of the event loop: more than there are around ELK in this process, fewer than while a thread only starts. */
const FEW = 5_000;

test("while a chart is placed this process goes on with its work, and the places are the same", async () => {
  const [first] = otherMachines;
  const chart = chartOf(first?.machine.machine ?? expect.fail("no machine"));
  let placed = false;
  const placing = layOut(chart, placedInThread).finally(() => {
    placed = true;
  });
  let rounds = 0;
  while (!placed) {
    await turn();
    rounds += 1;
  }
  expect(rounds).toBeGreaterThan(FEW);
  expect(await placing).toEqual(await layOut(chart));
});

test("a chart that cannot be placed fails alone: the next one is placed", async () => {
  const edge = { id: "e", sources: ["nowhere"], targets: ["nowhere"] };
  await expect(placedInThread({ id: "root", children: [], edges: [edge] })).rejects.toThrow(/nowhere/);
  const { children } = await placedInThread({ id: "root", children: [{ id: "a", width: 10, height: 10 }] });
  expect(children?.[0]?.x).toEqual(expect.any(Number));
});
