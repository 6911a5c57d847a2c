/** Keeps the data folder out of a repository: one line in its `.gitignore`, where git does not leave it out already. */
import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { runGit } from "../../../infra/git/run-git.ts";

export type Ignored =
  /** Nothing to do: why. */
  | { readonly done: "nothing"; readonly why: string }
  | { readonly done: "added"; readonly file: string; readonly line: string }
  /** It has to be done by hand: why. */
  | { readonly done: "left"; readonly line: string; readonly why: string };

export interface Place {
  /** Absolute, link-free. */
  readonly root: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Throws GitBroke where git cannot be started, and what the file system throws. */
export async function ignoreData({ root, dataDir, env }: Place): Promise<Ignored> {
  const below = relative(root, dataDir);
  if (below === "" || below === ".." || below.startsWith(`..${sep}`)) {
    return { done: "nothing", why: "the data folder lies outside of it" };
  }
  const inside = await runGit({ cwd: root, env }, ["rev-parse", "--is-inside-work-tree"]);
  if (inside.code !== 0) return { done: "nothing", why: "the folder is not in a git repository" };
  const line = `/${below.split(sep).join("/")}/`;
  const asked = await runGit({ cwd: root, env }, ["check-ignore", "--quiet", "--", join(dataDir, "any")]);
  if (asked.code === 0) return { done: "nothing", why: "git leaves the data folder out already" };
  const file = join(root, ".gitignore");
  const kind = lstatSync(file, { throwIfNoEntry: false });
  // A link may lead anywhere, and git itself does not read one.
  if (kind !== undefined && !kind.isFile()) return { done: "left", line, why: ".gitignore is no plain file" };
  const before = kind === undefined ? "" : readFileSync(file, "utf8");
  const joint = before === "" || before.endsWith("\n") ? "" : "\n";
  writeFileSync(file, `${joint}${line}\n`, { flag: "a" });
  return { done: "added", file, line };
}
