/**
 * Where a line may be. Folders are written relative to where it began (`""`), or absolute where they lie elsewhere; by
 * text alone, as bash itself goes up through links that it came by.
 */
import { posix } from "node:path";
import type { ShellWord } from "./word.ts";

export interface ShellPlace {
  /** POSIX path, absolute or relative to the workspace. */
  readonly cwd: string;
  /** Absolute POSIX path. */
  readonly workspace: string;
}

export class Folders {
  private readonly start: string;
  private readonly workspace: string;

  constructor({ cwd, workspace }: ShellPlace) {
    this.workspace = posix.resolve("/", workspace);
    this.start = posix.resolve(this.workspace, cwd);
  }

  isInside(folder: string): boolean {
    const absolute = posix.resolve(this.start, folder);
    return this.workspace === "/" || absolute === this.workspace || absolute.startsWith(`${this.workspace}/`);
  }

  /** Where `cd target` leads. */
  enter(folder: string, target: string): string {
    const absolute = posix.resolve(this.start, folder, target);
    if (absolute === this.start) return "";
    return absolute.startsWith(this.start === "/" ? "/" : `${this.start}/`)
      ? absolute.slice(this.start === "/" ? 1 : this.start.length + 1)
      : posix.isAbsolute(target) || posix.isAbsolute(folder)
        ? absolute
        : posix.relative(this.start, absolute);
  }
}

/** Whether the folder lies below the one where the line began, or is that. */
export function isDownward(folder: string): boolean {
  return !/^(?:\/|\.\.(?:\/|$))/.test(folder);
}

/** The path as seen from where the line began. Not made shorter: links on the way count. */
export function pathFrom(folder: string, path: string): string {
  const isPlaced = folder === "" || path.startsWith("/") || path === "~" || path.startsWith("~/");
  return isPlaced ? path : `${folder}/${path}`;
}

/** `$PWD` is the folder at hand, whatever that is. */
export function folderNamed(word: ShellWord | undefined): string | null {
  const [first, second, third] = word?.pieces ?? [];
  if (first?.kind !== "variable" || first.name !== "PWD" || third) return word?.literal ?? null;
  return second === undefined ? "." : second.kind === "text" ? `.${second.value}` : null;
}
