/** How the laws of the shell tables put their cases: a text of lines, each judged in a workspace of its own. */
import { analyse } from "../../registry/shell/analyse.ts";
import type { ShellVerdict } from "../../registry/shell/verdict.ts";

export const judge = (line: string): ShellVerdict => analyse(line, { cwd: "/w", workspace: "/w" });

/** One case a line; blanks at its ends are no part of it. */
export const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
