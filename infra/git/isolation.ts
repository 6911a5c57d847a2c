/** Where a run works apart from the folder it is for, and what its trees and names are called there. */
import { basename, dirname, join } from "node:path";

/** Where a run works, and what it came from. */
export interface Isolation {
  /** Top of the repository that the work is for. */
  readonly source: string;
  /** Top of the run's own working tree. */
  readonly tree: string;
  /** Where git keeps what belongs to that tree, outside of it. */
  readonly gitDir: string;
  readonly branch: string;
  /** Commit that it began with. */
  readonly base: string;
}

/** A working tree of ours: its files, and git's folder for it, which is named from outside and never asked of the tree. */
export type TreePlace = Pick<Isolation, "tree" | "gitDir">;

/** What git is given to see of the environment. */
export type GitEnv = Readonly<Record<string, string>>;

/** Below a tree's own git folder; the sandbox knows a tree of ours by it. */
export const OWN_OBJECTS = "objects";
/** Who makes the commits that are the swarm's own. */
export const COMMITTER = ["-c", "user.name=statehive", "-c", "user.email=statehive@localhost"] as const;

export const branchOf = (run: string): string => `swarm/${run}`;

const runOf = ({ tree }: TreePlace): string => basename(tree);

/** The tree of one agent, beside that of its run: which folders belong to it follows from their names alone. */
export function placeOfAgent(run: TreePlace, actor: string): TreePlace {
  const name = `${runOf(run)}.${actor}`;
  return { tree: join(dirname(run.tree), name), gitDir: join(dirname(run.gitDir), name) };
}

/** Branch for what an agent changed that never came to count. */
export const branchLeftBy = ({ branch }: Isolation, actor: string): string => `${branch}.${actor}`;

/** Git's names for what is kept of a run's joins; none is a branch. All lie below {@link refsOf}. */
export const refsOf = (run: TreePlace): string => `refs/swarm/${runOf(run)}/`;
/** One commit of all that an agent changed, behind the one that its tree began with. */
export const sideRef = (run: TreePlace, actor: string): string => `${refsOf(run)}side/${actor}`;
/** The commit on the run's branch that an agent's work became; where it changed nothing, one that was there before. */
export const joinedRef = (run: TreePlace, actor: string): string => `${refsOf(run)}joined/${actor}`;
/** What a conflict is shown against, while it is made. */
export const oursRef = (run: TreePlace, actor: string): string => `${refsOf(run)}ours/${actor}`;
/** What stands at the borders of a conflict of this run, in every file that has one. */
export const marksOf = (run: TreePlace): string => refsOf(run).slice("refs/".length);
