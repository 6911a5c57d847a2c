/** Every agent that could work here: built-in types, profiles of agent files, and the machines beside them. */
import type { ActorType, AgentType } from "../../../actors/types/define.ts";
import { agentTypeNamed, listedTypes } from "../../../actors/types/index.ts";
import { profileType } from "../../../actors/types/profile-type.ts";
import type { Config } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { MachineEntry } from "../../../machines/catalogue.ts";
import type { FileProblem } from "../../../registry/file-problem.ts";
import { otherMachines } from "../../visualizer/drawn-machines.ts";
import { profilesAt } from "../discovery.ts";
import { nearestNames } from "../nearest-names.ts";

export interface KnownAgent {
  readonly name: string;
  /** `profile`: of an agent file. `machine`: decides something, and no agent lives in it. */
  readonly kind: "built-in" | "profile" | "machine";
  readonly summary: string;
  /** Where it comes from: the built-in type that a profile narrows, and its file. */
  readonly base: string | null;
  readonly source: string | null;
  readonly machine: MachineEntry;
  /** Null for what asks no model. */
  readonly type: AgentType | null;
}

export interface KnownAgents {
  readonly agents: readonly KnownAgent[];
  /** Of agent files that are none, and of those in which something does nothing. */
  readonly problems: readonly FileProblem[];
}

/** Runs nothing and starts no server: files are read. */
export async function knownAgents(config: Config, workspace: string): Promise<KnownAgents> {
  const { profiles, problems } = await profilesAt(workspace, config);
  const narrowed = profiles.flatMap((profile): KnownAgent[] => {
    const base = agentTypeNamed(profile.base);
    if (base === undefined) return [];
    const type = profileType(base, profile);
    const { name, summary, machine } = type;
    return [{ name, kind: "profile", summary, base: base.name, source: profile.source, machine, type }];
  });
  return { agents: [...listedTypes.map(builtIn), ...narrowed], problems };
}

const builtIn = ({ name, summary, machine }: ActorType): KnownAgent => ({
  name,
  kind: "built-in",
  summary,
  base: null,
  source: null,
  machine,
  type: agentTypeNamed(name) ?? null,
});

/** Throws SwarmError `agents.unknown`, exit 2, naming what is near. */
export function agentNamed(name: string, { agents }: KnownAgents): KnownAgent {
  const all = [...agents, ...otherMachines.map((one): KnownAgent => ({ ...NO_AGENT, ...one }))];
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const near = nearestNames(
    name,
    all.map((one) => one.name),
  );
  throw new SwarmError("agents.unknown", `there is no agent type "${name}"`, {
    exit: 2,
    hint: `${near.length === 0 ? "" : `Did you mean ${near.join(" or ")}?\n`}\`swarm agents list\` lists them.`,
  });
}

const NO_AGENT = { kind: "machine", base: null, source: null, type: null } as const;
