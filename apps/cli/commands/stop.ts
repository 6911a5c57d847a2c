/** `swarm stop <id>`: parks a run, or with `--cancel` ends it for good. Doing it twice is doing it once. */
import { SwarmError } from "../../../infra/errors.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../../infra/store.ts";
import { type Hive, openHive } from "../hive.ts";
import { printJson } from "../print.ts";

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const did = flags.cancel === true ? await cancel(hive, run) : await park(hive, run);
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

const endedAlready = (run: string, status: string): SwarmError =>
  new SwarmError("run.ended", `run ${run} has ended already: ${status}`, {
    exit: 2,
    hint: `\`swarm show ${run}\` shows how.`,
  });
