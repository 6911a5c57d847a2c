/** `swarm show <id> --tools`: what every agent of a run may use, as it was latched when it began, and why not the rest. */
import { entriesOf } from "../../actors/runtime/run-log.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import type { Hive } from "./hive.ts";
import { harmless, printJson, printTable } from "./print.ts";

interface ShownPool {
  readonly id: string;
  readonly type: string;
  /** Defined in its prompt. */
  readonly offered: readonly string[];
  /** Found by ToolSearch. */
  readonly deferred: readonly string[];
  /** `reason` is null in logs of versions that did not record one. */
  readonly excluded: readonly { readonly name: string; readonly reason: string | null }[];
  readonly hash: string;
}

export async function showTools(hive: Hive, run: string, options: { readonly json: boolean }): Promise<void> {
  const agents = await poolsOf(hive, run);
  if (options.json) {
    printJson({ v: 1, runId: run, agents });
    return;
  }
  if (agents.length === 0) process.stdout.write("no agent of this run has begun\n");
  for (const { id, type, offered, deferred, excluded } of agents) {
    process.stdout.write(`${harmless(id)} (${harmless(type)})\n`);
    const places = [
      ...offered.map((name) => [`  ${name}`, "prompt", ""]),
      ...deferred.map((name) => [`  ${name}`, "found", ""]),
      ...excluded.map(({ name, reason }) => [`  ${name}`, "out", reason ?? "not recorded"]),
    ];
    printTable(["  TOOL", "POOL", "WHY NOT"], places, "  no tools");
    process.stdout.write("\n");
  }
}

async function poolsOf(hive: Hive, run: string): Promise<readonly ShownPool[]> {
  const types = new Map<string, string>();
  const pools = new Map<string, ShownPool>();
  for await (const { events } of entriesOf(hive.reader, run)) {
    for (const event of events) {
      if (event.type === "agent.started") types.set(event.actor, event.agentType);
      // Of an agent that was put together anew, the last counts.
      if (event.type === "registry.built") {
        pools.set(event.actor, { id: event.actor, type: types.get(event.actor) ?? "", ...placesOf(event) });
      }
    }
  }
  return [...pools.values()];
}

type Built = Extract<RunEvent, { type: "registry.built" }>;

function placesOf({ tools, deferred = [], excluded, reasons = [], hash }: Built): Omit<ShownPool, "id" | "type"> {
  const reasonOf = new Map(reasons.flatMap(({ reason, tools: names }) => names.map((name) => [name, reason] as const)));
  return {
    offered: tools,
    deferred,
    excluded: excluded.map((name) => ({ name, reason: reasonOf.get(name) ?? null })),
    hash,
  };
}
