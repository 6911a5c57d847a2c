/**
 * `swarm stop <id>`: parks a run; with `--cancel` it ends for good, or (`--task`) one of its tasks does, with what needs it.
 * Doing it twice is doing it once.
 */
import { taskRowsFrom } from "../../../actors/runtime/graph-result.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../../infra/store.ts";
import { type Hive, openHive } from "../hive.ts";
import { printJson } from "../print.ts";

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const { task } = flags;
    if (typeof task === "string" && flags.cancel !== true) throw parksNoTask(task);
    const did =
      typeof task === "string"
        ? await cancelTask(hive, run, task)
        : flags.cancel === true
          ? await cancel(hive, run)
          : await park(hive, run);
    if (flags.json === true) printJson({ v: 1, runId: run, stopped: did });
    else
      process.stdout.write(
        did === "parked" ? `parked; running steps end within 30 s. resume: swarm resume ${run}\n` : `${did}: ${run}\n`,
      );
    return 0;
  } finally {
    hive.close();
  }
}

async function park(hive: Hive, run: string): Promise<string> {
  const answer = await hive.store.hold(run, "park", "asked by `swarm stop`");
  if (answer.kind === "ended") throw endedAlready(run, answer.status);
  return "parked";
}

async function cancel(hive: Hive, run: string): Promise<string> {
  // A parked run has to move to end.
  await hive.store.hold(run, "resume", "to be cancelled");
  const answer = await hive.store.send(
    { run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE },
    { id: "cancel", event: { type: "run.cancel", reason: "asked by `swarm stop --cancel`" } as { type: string } },
  );
  if (answer.kind === "ended") throw endedAlready(run, answer.status);
  return "cancelling";
}

async function cancelTask(hive: Hive, run: string, task: string): Promise<string> {
  const rows = taskRowsFrom(await hive.reader.rows(run, COORDINATOR_ACTOR, "tasks"));
  const row = rows.find(({ id }) => id === task);
  if (row === undefined)
    throw noTask(
      run,
      task,
      rows.map(({ id }) => id),
    );
  if (!["planned", "resting", "running"].includes(row.status)) throw notOpen(run, task, row.status);
  const answer = await hive.store.send(
    { run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE },
    {
      id: `cancel:${task}:${row.attempt}`,
      event: { type: "task.cancel", task, reason: "asked by `swarm stop --cancel --task`" } as { type: string },
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
