// Writers of one memory in processes of their own: none loses what another keeps, and a kill -9 leaves no half item.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { memoryAt, memoryFolders } from "../support/memory-stage.ts";

const child = fileURLToPath(new URL("../support/memory-child.ts", import.meta.url));

it("what a writer said it kept is there, also where it was killed a moment later, and beside another one", async () => {
  const { workspace, state } = memoryFolders({ a: "" });
  const told: string[] = [];
  const writer = (who: string, count: number, killedAfter = Number.POSITIVE_INFINITY): Promise<number | null> => {
    const running = spawn(process.execPath, ["--import", "tsx", child, workspace, state, who, String(count)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let kept = 0;
    createInterface({ input: running.stdout }).on("line", (id) => {
      told.push(id);
      kept += 1;
      if (kept === killedAfter) running.kill("SIGKILL");
    });
    return new Promise((resolve) => running.once("close", resolve));
  };
  const ends = await Promise.all([writer("a", 60, 8), writer("b", 60)]);
  expect(ends).toEqual([null, 0]);
  const { items, unreadable } = await memoryAt({ workspace, state }).all();
  const ids = items.map(({ id }) => id);
  expect(unreadable).toEqual([]);
  expect(told.filter((id) => id.startsWith("m_b"))).toHaveLength(60);
  expect(told.filter((id) => !ids.includes(id))).toEqual([]);
  // It was killed in the middle: some of its items are there, and not all.
  const killed = ids.filter((id) => id.startsWith("m_a")).length;
  expect([killed >= 8, killed < 60]).toEqual([true, true]);
}, 60_000);
