/** What there is to know of a folder before agents get a working tree of their own from it. */
import { realpath, stat } from "node:fs/promises";
import { relative, sep } from "node:path";
import { GitBroke, type GitSetting, runGit } from "./run-git.ts";

export interface Repository {
  /** Absolute, link-free. */
  readonly top: string;
  /** Of the folder that was asked about, below the top, with `/`; "" is the top itself. */
  readonly below: string;
  /** Commit that is checked out. */
  readonly head: string;
  /** Branch that is checked out; null where none is. */
  readonly branch: string | null;
  /** Tracked files that differ from the commit; untracked ones do not count. */
  readonly changed: number;
}

export type Inspection =
  | { readonly kind: "repository"; readonly repository: Repository }
  /** `why` is a half sentence for the person. */
  | { readonly kind: "none"; readonly why: string };

/** Never throws for what the folder is. */
export async function inspectRepository(setting: GitSetting): Promise<Inspection> {
  const ask = (...args: string[]) => runGit(setting, args);
  try {
    const top = await ask("rev-parse", "--show-toplevel");
    if (top.code !== 0) return { kind: "none", why: "the folder is not in a git repository" };
    const head = await ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}");
    if (head.code !== 0) return { kind: "none", why: "the git repository has no commit yet" };
    const branch = await ask("symbolic-ref", "--quiet", "--short", "HEAD");
    const status = await ask("status", "--porcelain=v1", "-z", "--untracked-files=no", "--ignore-submodules=all");
    if (status.code !== 0) return { kind: "none", why: `git cannot say what was changed: ${status.err.trim()}` };
    const root = await realpath(top.out.trim());
    const below = relative(root, await realpath(setting.cwd));
    // `core.worktree` may name any folder of this machine, and what is merged would land there.
    const here = await ask("rev-parse", "--absolute-git-dir");
    const there = await runGit({ ...setting, cwd: root }, ["rev-parse", "--absolute-git-dir"]);
    if (below === ".." || below.startsWith(`..${sep}`) || there.out !== here.out)
      return { kind: "none", why: "its git repository says that it belongs to another folder" };
    if (await isStrangers(here.out.trim(), setting.cwd))
      return { kind: "none", why: "its git repository belongs to another user" };
    return {
      kind: "repository",
      repository: {
        top: root,
        below: below.split(sep).join("/"),
        head: head.out.trim(),
        branch: branch.code === 0 ? branch.out.trim() : null,
        changed: status.out.split("\0").filter((line) => /^[ MADRCUT]{2} /.test(line)).length,
      },
    };
  } catch (cause) {
    if (cause instanceof GitBroke) return { kind: "none", why: cause.message };
    throw cause;
  }
}

/** Neither ours nor of whoever owns the folder: one that lies above it in a place where everybody may put things. */
async function isStrangers(gitDir: string, folder: string): Promise<boolean> {
  const me = process.getuid?.();
  if (me === undefined) return false;
  const [owner, ...known] = [(await stat(gitDir)).uid, (await stat(folder)).uid, me, 0];
  return !known.includes(owner);
}
