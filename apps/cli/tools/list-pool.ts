/** `swarm tools list --agent --mode`: the pool that an agent made here would have, and why it would not have the rest. */

import { agentTypes } from "../../../actors/types/index.ts";
import type { Config } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { RegistryEntry } from "../../../registry/entry.ts";
import type { Mode } from "../../../registry/permission/question.ts";
import { toolPool } from "../../../registry/pool.ts";
import { nearestNames } from "../nearest-names.ts";
import { permissionsOf } from "../permission-lists.ts";
import { printJson, printTable } from "../print.ts";
import type { RegistryHere } from "./registry-at.ts";

export interface PoolAsked {
  readonly here: RegistryHere;
  readonly config: Config;
  readonly workspace: string;
  /** A built-in type or a profile. */
  readonly agent: string;
  readonly mode: Mode;
}

/** What is not known before a run: it is told with the answer. */
const ASSUMED = { approve: "ask", sandbox: "full", isolated: false } as const;

export function listPool({ here, config, workspace, agent, mode }: PoolAsked, flags: Record<string, unknown>): number {
  const { capabilities, entries, out } = here;
  const profile = capabilities.document.profiles.find(({ name }) => name === agent);
  const type = capabilities.agentType(profile?.base ?? agent, profile === undefined ? null : agent);
  if (type === undefined) throw unknownAgent(agent, here);
  const { notices: _, ...rules } = permissionsOf(config, workspace);
  const circumstances = { rules, mode, ...ASSUMED, unconfined: false, grants: [] };
  const noSkills = ["Skill", "there is no skill that it could open"] as const;
  const unavailable = new Map([...(capabilities.document.skills.length === 0 ? [noSkills] : []), ...out]);
  const pool = toolPool({ type, tools: capabilities.all, circumstances, deniedTools: [], unavailable });
  const reasons = new Map(pool.excluded.map(({ name, reason }) => [name, reason]));
  const offered = new Set(pool.offered.map(({ name }) => name));
  const rows = entries
    .filter(({ kind }) => kind === "tool")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => ({ entry, place: placeOf(entry, offered, reasons), reason: reasons.get(entry.name) ?? null }));
  if (flags.json === true) {
    const tools = rows.map(({ entry, place, reason }) => {
      const { name, kind, tier, risk, category, summary, source, hash, state } = entry;
      return { name, kind, tier, risk, category, summary, source, hash, state, pool: place, reason };
    });
    printJson({ v: 1, agent, mode, assumes: ASSUMED, tools, left: here.left });
    return 0;
  }
  printTable(
    ["NAME", "TIER", "RISK", "POOL", "WHY NOT"],
    rows.map(({ entry, place, reason }) => [entry.name, entry.tier, entry.risk ?? "-", place, reason ?? ""]),
    "no tools",
  );
  process.stdout.write(
    "\nprompt: defined in its prompt; found: by ToolSearch; out: it has not got it. Taken: a sandbox for commands, and somebody to ask.\n",
  );
  return 0;
}

type Place = "prompt" | "found" | "out";

function placeOf({ name }: RegistryEntry, offered: ReadonlySet<string>, out: ReadonlyMap<string, string>): Place {
  if (offered.has(name)) return "prompt";
  return out.has(name) ? "out" : "found";
}

function unknownAgent(agent: string, { capabilities }: RegistryHere): SwarmError {
  const names = [...agentTypes.map(({ name }) => name), ...capabilities.document.profiles.map(({ name }) => name)];
  const near = nearestNames(agent, names);
  return new SwarmError("usage.agent", `--agent "${agent}" is not an agent type`, {
    exit: 2,
    hint: near.length === 0 ? `Types are: ${names.join(", ")}.` : `Did you mean ${near.join(", ")}?`,
  });
}
