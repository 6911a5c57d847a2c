/**
 * kill -9 while a summary is being written, with real workers: the conversation is as it was, what the lost call may have cost
 * is charged, and the next worker makes it shorter once and ends the run. A fork from before and one from after it go on.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { identifyProcess, signalProcess } from "../../infra/redis/process-identity.ts";
import { SUMMARY_REQUEST } from "../../machines/summary-request.ts";
import { ofType, openStage, quote, type RunDocument, read, report, says, text } from "../support/run-stage.ts";
import { documentOf, eventually } from "../support/swarm-cli.ts";
import { runStatusOf } from "../support/swarm-store.ts";

const BIG = "src/big.txt";

function configFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), "swarm-compaction-")), "swarm.config.json");
  writeFileSync(file, JSON.stringify({ compaction: { atTokens: 0, everyTurns: 3, keepTurns: 1, with: "own" } }));
  return file;
}

test("a worker killed while a summary is written: nothing of it is kept, it is charged, and the next one makes it", async () => {
  await using stage = await openStage({ SWARM_CONFIG: configFile() });
  writeFileSync(join(stage.workspace, BIG), "lorem ipsum dolor sit amet\n".repeat(700));
  const worker = async () => {
    const running = stage.swarm.start(["worker", "--jsonl"]);
    await running.said(/"worker\.ready"/, "stdout");
    return running;
  };
  const first = await worker();
  const summary = { ...text("It says lorem ipsum, again and again."), when: SUMMARY_REQUEST };
  const { command } = stage.begin(
    [
      { ...summary, held: true },
      { ...summary, times: "always" },
      { ...says(read(BIG)), times: 4 },
      { ...report("It adds.", [quote(3)]), times: "always" },
    ],
    ["--detach", "--json"],
  );
  const { runId } = documentOf<{ runId: string }>(await command.done);
  const summaries = (): number => stage.double.served.filter(({ body }) => body.includes(SUMMARY_REQUEST)).length;
  await eventually("a summary is asked for", () => summaries() === 1);
  const identity = identifyProcess(first.pid);
  if (identity === undefined) throw new Error("the worker is gone");
  signalProcess(identity, "SIGKILL");
  await first.done;
  await worker();
  await eventually(`${runId} ends`, async () => (await runStatusOf(stage.swarm, runId)) !== "running");
  const all = await stage.events(runId);
  expect(ofType(all, "run.completed")).toHaveLength(1);
  const [lost] = ofType(all, "compaction.failed");
  const [done] = ofType(all, "compaction.done");
  expect([lost?.reason, done?.by, done?.generation]).toEqual([expect.stringMatching(/^lost: /), "own", 2]);
  // Charged as it was reserved; the one that was answered, as it was used.
  const [reserved, settled] = [ofType(all, "budget.reserved"), ofType(all, "budget.settled")];
  const costOf = (rows: readonly { effect: string; tokens: number }[], effect?: string) =>
    rows.find((row) => row.effect === effect)?.tokens;
  expect(costOf(settled, lost?.effect)).toBe(costOf(reserved, lost?.effect));
  expect(costOf(settled, done?.effect)).toBeLessThan(costOf(reserved, done?.effect) as number);
  expect(ofType(all, "tool.finished")).toHaveLength(4);
  // Told again it is the same, and it can be gone on with from before and from after the summary.
  expect((await stage.swarm.run(["replay", runId])).code).toBe(0);
  for (const at of [lost?.seq, done?.seq]) {
    const forked = await stage.swarm.run(["fork", runId, "--at", String(at), "--json"]);
    expect(documentOf<RunDocument>(forked).status).toBe("completed");
  }
});
