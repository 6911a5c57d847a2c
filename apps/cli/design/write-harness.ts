/** Puts both files of a design into their folder. What `swarm design` did not write is never replaced unasked. */
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SwarmError } from "../../../infra/errors.ts";
import { writableFile, writeWhole } from "../evaluate/output-file.ts";
import { DECISIONS_FILE, type Harness, harnessSchema, WORDS_FILE } from "./harness-file.ts";
import { isUntouched } from "./harness-text.ts";

export interface HarnessFiles {
  readonly words: string;
  readonly decisions: string;
}

/** @throws SwarmError `usage.output_file` or `design.exists`, exit 2: asked before any question. */
export function harnessFilesIn(folder: string, yes: boolean): HarnessFiles {
  const files = {
    words: writableFile(join(folder, WORDS_FILE), "--out"),
    decisions: writableFile(join(folder, DECISIONS_FILE), "--out"),
  };
  if (!yes) {
    refuseForeign(files.words, isUntouched);
    refuseForeign(files.decisions, isHarness);
  }
  return files;
}

export function writeHarness({ words, decisions }: HarnessFiles, text: string, harness: Harness): void {
  writeWhole(words, text);
  writeWhole(decisions, `${JSON.stringify(harness, null, 2)}\n`);
}

function refuseForeign(path: string, isOurs: (text: string) => boolean): void {
  if (!existsSync(path) && lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  if (existsSync(path) && isOurs(readFileSync(path, "utf8"))) return;
  throw new SwarmError("design.exists", `${path} is there, and is not as \`swarm design\` left it`, {
    exit: 2,
    hint: "Give --out another folder, or --yes to replace it.",
  });
}

function isHarness(text: string): boolean {
  try {
    return harnessSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false; // no JSON, so nobody's decisions
  }
}
