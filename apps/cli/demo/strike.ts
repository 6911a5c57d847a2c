/** Kills the worker with SIGKILL while a command that it started runs: the worst moment there is. */
import { setTimeout as wait } from "node:timers/promises";
import { followLog } from "../../../actors/runtime/run-log.ts";
import { identifyProcess, isAlive, signalProcess } from "../../../infra/redis/process-identity.ts";
import type { Hive } from "../hive.ts";
import { TEST } from "./story.ts";

export interface Struck {
  readonly pid: number;
  /** The effect that ran when its worker died. */
  readonly effect: string;
}

/** Answers once it has struck; null where the run ended, or was called off, before there was an occasion. */
export async function strike(hive: Hive, run: string, signal: AbortSignal): Promise<Struck | null> {
  for await (const { events } of followLog(hive.reader, run, { signal })) {
    const begun = events.find((event) => event.type === "tool.intended" && commandOf(event.input) === TEST);
    if (begun?.type !== "tool.intended") continue;
    await wait(UNTIL_IT_RUNS_MS);
    const worker = (await hive.workers.all()).flatMap(({ pid }) => identifyProcess(pid) ?? []).find(isAlive);
    if (worker === undefined) return null;
    signalProcess(worker, "SIGKILL");
    return { pid: worker.pid, effect: begun.effect };
  }
  return null;
}

/** From its intent in the log until the command is surely under way; it runs for three seconds. */
const UNTIL_IT_RUNS_MS = 1_200;

const commandOf = (input: unknown): unknown => (input as { command?: unknown } | null)?.command;
