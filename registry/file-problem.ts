/** What is wrong with a file that somebody wrote for agents (a skill, an agent file), said so that they find it. */

export interface FileProblem {
  /** Absolute, or as it was asked for. */
  readonly path: string;
  /** From 1; null where it is about the file as a whole. */
  readonly line: number | null;
  /** One sentence without a full stop. */
  readonly reason: string;
  /** `dropped`: nothing of it is used. `ignored`: it is used, and this part of it does nothing. */
  readonly weight: "dropped" | "ignored";
}

/** `path:line`. */
export const problemPlace = ({ path, line }: Pick<FileProblem, "path" | "line">): string =>
  line === null ? path : `${path}:${line}`;

/** `path:line: reason`, on one line. */
export const problemLine = (problem: FileProblem): string => `${problemPlace(problem)}: ${problem.reason}`;
