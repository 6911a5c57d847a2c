/** `swarm demo`: a whole swarm on a copy of a small real package, with a scripted model and without a key. */
import { constants } from "node:os";
import { readEntry } from "../../../actors/runtime/run-log.ts";
import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { makeRepository } from "../demo/repository.ts";
import { retold } from "../demo/retold.ts";
import { openStage, type Stage } from "../demo/stage.ts";
import { GOAL, MODEL, PACKAGE } from "../demo/story.ts";
import { type Struck, strike } from "../demo/strike.ts";
import { type Hive, openHive } from "../hive.ts";
import { say } from "../say.ts";

export async function act(): Promise<number> {
  const { commandEnv } = await readConfig();
  const folder = await makeRepository(commandEnv);
  say(`The package ${PACKAGE} was copied to ${folder}. Nothing else of yours is touched.`);
  say(`The model is SIMULATED: "${MODEL}" plays a script, on a port of this process. Everything else is real:`);
  say("agents, queues, Redis, git, commands, the sandbox, and the kill -9.");
  const stage = await openStage(folder);
  try {
    const { run, struck, code } = await play(stage);
    const events = await eventsOf(stage, run);
    process.stdout.write(`${told(folder, run, retold(events, struck)).join("\n")}\n`);
    return code;
  } catch (cause) {
    const signal = stage.stoppedBy();
    // Without its model nothing of it can go on: who is told of a failure, or stopped it, is left nothing that runs.
    await stage.swarm("down");
    say(`${signal === null ? "It broke off" : "Stopped"}; nothing of it runs any more. ${folder} is yours to delete.`);
    if (signal === null) throw cause;
    return 128 + constants.signals[signal];
  } finally {
    await stage.close();
  }
}

interface Played {
  readonly run: string;
  readonly struck: Struck | null;
  readonly code: number;
}

const PLAN = ["--plan", "--accept-plan", "--approve", "ask"];

async function play(stage: Stage): Promise<Played> {
  const quoted = `"${GOAL}"`;
  say(`$ cd ${stage.folder} && swarm run ${PLAN.join(" ")} ${quoted}`);
  const { runId: run } = JSON.parse(await stage.asked("run", GOAL, ...PLAN, "--detach", "--json")) as { runId: string };
  const over = new AbortController();
  const struck = withHive(stage, (hive) => strike(hive, run, over.signal));
  struck.catch(() => {}); // its failure is told below
  try {
    let code = await stage.swarm("resume", run);
    goesOn(stage);
    if (code === PARKED) code = await approved(stage, run);
    goesOn(stage);
    over.abort();
    return { run, struck: await struck, code };
  } finally {
    over.abort();
  }
}

/** A run that somebody stopped is parked like one that waits for an answer: nobody may say yes in their place. */
function goesOn(stage: Stage): void {
  const signal = stage.stoppedBy();
  if (signal !== null) throw new SwarmError("demo.stopped", `stopped by ${signal}`, { exit: 5 });
}

/** The run waits for somebody, and nobody sits here. */
const PARKED = 5;

/** Nobody can be asked here, so the demo says yes, and says that it does. */
async function approved(stage: Stage, run: string): Promise<number> {
  const listed = JSON.parse(await stage.asked("approvals", "list", "--run", run, "--json")) as {
    approvals: { id: string; tool: string; status: string }[];
  };
  const waiting = listed.approvals.filter(({ status }) => status === "pending");
  const merge = waiting.find(({ tool }) => tool === "Merge");
  if (merge === undefined || waiting.length > 1) {
    const found = waiting.map(({ tool }) => tool).join(", ") || "nothing";
    throw new SwarmError("demo.parked", `the run waits for ${found}, and not for its merge alone`, {
      exit: 1,
      hint: `Look at it: cd ${stage.folder}; swarm show ${run}`,
    });
  }
  say("No terminal, so the demo says yes to the merge where you would be asked:");
  say(`$ swarm approve ${merge.id} --reason "I have read the diff"`);
  await stage.swarm("approve", merge.id, "--reason", "I have read the diff");
  say(`$ swarm resume ${run}`);
  return stage.swarm("resume", run);
}

async function withHive<Value>(stage: Stage, use: (hive: Hive) => Promise<Value>): Promise<Value> {
  const hive = await openHive("warn", await readConfig(stage.folder, stage.env));
  try {
    return await use(hive);
  } finally {
    hive.close();
  }
}

const eventsOf = (stage: Stage, run: string): Promise<readonly LoggedEvent[]> =>
  withHive(stage, async ({ reader }) => {
    const events: LoggedEvent[] = [];
    for (
      let batch = await reader.log(run, 0);
      batch.length > 0;
      batch = await reader.log(run, events.at(-1)?.seq ?? 0)
    ) {
      for (const raw of batch) events.push(...readEntry(raw).events);
    }
    return events;
  });

function told(folder: string, run: string, story: readonly string[]): readonly string[] {
  const steps = story.map((line, index) => `${index + 1}. ${line}`);
  const more: readonly (readonly [string, string])[] = [
    ["git log --stat -3", "what came home"],
    [`swarm show ${run}`, "the run: tasks, agents, results, cost"],
    [`swarm audit query --run ${run} --decision deny`, "what was refused, and why"],
    [`swarm logs ${run}`, "every event"],
    [`swarm replay ${run}`, "fold the log again; every state is compared"],
    ["swarm agents show general", "the statechart that it ran"],
    ["swarm down", "end the private Redis and the workers"],
  ];
  const width = Math.max(...more.map(([command]) => command.length));
  return [
    "",
    "What happened:",
    ...steps,
    "",
    `See more (in ${folder}, which is yours to delete):`,
    ...more.map(([command, why]) => `  ${command.padEnd(width)}  ${why}`),
  ];
}
