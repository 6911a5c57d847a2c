/**
 * One agent file (Markdown with a head, as Claude Code has them) as a profile: a built-in agent type made narrower. What
 * would widen it is named and does nothing; a file with anything wrong in it is no profile.
 */
import { createHash } from "node:crypto";
import type { Profile } from "../capabilities.ts";
import type { FileProblem } from "../file-problem.ts";
import { type HeadProblem, headedFile, isHeadProblem } from "../frontmatter.ts";
import { clipped, HeadReader } from "../head-reader.ts";
import { hiddenCharacter } from "../hidden-characters.ts";
import { type BaseType, narrowed } from "./narrow.ts";

export interface FoundProfile extends Profile {
  /** What is approved with it: the file as it stands. */
  readonly canonical: string;
}

export interface ReadProfile {
  readonly profile: FoundProfile | null;
  readonly problems: readonly FileProblem[];
}

/** Lowercase and hyphens by the convention; underscores are in use. A colon is where a plugin's name would end. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Shown in lists and given to whoever chooses an agent; public files go up to some 4,000. */
const DESCRIPTION_CHARS_MAX = 8_192;
/** Part of every prompt, and latched with the run. */
const PROMPT_CHARS_MAX = 65_536;
const NAMES_MAX = 128;
const NAME_CHARS_MAX = 200;
const TURNS_MAX = 1_000;

/** Fields that other programs act upon, and why they do nothing here. */
const FOREIGN: Readonly<Record<string, string>> = {
  hooks: "hooks of an agent file are never run",
  memory: "an agent begins with its task and nothing else",
  background: "every agent works in the background",
  effort: "there is no such setting",
  isolation: "`--worktree` decides that for the run",
  initialPrompt: "the task is the first turn",
  color: "there are no colours of agents",
};

/** Modes that would only ever be wider than what the run has. */
const WIDER: Readonly<Record<string, string>> = {
  bypassPermissions: "no file takes a question away",
  acceptEdits: "no file takes a question away",
  auto: "no file takes a question away",
  dontAsk: "`--approve deny` says that for the run",
};

/** Tiers of the families of models; a file names no model by its id. */
const TIERS: readonly (readonly [RegExp, NonNullable<Profile["model"]>])[] = [
  [/\bhaiku\b/, "small"],
  [/\bsonnet\b/, "medium"],
  [/\b(?:opus|fable)\b/, "large"],
];

export interface AgentFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Of its pin. */
  readonly scope: string;
}

/** `types`: the built-in agent types that a profile can be made from. */
export function profileOf(file: AgentFile, types: readonly BaseType[]): ReadProfile {
  const { path, text } = file;
  const headed = headedFile(text);
  if (headed === null)
    return { profile: null, problems: [dropped(path, 1, "it has no head: taken for a text for people")] };
  if (isHeadProblem(headed)) return { profile: null, problems: [dropped(path, headed.line, headed.reason)] };
  const reader = new HeadReader(headed);
  const notes: HeadProblem[] = [];
  const name = nameOf(reader, types);
  const description = reader.text("description", DESCRIPTION_CHARS_MAX, "required");
  const prompt = headed.body.trim();
  if (prompt === "") reader.problem(headed.bodyLine, "it says nothing: there is no text after its head");
  if (prompt.length > PROMPT_CHARS_MAX) {
    reader.problem(headed.bodyLine, `its text has ${prompt.length} characters; at most ${PROMPT_CHARS_MAX}`);
  }
  const hidden = hiddenCharacter(headed.body);
  if (hidden !== null) {
    reader.problem(headed.bodyLine + hidden.line - 1, `it holds a character that nobody sees: ${hidden.name}`);
  }
  const skills = reader.names("skills", NAMES_MAX, NAME_CHARS_MAX);
  const rights = rightsOf(reader, notes, types, skills !== null && skills.length > 0);
  const model = modelOf(reader, notes);
  const turnsMax = turnsOf(reader);
  notes.push(...reader.left(FOREIGN));
  if (reader.problems.length > 0) {
    return { profile: null, problems: reader.problems.map(({ line, reason }) => dropped(path, line, reason)) };
  }
  return {
    profile: {
      name,
      description,
      ...rights,
      prompt,
      model,
      turnsMax,
      skills,
      scope: file.scope,
      source: path,
      hash: createHash("sha256").update(text).digest("hex"),
      canonical: text,
    },
    problems: notes.map(({ line, reason }) => ({ path, line, reason, weight: "ignored" })),
  };
}

