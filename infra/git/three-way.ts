/**
 * Three contents made into one, in git's objects alone: no working tree is touched, and no program of anybody's is started.
 * What was changed is told from an explicit beginning, so that what else the two sides have in their past does not count.
 */
import { COMMITTER } from "./isolation.ts";
import { GitBroke, type GitSetting, gitOutput, runGit } from "./run-git.ts";

export interface Sides {
  /** Commit that `theirs` was made from. */
  readonly base: string;
  readonly ours: string;
  /** Its first parent is the base. */
  readonly theirs: string;
  /** Names of refs that a conflict's marks are to show; absent: nobody will see them. */
  readonly named?: { readonly ours: string; readonly theirs: string };
}

export type ThreeWay =
  | { readonly kind: "clean"; readonly content: string }
  /** `content` holds the marks of the conflict; `told` is git's word on each. */
  | {
      readonly kind: "conflict";
      readonly content: string;
      readonly files: readonly string[];
      readonly told: readonly string[];
    };

/** Git before it cannot merge without a working tree. */
const LEAST = [2, 38] as const;

/** Half a sentence on why trees cannot be joined here; null where they can. */
export async function cannotJoin(setting: GitSetting): Promise<string | null> {
  const { out } = await runGit(setting, ["version"]);
  const [, major, minor] = /(\d+)\.(\d+)/.exec(out) ?? [];
  const young = Number(major) > LEAST[0] || (Number(major) === LEAST[0] && Number(minor) >= LEAST[1]);
  return young ? null : `joining the work of several takes git ${LEAST.join(".")}, and here is ${out.trim()}`;
}

/** @throws GitBroke */
export async function threeWay(setting: GitSetting, sides: Sides): Promise<ThreeWay> {
  const { base, ours, theirs, named } = sides;
  // One that has ours and whose whole past is the base: git then finds no other beginning of the two.
  const mine = await gitOutput({ ...setting, env: { ...setting.env, ...AT_NO_TIME } }, [
    ...[...COMMITTER, "commit-tree", `${ours}^{tree}`, "-p", base, "-m", "ours"],
  ]);
  if (named === undefined) return merged(setting, mine, theirs);
  await gitOutput(setting, ["update-ref", named.ours, mine]);
  try {
    const shown = (ref: string): string => ref.replace(/^refs\//, "");
    return await merged(setting, shown(named.ours), shown(named.theirs));
  } finally {
    await runGit(setting, ["update-ref", "-d", named.ours]);
  }
}

/** The same commit each time: it is an aid, and need not fill the repository. */
const AT_NO_TIME = { GIT_AUTHOR_DATE: "946684800 +0000", GIT_COMMITTER_DATE: "946684800 +0000" };

async function merged(setting: GitSetting, ours: string, theirs: string): Promise<ThreeWay> {
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--messages", ours, theirs];
  const { code, out, err } = await runGit(setting, args);
  const [content = "", ...rest] = out.split("\0");
  if ((code !== 0 && code !== 1) || !/^[0-9a-f]{40,64}$/.test(content))
    throw new GitBroke(`git merge-tree: ${err.trim().slice(0, 500) || `exit ${code}`}`);
  if (code === 0) return { kind: "clean", content };
  const end = rest.indexOf("");
  return {
    kind: "conflict",
    content,
    files: [...new Set(rest.slice(0, end))],
    told: rest
      .slice(end + 1)
      .filter((text) => text.startsWith("CONFLICT (") && text.includes("): "))
      .map((text) => text.trim()),
  };
}
