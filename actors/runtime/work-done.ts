/**
 * What an agent has done, as the runtime itself wrote it down beside each result (`did`): no word of it is the agent's, and
 * no output of a command can look like it. Pure.
 */
import { analyse } from "../../registry/shell/analyse.ts";
import type { ShellVerdict } from "../../registry/shell/verdict.ts";
import type { Entry } from "./conversation.ts";
import { unwrapped } from "./unwrap.ts";

type Did = NonNullable<Entry["did"]>;

export interface DoneCall extends Did {
  readonly call: string;
  readonly input: unknown;
  readonly saw?: Entry["saw"];
}

/** In the order of their ends. An id that was used again means the call of the latest answer before the result. */
export function workDone(entries: readonly Entry[]): readonly DoneCall[] {
  const made = new Map<string, { name: string; input: unknown }>();
  const done: DoneCall[] = [];
  for (const { role, content, did, saw } of entries) {
    if (role === "assistant") {
      // The first of an answer's calls by that id: no other one is ever run (its input is not the one that was judged).
      for (const part of content.toReversed()) {
        if (part.type === "tool_use") {
          made.set(String(part.id), unwrapped({ name: String(part.name), input: part.input }));
        }
      }
      continue;
    }
    const call = String(content.find(({ type }) => type === "tool_result")?.tool_use_id);
    const asked = made.get(call);
    if (did === undefined || asked === undefined || asked.name !== did.tool) continue;
    done.push({ ...did, call, input: asked.input, ...(saw === undefined ? {} : { saw }) });
  }
  return done;
}

export interface DoneCommand {
  readonly command: string;
  readonly effect: string;
  /** Null where it did not end by itself. */
  readonly exitCode: number | null;
}

/** Commands that were run to an end, in order. */
export const commandsIn = (done: readonly DoneCall[]): readonly DoneCommand[] =>
  done.flatMap(({ tool, input, exitCode, effect }) =>
    tool === "Bash" && exitCode !== undefined
      ? [{ command: String((input as { command?: unknown } | null)?.command), effect, exitCode }]
      : [],
  );

const WRITERS: ReadonlySet<string> = new Set(["Edit", "Write"]);

/** Files that its calls changed, by their real paths; once each. */
export const changedIn = (done: readonly DoneCall[]): readonly string[] => [
  ...new Set(done.flatMap(({ tool, ok, saw }) => (WRITERS.has(tool) && ok && saw !== undefined ? [saw.path] : []))),
];

/** Of the text alone. */
export const verdictOf = (command: string, workspace: string): ShellVerdict =>
  analyse(command, { cwd: workspace, workspace });

/**
 * Whether something was done that may have changed any file, though nobody can say which: a command that does more than
 * look (failed ones, too), a plugin's tool, a change that was interrupted.
 */
export const mayHaveChanged = (done: readonly DoneCall[], workspace: string): boolean =>
  done.some(({ tool, ok }) => (tool.startsWith("mcp__") && ok !== false) || (ok === null && WRITERS.has(tool))) ||
  done.some(({ tool, ok }) => tool === "Bash" && ok === null) ||
  commandsIn(done).some(({ command }) => verdictOf(command, workspace).risk !== "read-only");
