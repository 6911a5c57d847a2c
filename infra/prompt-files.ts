/**
 * The prompts of a run's own tasks as files: those that came with this program, and a folder of the operator's with
 * others in their place. A file that cannot be used is refused by name, never skipped.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROMPT_CHARS_MAX, PROMPT_NAMES, type PromptName, type Prompts, promptProblems } from "../machines/prompt.ts";
import { SwarmError } from "./errors.ts";
import { packageFolder } from "./manual.ts";
import { readPlainFile } from "./plain-file.ts";

const known = new Map<PromptName, Promise<string>>();

/** Throws SwarmError `prompts.missing` where the installation has lost it. Read once a process. */
export function shippedPrompt(name: PromptName): Promise<string> {
  const text = known.get(name) ?? readShipped(name);
  known.set(name, text);
  text.catch(() => known.delete(name));
  return text;
}

async function readShipped(name: PromptName): Promise<string> {
  try {
    return await readFile(join(await packageFolder(), "docs", "prompts", `${name}.md`), "utf8");
  } catch (cause) {
    throw new SwarmError("prompts.missing", `the prompt "${name}" of statehive is not where it was installed`, {
      cause,
      hint: "Install the package again.",
    });
  }
}

/** Those of the folder, by name; what is not in it stays as it was shipped. Throws SwarmError `prompts.*`, exit 2. */
export function ownPrompts(folder: string | null): Prompts {
  const found: Prompts = {};
  for (const name of folder === null ? [] : PROMPT_NAMES) {
    const file = join(folder as string, `${name}.md`);
    const text = textOf(file);
    if (text === null) continue;
    const problems = promptProblems(name, text);
    if (problems.length > 0) {
      throw new SwarmError("prompts.invalid", `${file}: ${problems.join("; ")}`, {
        exit: 2,
        hint: `The prompt as it was shipped is docs/prompts/${name}.md of the package: start from a copy of it.`,
      });
    }
    found[name] = text;
  }
  return found;
}

/** Null where there is no such file. */
function textOf(file: string): string | null {
  try {
    return readPlainFile(file, PROMPT_CHARS_MAX * 4);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new SwarmError("prompts.unreadable", `${file} cannot be read: ${(cause as Error).message}`, {
      exit: 2,
      hint: "Put a text file there, or take it away: the prompt is then the one that was shipped.",
      cause,
    });
  }
}
