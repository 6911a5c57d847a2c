/**
 * SKILL.md by the Agent Skills specification: a head with name and description, and a text. What other programs add to
 * the head is understood where it takes something away, and named where it does nothing here.
 */
import { type HeadProblem, headedFile, isHeadProblem } from "../frontmatter.ts";
import { clipped, HeadReader } from "../head-reader.ts";
import { hiddenCharacter } from "../hidden-characters.ts";

export interface SkillText {
  readonly name: string;
  /** What it is for and when: at most {@link DESCRIPTION_CHARS_MAX} characters of it and of `when_to_use` together. */
  readonly description: string;
  /** As they stand in `allowed-tools`: `Read`, `Bash(git:*)`. */
  readonly tools: readonly string[];
  readonly needs: readonly string[];
  readonly byModel: boolean;
  readonly body: string;
  /** Line of the file on which the body begins. */
  readonly bodyLine: number;
  /** Fields that do nothing here. */
  readonly ignored: readonly HeadProblem[];
}

/** Of the specification. */
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const NAME_CHARS_MAX = 64;
const DESCRIPTION_MAX = 1_024;
const COMPATIBILITY_MAX = 500;
/** Of the file: 5,000 tokens are advised, the longest public ones have 75,000 characters. */
const TEXT_CHARS_MAX = 131_072;
/** Longer ones than the specification has are in use; no more of them is used. */
const DESCRIPTION_READ_MAX = 8_192;
/** What Claude Code lists of description and `when_to_use`. */
const DESCRIPTION_CHARS_MAX = 1_536;
/** Tools and skills that one may name. */
const NAMES_MAX = 64;
const TOOL_CHARS_MAX = 200;

/** Would read as something of the swarm's own, or as all and nothing where skills are chosen. */
const RESERVED: ReadonlySet<string> = new Set(["all", "none", "statehive", "swarm"]);

/** Said of other programs' fields, because whoever wrote them expects something of them. */
const FOREIGN: Readonly<Record<string, string>> = {
  hooks: "hooks of a skill are never run",
  model: "the model is the agent's",
  context: "a skill is read by the agent that opens it",
  agent: "a skill is read by the agent that opens it",
  "disallowed-tools": "tools are taken away by the run's rules",
  shell: "no command of a skill is run while it is read",
};

/** Everything that is wrong with it, or the skill. `folder`: the name of the folder that it lies in. */
export function skillText(text: string, folder: string): SkillText | readonly HeadProblem[] {
  if (text.length > TEXT_CHARS_MAX) {
    return [{ line: null, reason: `it has ${text.length} characters; at most ${TEXT_CHARS_MAX}` }];
  }
  const file = headedFile(text);
  if (file === null) return [{ line: 1, reason: "it has no head: name and description between two lines of ---" }];
  if (isHeadProblem(file)) return [file];
  const reader = new HeadReader(file);
  const name = nameOf(reader, folder);
  const description = reader.text("description", DESCRIPTION_READ_MAX, "required");
  const when = reader.text("when_to_use", DESCRIPTION_CHARS_MAX);
  reader.text("license", 1_024);
  reader.text("compatibility", COMPATIBILITY_MAX);
  const needs = needsOf(reader);
  const tools = reader.names("allowed-tools", NAMES_MAX, TOOL_CHARS_MAX) ?? [];
  const byModel = reader.flag("disable-model-invocation") !== true;
  const hidden = hiddenCharacter(file.body);
  if (hidden !== null) {
    reader.problem(file.bodyLine + hidden.line - 1, `it holds a character that nobody sees: ${hidden.name}`);
  }
  if (file.body.trim() === "") reader.problem(file.bodyLine, "it says nothing: there is no text after its head");
  if (reader.problems.length > 0) return reader.problems;
  const whole = [description.slice(0, DESCRIPTION_MAX), when].filter((part) => part !== "").join(" ");
  return {
    name,
    description: whole.slice(0, DESCRIPTION_CHARS_MAX),
    tools,
    needs,
    byModel,
    body: file.body,
    bodyLine: file.bodyLine,
    ignored: [...tooLong(reader, description), ...reader.left(FOREIGN)],
  };
}

function nameOf(reader: HeadReader, folder: string): string {
  const name = reader.text("name", NAME_CHARS_MAX, "required");
  if (name === "") return name;
  const line = reader.lineOf("name");
  if (!NAME.test(name)) {
    reader.problem(line, `its name "${clipped(name)}" is not of a-z, 0-9 and single hyphens between them`);
  } else if (RESERVED.has(name)) reader.problem(line, `the name ${name} is reserved`);
  else if (name !== folder)
    reader.problem(line, `its name is ${name}, its folder's ${JSON.stringify(clipped(folder))}`);
  return name;
}

/** `metadata` is a map of texts; of its keys `needs-skills` means something here. */
function needsOf(reader: HeadReader): string[] {
  const value = reader.take("metadata")?.value;
  if (value === undefined || value === null) return [];
  const line = reader.lineOf("metadata");
  if (typeof value !== "object" || Array.isArray(value)) {
    reader.problem(line, "metadata is no list of fields (name: text)");
    return [];
  }
  const asked = (value as Record<string, unknown>)["needs-skills"];
  if (asked === undefined || asked === null) return [];
  const needs = typeof asked === "string" ? asked.split(/[\s,]+/).filter((one) => one !== "") : [];
  if (typeof asked !== "string" || needs.length > NAMES_MAX || !needs.every((one) => NAME.test(one))) {
    reader.problem(line, "metadata.needs-skills is no text of at most 64 names of skills with blanks between");
    return [];
  }
  return [...new Set(needs)];
}

function tooLong(reader: HeadReader, description: string): HeadProblem[] {
  if (description.length <= DESCRIPTION_MAX) return [];
  const reason = `its description has ${description.length} characters; the first ${DESCRIPTION_MAX} count`;
  return [{ line: reader.lineOf("description"), reason }];
}
