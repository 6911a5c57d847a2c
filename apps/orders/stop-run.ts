/** Parks a run, ends it for good, ends one of its tasks, or lets it go on. Doing any of it twice is doing it once. */
import { taskRowsFrom } from "../../actors/runtime/graph-result.ts";
import { shownStatus } from "../../actors/runtime/run-document.ts";
import { SwarmError } from "../../infra/errors.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import type { Hive } from "../cli/hive.ts";

type Stage = Pick<Hive, "store" | "reader">;

export interface StopWish {
  readonly cancel: boolean;
  /** Only with `cancel`. */
  readonly task: string | null;
  /** Who asked, as the log and the agents are told: `swarm stop`, `the page`. */
  readonly asker: string;
}

/** `parked`, `cancelling` or `cancelling TASK`. Throws SwarmError, exit 2, where there is nothing to stop. */
export async function stopRun(stage: Stage, run: string, { cancel, task, asker }: StopWish): Promise<string> {
  if (task !== null && !cancel) throw parksNoTask(task);
  if (task !== null) return await cancelTask(stage, run, task, asker);
  return cancel ? await cancelRun(stage, run, asker) : await park(stage, run, asker);
}

/** `running`: it was not parked, and goes on as it did. Throws SwarmError `run.ended`, exit 2. */
export async function resumeRun({ store, reader }: Stage, run: string, asker: string): Promise<"resumed" | "running"> {
  const fields = (await reader.run(run))?.fields ?? {};
  const status = shownStatus(fields);
  if (status !== "parked" && status !== "running") throw endedAlready(run, status);
  if (fields.hold === undefined) return "running";
  await store.hold(run, "resume", `asked by ${asker}`);
  return "resumed";
}

async function park({ store }: Stage, run: string, asker: string): Promise<string> {
  const answer = await store.hold(run, "park", `asked by ${asker}`);
  if (answer.kind === "ended") throw endedAlready(run, answer.status);
  return "parked";
}

async function cancelRun({ store }: Stage, run: string, asker: string): Promise<string> {
  // A parked run has to move to end.
  await store.hold(run, "resume", "to be cancelled");
  const answer = await store.send(
    { run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE },
    { id: "cancel", event: { type: "run.cancel", reason: `asked by ${asker}` } as { type: string } },
  );
  if (answer.kind === "ended") throw endedAlready(run, answer.status);
  return "cancelling";
}

async function cancelTask({ store, reader }: Stage, run: string, task: string, asker: string): Promise<string> {
  const rows = taskRowsFrom(await reader.rows(run, COORDINATOR_ACTOR, "tasks"));
  const row = rows.find(({ id }) => id === task);
  if (row === undefined)
    throw noTask(
      run,
      task,
      rows.map(({ id }) => id),
    );
  if (!["planned", "resting", "running"].includes(row.status)) throw notOpen(run, task, row.status);
  const answer = await store.send(
    { run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE },
    {
      id: `cancel:${task}:${row.attempt}`,
      event: { type: "task.cancel", task, reason: `asked by ${asker}` } as { type: string },
    },
  );
  if (answer.kind === "ended") throw endedAlready(run, answer.status);
  return `cancelling ${task}`;
}

const parksNoTask = (task: string): SwarmError =>
  new SwarmError("usage.stop_task", `--task ${task}: a single task is not parked, only ended`, {
    exit: 2,
    hint: "Say --cancel as well, or leave --task away to park the whole run.",
  });

const noTask = (run: string, task: string, known: readonly string[]): SwarmError =>
  new SwarmError("usage.stop_task", `--task ${task}: run ${run} has no such task`, {
    exit: 2,
    hint: `It has: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ` and ${known.length - 20} more` : ""}.`,
  });

const notOpen = (run: string, task: string, status: string): SwarmError =>
  new SwarmError("usage.stop_task", `--task ${task}: it is ${status}, and nothing is left to be called off`, {
    exit: 2,
    hint: `\`swarm show ${run}\` shows it; what is verified is taken back by \`swarm revoke\`.`,
  });

const endedAlready = (run: string, status: string): SwarmError =>
  new SwarmError("run.ended", `run ${run} has ended already: ${status}`, {
    exit: 2,
    hint: `\`swarm show ${run}\` shows how.`,
  });
