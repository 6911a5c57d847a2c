// `swarm archive` and the retention, by the built command: files of ended runs; a run that has left Redis is still
// listed, shown, logged and replayed as before; a damaged archive is refused by file and line.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { ofType, openStage, type Played, read, report, type Stage, says } from "../support/run-stage.ts";
import { documentOf, type Environment, eventually, folderOf, linesOf } from "../support/swarm-cli.ts";
import { serverOf } from "../support/swarm-store.ts";

const stages: Stage[] = [];
const open = async (env: Environment = {}): Promise<Stage> => {
  const stage = await openStage(env);
  stages.push(stage);
  return stage;
};
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage[Symbol.asyncDispose]();
});

/** Nothing is kept in Redis beyond its end. */
const atOnce = { env: { SWARM_RETENTION_HOURS: "0" } };
const played = (stage: Stage): Promise<Played> => stage.play([says(read()), report("adds")]);

interface Archived {
  readonly archived: readonly { readonly runId: string; readonly file: string; readonly did: string }[];
}

/** Keys of the private Redis that are the run's. */
async function keysOf(stage: Stage, run: string): Promise<string[]> {
  const redis = new Redis({ path: serverOf(stage.swarm)?.socket ?? "" });
  try {
    return (await redis.keys("*")).filter((key) => key.includes(run));
  } finally {
    redis.disconnect();
  }
}

test("ended runs are put into files, once each; what goes on, and an unclear wish, is refused", async () => {
  const stage = await open();
  const { document } = await played(stage);
  const run = document.runId;
  const file = join(stage.swarm.dataDir, "archive", `${run}.jsonl`);
  const first = await stage.swarm.ask(["archive", run.slice(0, 6), "--json"]);
  expect(documentOf(first)).toEqual({ v: 1, archived: [{ runId: run, file, did: "written" }] });
  const again = documentOf<Archived>(await stage.swarm.ask(["archive", "--all-ended", "--json"]));
  expect(again.archived).toEqual([{ runId: run, file, did: "same" }]);
  const lines = linesOf<{ data: Record<string, unknown> }>({ stdout: readFileSync(file, "utf8") });
  expect(lines[0]?.data).toMatchObject({ kind: "archive", v: 1, run, row: { status: "completed" } });
  expect(lines.at(-1)?.data).toMatchObject({ kind: "end", lines: lines.length - 1 });
  const elsewhere = join(folderOf(stage.swarm, "elsewhere"), "deep");
  await stage.swarm.ask(["archive", run, "--dir", elsewhere]);
  expect(readdirSync(elsewhere)).toEqual([`${run}.jsonl`]);
  for (const args of [["archive"], ["archive", run, "--all-ended"]]) {
    expect((await stage.swarm.ask(args)).code).toBe(2);
  }
  const going = stage.begin([{ ...says(read()), delayMs: 600_000 }], ["--detach", "--json"]);
  const { runId } = documentOf<{ runId: string }>(await going.command.done);
  const refused = await stage.swarm.ask(["archive", runId, "--json"]);
  expect(refused.code).toBe(2);
  expect(documentOf<{ error: unknown }>(refused).error).toMatchObject({
    code: "run.running",
    hint: expect.stringContaining("--cancel"),
  });
  expect(existsSync(join(stage.swarm.dataDir, "archive", `${runId}.jsonl`))).toBe(false);
});

test("a run that has left Redis is listed, shown, logged and replayed as before", async () => {
  const stage = await open();
  const { document, events } = await played(stage);
  const run = document.runId;
  const shown = await stage.swarm.ask(["show", run]);
  const replayed = await stage.swarm.ask(["replay", run, "--json"]);
  const listed = documentOf<{ runs: unknown[] }>(await stage.swarm.ask(["ps", "--json"])).runs;
  expect(ofType(events, "run.completed")).toHaveLength(1);

  // The first command that looks takes it along.
  const after = documentOf<{ runs: Record<string, unknown>[] }>(await stage.swarm.ask(["ps", "--json"], atOnce)).runs;
  expect(after).toEqual(listed);
  expect(await keysOf(stage, run)).toEqual([expect.stringMatching(new RegExp(`:${run}$`))]);
  expect(documentOf(await stage.swarm.ask(["show", run, "--json"]))).toEqual(document);
  expect((await stage.swarm.ask(["show", run])).stdout).toBe(shown.stdout);
  expect(await stage.events(run)).toEqual(events);
  const again = await stage.swarm.ask(["replay", run, "--json"]);
  expect([again.code, again.stdout]).toEqual([0, replayed.stdout]);
  expect((await stage.swarm.ask(["logs", "@last", "--follow", "--jsonl"])).code).toBe(0);
  const kept = documentOf<Archived>(await stage.swarm.ask(["archive", run, "--json"]));
  expect(kept.archived).toMatchObject([{ runId: run, did: "erased_before" }]);
});

test("a run that its worker erases at its very end is still reported in full by the command that watches it", async () => {
  const stage = await open(atOnce.env);
  for (let round = 0; round < 3; round += 1) {
    const { document, events, finished } = await played(stage);
    expect([finished.code, document.status, document.result?.status]).toEqual([0, "completed", "verified"]);
    expect(document.result?.value).toEqual({ summary: "adds" });
    expect(document.agents).toHaveLength(2);
    expect(ofType(events, "run.completed")).toHaveLength(1);
    await eventually(
      "the worker takes it out of Redis",
      async () => (await keysOf(stage, document.runId)).length === 1,
    );
  }
});

test("a damaged archive is refused by the name of file and line, and a missing one by its host", async () => {
  const stage = await open();
  const { document } = await played(stage);
  const run = document.runId;
  await stage.swarm.ask(["ps"], atOnce);
  const file = join(stage.swarm.dataDir, "archive", `${run}.jsonl`);
  const whole = readFileSync(file, "utf8");
  const lines = whole.split("\n");
  writeFileSync(file, lines.with(4, `${lines[4]?.slice(0, -6)}~${lines[4]?.slice(-5)}`).join("\n"));
  for (const args of [
    ["show", run],
    ["logs", run],
    ["replay", run],
    ["archive", run],
  ]) {
    const refused = await stage.swarm.ask(args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${file}, line 5:`);
  }
  writeFileSync(file, whole.slice(0, -20));
  expect((await stage.swarm.ask(["show", run])).stderr).toContain(`${file}, line ${lines.length - 1}:`);
  writeFileSync(file, whole);
  expect((await stage.swarm.ask(["show", run])).code).toBe(0);
});

test("a retention that is no number of hours is refused by name", async () => {
  const stage = await open();
  for (const hours of ["-1", "soon", "1.5", "99999999"]) {
    const refused = await stage.swarm.ask(["ps", "--json"], { env: { SWARM_RETENTION_HOURS: hours } });
    expect(refused.code).toBe(2);
    expect(documentOf<{ error: { message: string } }>(refused).error.message).toContain(
      `SWARM_RETENTION_HOURS="${hours}": a whole number of hours from 0 to 87600`,
    );
  }
  writeFileSync(join(stage.swarm.cwd, "swarm.config.json"), '{"retentionHours":24}');
  const doctor = documentOf<{ settings: { name: string; value: string }[] }>(
    await stage.swarm.ask(["doctor", "--json"]),
  );
  expect(doctor.settings.find(({ name }) => name === "retentionHours")).toMatchObject({ value: "24" });
});
