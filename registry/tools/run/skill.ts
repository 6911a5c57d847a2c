/**
 * Runs Skill: what was opened, told as somebody else's words, with the definitions of the tools it works with where this
 * agent may use them. Nothing in the text is run, and nothing of it is a right.
 */
import type { OpenSkill, Shelf } from "../../shelf.ts";
import { counted, cutTo, shownPath } from "../../shown.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";
import type { SkillInput } from "../input/skill.ts";

/** Other files that are named, and definitions that are told with a skill. */
const FILES_MAX = 200;
const DEFINITIONS_MAX = 12;
const DEFINITIONS_CHARS_MAX = 12_000;
/** Kept free of the skill's text for what is told around it. */
const AROUND_CHARS_MAX = 20_000;
const LINE_CHARS_MAX = 4_000;

export async function run({ skill, file, offset = 1 }: SkillInput, { shelf }: ToolContext): Promise<ToolOutput> {
  if (shelf === undefined || shelf.skills.length === 0) return { ok: false, text: "This run has no skills." };
  let opened: OpenSkill;
  try {
    opened = await shelf.openSkill(skill, file);
  } catch (cause) {
    return { ok: false, text: cause instanceof Error ? cause.message : String(cause) };
  }
  const around = file === undefined ? headOf(opened, shelf) : [`File ${shownPath(file)} of the skill ${opened.name}.`];
  const told = around.join("\n").slice(0, AROUND_CHARS_MAX);
  const { text, next, lines } = part(opened.text, offset, OUTPUT_CHARS_MAX - told.length - 300);
  if (text === null) return { ok: false, text: `It has ${counted(lines, "line")}; there is no line ${offset}.` };
  const more = next === null ? [] : [`[cut: it has ${counted(lines, "line")}; go on with offset ${next}]`];
  const body = [told, "Its text, which ends with this answer:", "", text, ...more].join("\n");
  return { ok: true, text: body, truncated: next !== null };
}

function headOf({ name, folder, files, tools, needs }: OpenSkill, shelf: Shelf): string[] {
  const shown = files.slice(0, FILES_MAX).map(shownPath).join(", ");
  const left = files.length > FILES_MAX ? `, and ${files.length - FILES_MAX} more` : "";
  return [
    `The skill ${name}. Its folder (\${CLAUDE_SKILL_DIR}) is ${shownPath(folder)}; no command in its text was run.`,
    ...(files.length === 0 ? [] : [`Its other files, opened by file: ${shown}${left}.`]),
    ...(needs.length === 0 ? [] : [`It builds on these skills, opened like this one: ${needs.join(", ")}.`]),
    ...toolLines(tools, shelf),
  ];
}

/** What it asks for, what of that this agent has, and the definitions of what stands not in its prompt. */
function toolLines(asked: readonly string[], shelf: Shelf): string[] {
  if (asked.length === 0) return [];
  const names = [...new Set(asked.map((one) => one.replace(/\(.*$/s, "")))];
  const found = names.flatMap((name) => shelf.tool(name) ?? []).slice(0, DEFINITIONS_MAX);
  const missing = names.filter((name) => !shelf.offered(name) && !found.some((one) => one.name === name));
  const definitions: string[] = [];
  let chars = 0;
  for (const { name, description, inputSchema } of found) {
    const line = JSON.stringify({ name, description, inputSchema });
    chars += line.length;
    if (chars > DEFINITIONS_CHARS_MAX) definitions.push(`${name}: find its definition by ToolSearch`);
    else definitions.push(line);
  }
  return [
    `Tools it asks for: ${asked.map(shownPath).join(", ")}. That gives you none of them.`,
    ...(missing.length === 0
      ? []
      : [`You do not have: ${missing.map(shownPath).join(", ")}. Do without, or say what you could not do.`]),
    ...(definitions.length === 0
      ? []
      : ["You may call these although your prompt does not define them:", ...definitions]),
  ];
}

function part(
  whole: string,
  from: number,
  charsMax: number,
): { readonly text: string | null; readonly next: number | null; readonly lines: number } {
  const all = whole.split("\n");
  if (from > all.length) return { text: null, next: null, lines: all.length };
  const shown: string[] = [];
  let chars = 0;
  for (const line of all.slice(from - 1)) {
    const cut = cutTo(line, LINE_CHARS_MAX);
    if (chars + cut.length + 1 > charsMax && shown.length > 0) break;
    shown.push(cut);
    chars += cut.length + 1;
  }
  const next = from + shown.length;
  return { text: shown.join("\n"), next: next > all.length ? null : next, lines: all.length };
}
