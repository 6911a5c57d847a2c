/**
 * The run that is broken on purpose: reads, a command that appends one line to a witness file, a written file, a second
 * command, a report. Its model answers from the conversation alone, so that a repeated call gets the same answer, and
 * every line is unique, so that a deed done twice shows in the file.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agentTypeNamed } from "../../actors/types/index.ts";
import type { MessagesRequest } from "../../infra/model/local/messages-request.ts";
import type { EntryInput } from "../support/messages-double/script.ts";
import { MAIN, quote, read, says, use } from "../support/run-stage.ts";

/** Commands and writes are played where this build's agents have the tools for it. */
export const ACTING =
  process.env.T6_READONLY === undefined && agentTypeNamed("general")?.tools.includes("Bash") === true;

/** What the workspace's configuration has to say so that the acting tools may act. */
export const CONFIGURATION = ACTING ? { permissions: { allow: ["Bash", "Write"] } } : {};

export interface Play {
  /** In the goal and in every line and path of this run; letters and digits. */
  readonly key: string;
  readonly goal: string;
  readonly turns: readonly EntryInput[];
  /** Paths relative to the workspace. */
  readonly witness: string;
  /** Lines that the commands append, each by one command, once. */
  readonly lines: readonly string[];
  readonly written: { readonly path: string; readonly content: string } | null;
}

export interface PlayOptions {
  /** Milliseconds a command takes before and after its line. */
  readonly beforeMs?: number;
  readonly afterMs?: number;
  /** Shell words before and after the line of the command with that index: how a command kills. */
  readonly around?: (index: number) => { readonly before?: string; readonly after?: string };
  /** Milliseconds the model takes for its answer of that turn. */
  readonly thinkingMs?: (turn: number) => number;
}

const GOAL = /\[\[(\w+)\]\]/;

export function playOf(key: string, options: PlayOptions = {}): Play {
  const witness = `witness/${key}.txt`;
  const lines = ACTING ? ["first", "second"].map((name) => `${key}-${name}`) : [];
  const written = ACTING ? { path: `out/${key}.txt`, content: `written by ${key}\n`.repeat(20) } : null;
  const command = (index: number): EntryInput["content"] & object => {
    const { before = "", after = "" } = options.around?.(index) ?? {};
    const line = lines[index] as string;
    return [use("Bash", { command: shell(options, before, `echo ${line} >> ${witness}`, after) })];
  };
  const looking = [says(read()), says(use("Glob", { pattern: "src/**" }), use("Grep", { pattern: "return" }))];
  const acting =
    written === null
      ? [says(read()), says(read())]
      : [
          says(...command(0)),
          says(use("Write", { file_path: written.path, content: written.content })),
          says(read(), ...command(1)),
        ];
  const done = says(use("Report", { outcome: "done", value: { summary: key }, evidence: [quote(3)], notDone: [] }));
  return {
    key,
    goal: `Say what ${MAIN} does, and do what the model asks. [[${key}]]`,
    turns: [...looking, ...acting, done].map((entry, turn) => ({ ...entry, delayMs: options.thinkingMs?.(turn) ?? 0 })),
    witness,
    lines,
    written,
  };
}

function shell({ beforeMs = 0, afterMs = 0 }: PlayOptions, before: string, deed: string, after: string): string {
  const sleep = (ms: number): string => (ms > 0 ? `sleep ${(ms / 1_000).toFixed(3)}` : "");
  return [before, sleep(beforeMs), deed, sleep(afterMs), after].filter((words) => words !== "").join("; ");
}

export interface Asked {
  readonly key: string;
  /** Counts the answers that the conversation already has. */
  readonly turn: number;
}

/** Whose request this is; null for one that is of no play. */
export function askedIn({ messages }: Pick<MessagesRequest, "messages">): Asked | null {
  const key = GOAL.exec(JSON.stringify(messages[0]?.content ?? ""))?.[1];
  return key === undefined ? null : { key, turn: messages.filter(({ role }) => role === "assistant").length };
}

/** What the model says next. Past its last turn it reports again, for an agent that was reminded. */
export function answerOf(play: Play, turn: number): EntryInput {
  return play.turns[Math.min(turn, play.turns.length - 1)] as EntryInput;
}

/** Null where there is no such file. */
export function fileIn(workspace: string, path: string): string | null {
  try {
    return readFileSync(join(workspace, path), "utf8");
  } catch {
    return null;
  }
}