const dropped = (path: string, line: number | null, reason: string): FileProblem => ({
  path,
  line,
  reason,
  weight: "dropped",
});

function nameOf(reader: HeadReader, types: readonly BaseType[]): string {
  const name = reader.text("name", 200, "required");
  if (name === "") return name;
  const line = reader.lineOf("name");
  if (!NAME.test(name)) {
    reader.problem(line, `its name ${JSON.stringify(clipped(name))} is not of a-z, 0-9, - and _, at most 64`);
  } else if (name === "coordinator" || types.some((type) => type.name === name)) {
    reader.problem(line, `the name ${name} is reserved: there is a built-in type ${name}`);
  }
  return name;
}

type Rights = Pick<Profile, "base" | "tools" | "pluginTools">;

function rightsOf(reader: HeadReader, notes: HeadProblem[], types: readonly BaseType[], skilled: boolean): Rights {
  const note = (field: string) => (reason: string) => notes.push({ line: reader.lineOf(field), reason });
  const tools = reader.names("tools", NAMES_MAX, NAME_CHARS_MAX);
  const disallowed = reader.names("disallowedTools", NAMES_MAX, NAME_CHARS_MAX) ?? [];
  const asked = reader.text("permissionMode", 64);
  const plans = asked === "plan";
  if (Object.hasOwn(WIDER, asked)) note("permissionMode")(`permissionMode ${asked} does nothing here: ${WIDER[asked]}`);
  else if (!["", "plan", "default", "manual"].includes(asked)) {
    reader.problem(reader.lineOf("permissionMode"), `there is no permissionMode "${clipped(asked)}"`);
  }
  const servers = serversOf(reader, note("mcpServers"));
  const found = narrowed({ tools, disallowed, plans, servers, skilled }, types);
  if (found.strange.length > 0) note("tools")(`there is no tool ${found.strange.join(", ")} here`);
  if (found.patterns.length > 0) {
    const which = found.patterns.join(", ");
    note("tools")(`${which} is left out: a tool is given whole or not at all, patterns belong into permissions`);
  }
  if (found.beyond.length > 0) {
    note("tools")(`${found.beyond.join(", ")} is more than agents of type ${found.base} have, and is not given`);
  }
  const { base, tools: kept, pluginTools } = found;
  return { base, tools: [...kept], pluginTools: pluginTools === null ? null : [...pluginTools] };
}

/** Servers by name; a definition in the file would start a program that nobody approved. */
function serversOf(reader: HeadReader, note: (reason: string) => unknown): string[] | null {
  const field = reader.take("mcpServers");
  const value = field?.value;
  if (value === undefined || value === null) return null;
  const entries = Array.isArray(value)
    ? (value as unknown[])
    : typeof value === "object"
      ? Object.entries(value)
      : [value];
  const names: string[] = [];
  for (const entry of entries) {
    // A map's entry comes as [name, definition].
    const name = Array.isArray(entry) ? (entry as unknown[])[0] : entry;
    if (typeof name === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(name)) names.push(name);
    else if (typeof name === "object" && name !== null) names.push(...Object.keys(name).slice(0, 1));
    if (typeof entry !== "string") {
      note("a server that an agent file defines is not started: only the configuration's servers of that name count");
    }
  }
  return names.filter((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name)).slice(0, NAMES_MAX);
}

function modelOf(reader: HeadReader, notes: HeadProblem[]): Profile["model"] {
  const asked = reader.text("model", 200).toLowerCase();
  if (asked === "" || asked === "inherit" || asked === "default") return null;
  const found = TIERS.find(([family]) => family.test(asked));
  if (found !== undefined) return found[1];
  const line = reader.lineOf("model");
  notes.push({ line, reason: `model "${clipped(asked)}" is of no known family; the run's model is used` });
  return null;
}

function turnsOf(reader: HeadReader): number | null {
  const value = reader.take("maxTurns")?.value;
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= TURNS_MAX) return value;
  reader.problem(reader.lineOf("maxTurns"), `maxTurns is no whole number from 1 to ${TURNS_MAX}`);
  return null;
}
