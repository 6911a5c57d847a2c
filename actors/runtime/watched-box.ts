/**
 * The box of one call, with the rules at its door: what a link really leads to is judged before anything of it is
 * handed on, whatever name the call gave it.
 */
import type { CommandOrder } from "../../infra/journal/commands.ts";
import { BoxRefusal, quoted } from "../../infra/sandbox/refusal.ts";
import type { Box } from "../../registry/box.ts";
import { commandAtUse, refusalAtUse } from "../../registry/permission/at-use.ts";
import type { PermissionQuestion } from "../../registry/permission/question.ts";
import { isBoxRefusal } from "../../registry/refusal.ts";

/** Reading goes on as before, but for files that the rules close; those are refused with `box.protected`. */
export function watchedBox<One extends Box>(box: One, question: PermissionQuestion): One {
  return {
    ...box,
    async read(path, options) {
      const found = await box.read(path, options);
      const refusal = refusalAtUse(question, "read", found.path);
      if (refusal === null) return found;
      throw closed(path, found.path, refusal);
    },
  };
}

/** Whether the file that a path really leads to may be changed by this call. */
export const mayChange = (question: PermissionQuestion, real: string): boolean =>
  refusalAtUse(question, "write", real) === null;

export type RunsAs = Pick<CommandOrder, "runs" | "looksOnly">;

/**
 * What a command runs as: one that was let through unseen from the text that was understood, and only where none of the
 * files it names leads elsewhere; where nothing of it was thought to write, it cannot. Empty: as it is written.
 * @throws BoxRefusal
 */
export async function runsAs(box: Box, question: PermissionQuestion): Promise<RunsAs> {
  const command = question.tool.name === "Bash" ? commandAtUse(question) : null;
  if (command === null) return {};
  for (const path of command.reads) {
    const real = await whereTo(box, path);
    const refusal = real === null || real === path ? null : refusalAtUse(question, "read", real);
    if (refusal !== null) throw closed(path, real ?? path, refusal);
  }
  return { runs: command.text, looksOnly: command.looksOnly };
}

/** Absolute; null where there is nothing, and for the command to say so. Throws where it leads out of the workspace. */
async function whereTo(box: Box, path: string): Promise<string | null> {
  try {
    const { path: real } = await box.stat(path);
    return real === "" ? box.root : `${box.root}/${real}`;
  } catch (cause) {
    if (isBoxRefusal(cause) && (cause.code === "box.not_found" || cause.code === "box.unreadable")) return null;
    throw cause;
  }
}

const closed = (shown: string, real: string, why: string): BoxRefusal =>
  new BoxRefusal("box.protected", shown, `${quoted(shown)} leads to ${quoted(real)}: ${why}`);
