/**
 * What a run latches of skills and of agent files: what the operator's configuration names, and what somebody approved
 * and is still the same. What is left out is said with its reason and the way out.
 */
import type { FoundProfile } from "../../actors/discovery/profiles-at.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import type { PinName } from "../../infra/pins.ts";
import type { Profile, Skill } from "../../registry/capabilities.ts";
import { problemLine, problemPlace } from "../../registry/file-problem.ts";
import { profilesAt, skillsAt } from "./discovery.ts";

/** A pin, as whoever reads the book of pins gives it. */
export interface PinnedRow extends PinName {
  readonly hash: string;
  /** False: it drifted, or was taken out. */
  readonly active: boolean;
}

export interface Collected {
  readonly skills: readonly Skill[];
  readonly left: readonly { readonly name: string; readonly reason: string }[];
}

/** Of all skills of a run as JSON, in UTF-8: they are latched in one document with all else that it may draw from. */
const SKILLS_BYTES_MAX = 128 * 1024;

const APPROVE = "swarm tools check shows it, with --yes it approves it";
const UNASKED = `nobody has approved it: ${APPROVE}`;

/** `rows`: every pin there is. Repeatable: it only reads. */
export async function collectSkills(
  workspace: string,
  config: Pick<Config, "skillFolders" | "agentFolders" | "commandEnv">,
  rows: readonly PinnedRow[],
): Promise<Collected> {
  const found = await skillsAt(workspace, config);
  const skills: Skill[] = [];
  const left = found.problems
    .filter(({ weight }) => weight === "dropped")
    .map((problem) => ({ name: problemPlace(problem), reason: problem.reason }));
  const unasked: string[] = [];
  let bytes = 0;
  for (const { name, description, folder, scope, hash, tools, needs, byModel, trusted } of found.skills) {
    const skill: Skill = { name, description, folder, scope, hash, tools, needs, byModel };
    const reason = trusted ? null : whyNot({ kind: "skill", scope, name }, hash, rows);
    bytes += Buffer.byteLength(JSON.stringify(skill));
    if (reason === UNASKED && scope === "") unasked.push(name);
    else if (reason !== null) left.push({ name, reason });
    else if (bytes > SKILLS_BYTES_MAX)
      left.push({ name, reason: `all skills together have more than ${SKILLS_BYTES_MAX} bytes` });
    else skills.push(skill);
  }
  if (unasked.length > 0) left.push(ofTheHome(unasked));
  return { skills, left };
}

/** In one line: people have dozens there, and are told of them at every run. */
function ofTheHome(names: readonly string[]): Collected["left"][number] {
  const shown = names.slice(0, 10).join(", ");
  const more = names.length > 10 ? `, and ${names.length - 10} more` : "";
  return { name: "~/.claude/skills", reason: `${shown}${more}: ${UNASKED}` };
}

/** Null where it may be used as it is. */
function whyNot(name: PinName, hash: string, rows: readonly PinnedRow[]): string | null {
  const row = rows.find((one) => one.kind === name.kind && one.scope === name.scope && one.name === name.name);
  if (row === undefined) return UNASKED;
  // What is new is approved along with everything else; what changed only by its name.
  const again = `swarm tools check shows what changed, --approve ${name.name} approves it`;
  if (!row.active) return `it was taken out: ${again}`;
  return row.hash === hash ? null : `it has changed since it was approved: ${again}`;
}

/**
 * The agent file of that name. Throws SwarmError `usage.agent` where there is none, with what is wrong with the file
 * that may have been meant.
 */
export async function profileNamed(
  name: string,
  workspace: string,
  config: Pick<Config, "skillFolders" | "agentFolders" | "commandEnv">,
  builtIn: readonly string[],
): Promise<FoundProfile> {
  const { profiles, problems } = await profilesAt(workspace, config);
  const found = profiles.find((one) => one.name === name);
  if (found !== undefined) return found;
  const meant = problems.filter(({ path, weight }) => weight === "dropped" && path.endsWith(`/${name}.md`));
  const names = [...builtIn, ...profiles.map((one) => one.name)].slice(0, 40).join(", ");
  throw new SwarmError(
    "usage.agent",
    `--agent ${JSON.stringify(name)} is neither an agent type nor an agent file here`,
    {
      exit: 2,
      hint: [...meant.slice(0, 3).map(problemLine), `There are: ${names}.`].join("\n"),
    },
  );
}

/** As it is latched. Throws SwarmError `agent.unapproved`, exit 2, where nobody has approved it as it stands. */
export function approvedProfile(
  { trusted, canonical: _, ...profile }: FoundProfile,
  rows: readonly PinnedRow[],
): Profile {
  const { name, scope, hash, source } = profile;
  const reason = trusted ? null : whyNot({ kind: "profile", scope, name }, hash, rows);
  if (reason === null) return profile;
  throw new SwarmError("agent.unapproved", `the agent ${name} (${source}) is not used: ${reason}`, {
    exit: 2,
    hint: `Read it, then: swarm tools check --approve ${name}${scope === "" ? "" : ` --workspace ${quoted(scope)}`}`,
  });
}

/** For a line that somebody copies into a shell. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
