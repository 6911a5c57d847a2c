/**
 * What the word behind `swarm run` is: a goal in words, a Markdown file whose text is the goal, or a tasks file. Files are
 * read here, once, and only as far as their limits go.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { SwarmError } from "../../../infra/errors.ts";
import { hiddenCharacter } from "../../../registry/hidden-characters.ts";
import { harmless } from "../print.ts";
import { GOAL_MAX } from "./tasks-form.ts";

export type GivenWork =
  | { readonly kind: "words"; readonly goal: string }
  | { readonly kind: "goal-file"; readonly file: string; readonly goal: string }
  | { readonly kind: "tasks-file"; readonly file: string; readonly text: string };

/** Of a file with a goal, in bytes: four for each character that a goal may have. */
const GOAL_BYTES_MAX = GOAL_MAX * 4;
/** Of a tasks file, in bytes. */
const TASKS_BYTES_MAX = 1024 * 1024;

/**
 * A text with blanks in it that names no file is a goal, whatever it ends with. Throws SwarmError `usage.goal` or
 * `usage.goal_file`, exit 2, where nothing can be made of it.
 */
export function givenWork(word: string): GivenWork {
  const ending = /\.(md|ya?ml)$/i.exec(word)?.[1]?.toLowerCase();
  if (ending === undefined || word.includes("\n")) return { kind: "words", goal: inLimits(word, "the goal") };
  const bytesMax = ending === "md" ? GOAL_BYTES_MAX : TASKS_BYTES_MAX;
  const text = textOf(word, bytesMax);
  if (text === null) {
    if (/\s/.test(word.trim())) return { kind: "words", goal: inLimits(word, "the goal") };
    throw refused(word, "is no file that there is", "Give the path of a file, or say the goal in words, with blanks.");
  }
  if (ending !== "md") return { kind: "tasks-file", file: word, text };
  const hidden = hiddenCharacter(text);
  if (hidden !== null) {
    const hint = "Take it out: an agent would read what you do not see.";
    throw refused(`${word}:${hidden.line}`, `holds a character that nobody sees: ${hidden.name}`, hint);
  }
  const goal = text.replace(/^\ufeff/, "");
  return { kind: "goal-file", file: word, goal: inLimits(goal, `the goal in ${harmless(word)}`) };
}

/** The goal in one line, as lists show it: its first line with something on it. */
export const headlineOf = (goal: string): string => {
  const [first = ""] = goal.split("\n").filter((line) => line.trim() !== "");
  return first.trim().slice(0, 200);
};

export const nameOf = (file: string): string => harmless(basename(file));

function inLimits(goal: string, what: string): string {
  if (goal.trim() !== "" && goal.length <= GOAL_MAX) return goal;
  const message = `${what} has ${goal.trim().length} characters; it takes 1 to ${GOAL_MAX}`;
  throw new SwarmError("usage.goal", message, { exit: 2, hint: "Say in a few sentences what is to be done." });
}

/** Null where there is no such file. A pipe or device is not waited for. */
function textOf(path: string, bytesMax: number): string | null {
  const opened = open(path);
  if (opened === null) return null;
  try {
    if (!fstatSync(opened).isFile()) throw refused(path, "is no file", "Give the path of a file with text in it.");
    const bytes = Buffer.alloc(bytesMax + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(opened, bytes, length, bytes.length - length, null);
    }
    if (length > bytesMax) {
      throw refused(path, `has more than ${bytesMax} bytes`, "Put the rest into files that agents read, or divide it.");
    }
    return utf8(bytes.subarray(0, length), path);
  } finally {
    closeSync(opened);
  }
}

function open(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    // A goal may be longer than a path can be.
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"].includes(code)) return null;
    throw refused(path, `cannot be read (${code})`, "Give this user the right to read it.", cause);
  }
}

function utf8(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refused(path, "is no text in UTF-8", "Save it as UTF-8.", cause);
  }
}

const refused = (path: string, why: string, hint: string, cause?: unknown): SwarmError =>
  new SwarmError("usage.goal_file", `"${harmless(path)}" ${why}`, { exit: 2, hint, cause });
