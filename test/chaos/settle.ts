/** Waits for the calm after the faults: every run at its end, its queues empty, its processes gone. Waits for facts. */
import { eventually } from "../support/swarm-cli.ts";
import type { Arena } from "./arena.ts";
import { violationsOf } from "./oracle.ts";
import type { Play } from "./reference-run.ts";
import { factsOf, leftoversOf } from "./run-facts.ts";

/** Longer than anything that has to happen: what is not there by then never comes. In milliseconds. */
export const NEVER_MS = 180_000;
/** What an ended run leaves behind for a moment, such as a recorder that is told to stop. In milliseconds. */
export const TIDY_MS = 60_000;

export interface Judged {
  readonly run: string;
  readonly key: string;
  readonly status: string;
  readonly reasons: string;
  /** Calls that came to `tool.interrupted`. */
  readonly interrupted: number;
  /** Times the world was asked what became of a call. */
  readonly reconciled: number;
  /** Model calls that came to nothing: failed, or lost with their worker. */
  readonly callsFailed: number;
  readonly callsLost: number;
  /** How often a graph came by what it is played for. */
  readonly told?: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** Waits for the run's end, and judges it. A run that does not end is judged as it stands. */
export async function judged(arena: Arena, run: string, play: Play, forgetful = false): Promise<Judged> {
  const over = async (): Promise<boolean> => (await arena.reader.run(run))?.fields.status !== "running";
  await unlessNever(eventually(`run ${run} ends`, over, NEVER_MS));
  const tidy = async (): Promise<boolean> => (await leftoversOf(arena, run)).length === 0;
  await unlessNever(eventually(`run ${run} leaves nothing`, tidy, TIDY_MS));
  const facts = await factsOf(arena, run, play, forgetful);
  const count = (type: string): number => facts.events.filter((event) => event.type === type).length;
  return {
    run,
    key: play.key,
    status: facts.row.status ?? "absent",
    reasons: facts.row.reasons ?? "",
    interrupted: count("tool.interrupted"),
    reconciled: facts.events.filter((event) => event.type === "agent.state" && event.to.includes("reconciling")).length,
    callsFailed: count("model.failed"),
    callsLost: facts.events.filter((event) => event.type === "model.failed" && event.reason === "lost").length,
    violations: violationsOf(facts),
  };
}

/** Jobs that no queue should hold any more, once every run of the arena has ended. */
export async function queueViolations({ redis, keys }: Arena, patienceMs = TIDY_MS): Promise<string[]> {
  const held = async (): Promise<string[]> => {
    const names = await redis.keys(`{${keys.prefix}}:swarm-*`);
    const lists = names.filter((name) => /:(wait|active|paused|de:.*|dn:.*)$/.test(name));
    const sets = names.filter((name) => /:(delayed|prioritized)$/.test(name));
    return [...lists, ...sets];
  };
  await unlessNever(eventually("the queues are empty", async () => (await held()).length === 0, patienceMs));
  return (await held()).map((name) => `left in the queues: ${name}`);
}

/** The facts are looked at in any case: what did not come to pass in time is what they then show. */
export async function unlessNever(fact: Promise<unknown>): Promise<void> {
  await fact.catch((cause: unknown) => {
    if (!(cause instanceof Error) || !cause.message.startsWith("not within")) throw cause;
  });
}
