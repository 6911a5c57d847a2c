/**
 * A working tree for one agent, beside the run's: begun with all that has joined so far, or with the conflict that the agent
 * is to resolve. Made again after a crash, it is the same one; what was half made goes first.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  branchLeftBy,
  type GitEnv,
  type Isolation,
  joinedRef,
  OWN_OBJECTS,
  oursRef,
  placeOfAgent,
  refsOf,
  sideRef,
  type TreePlace,
} from "./isolation.ts";
import { GitBroke, gitOutput } from "./run-git.ts";
import { threeWay } from "./three-way.ts";
import { contentOf, inTree, rememberFresh } from "./tree-files.ts";
import { actorsWithRemains, actorsWithTrees, dropTree, putRecord, readRecord, type TreeRecord } from "./tree-record.ts";
import { commitOf, inSource, refAt, tipOf } from "./trunk.ts";

export interface WantedTree {
  readonly run: string;
  readonly actor: string;
  /** Actor whose work did not go in cleanly, and is merged into this tree with its conflict. */
  readonly merging: string | null;
}

/** Names of actors go into paths and refs. */
const FIT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** @throws GitBroke, also where the conflict that it should begin with is not known here. */
export async function openAgentTree(isolation: Isolation, wanted: WantedTree, env: GitEnv): Promise<TreeRecord> {
  const { run, actor, merging } = wanted;
  if (!FIT.test(actor) || actor.includes("..")) throw new GitBroke(`no tree can be named after ${actor}`);
  const place = placeOfAgent(isolation, actor);
  const there = await readRecord(place);
  if (there !== null) return there;
  await dropTree(place);
  await dropEarlier(isolation, actor);
  const { source, branch } = isolation;
  const base = await tipOf(isolation, env);
  await gitOutput({ cwd: source, env }, ["worktree", "add", "--quiet", "--force", "--detach", place.tree, base]);
  const gitDir = await gitOutput({ cwd: place.tree, env }, ["rev-parse", "--absolute-git-dir"]);
  if (gitDir !== place.gitDir)
    throw new GitBroke(`git keeps the tree of ${actor} at ${gitDir}, not at ${place.gitDir}`);
  await mkdir(join(gitDir, OWN_OBJECTS));
  if (merging === null) await rememberFresh(place);
  else await showConflict(isolation, { ...wanted, merging }, { place, base }, env);
  const record = { v: 1, run, actor, source, branch, base, merging, store: null, ...place } as const;
  await putRecord(record);
  return record;
}

/** Trees of attempts before this one: nobody joins them any more. */
async function dropEarlier(isolation: Isolation, actor: string): Promise<void> {
  const [, task, attempt] = /^(.+?)(?:\.(\d+))?$/.exec(actor) ?? [];
  for (const other of await actorsWithTrees(isolation)) {
    const [, same, number] = /^(.+?)(?:\.(\d+))?$/.exec(other) ?? [];
    if (same === task && Number(number ?? 1) < Number(attempt ?? 1)) await dropTree(placeOfAgent(isolation, other));
  }
}

/** The conflict stands in the files alone, and is committed to nothing. */
async function showConflict(
  isolation: Isolation,
  { actor, merging }: WantedTree & { readonly merging: string },
  { place, base }: { readonly place: TreePlace; readonly base: string },
  env: GitEnv,
): Promise<void> {
  const source = inSource(isolation, env);
  const theirs = await refAt(source, sideRef(isolation, merging));
  if (theirs === null) throw new GitBroke(`what ${merging} changed is not known in this repository`);
  const named = { ours: oursRef(isolation, actor), theirs: sideRef(isolation, merging) };
  const begun = await gitOutput(source, ["rev-parse", `${theirs}^`]);
  const { content } = await threeWay(source, { base: begun, ours: base, theirs, named });
  await gitOutput(inTree(place, env), ["read-tree", "--reset", "-u", content]);
  await gitOutput(inTree(place, env), ["read-tree", base]);
}

/** Takes an agent's tree away, with whatever lies in it. */
const dropAgentTree = (isolation: Isolation, actor: string): Promise<void> => dropTree(placeOfAgent(isolation, actor));

export interface LeftWork {
  readonly actor: string;
  /** Where it lies: a branch, or the tree itself where it could not be committed. */
  readonly at: string;
}

/**
 * Takes all agents' trees of a run away. With `keep`, what was changed in one and never joined goes onto a branch first; a
 * tree that cannot be committed stays. Made again, it finds what it kept. @throws GitBroke
 */
export async function leaveAgentTrees(isolation: Isolation, keep: boolean, env: GitEnv): Promise<readonly LeftWork[]> {
  const stay: LeftWork[] = [];
  const start = `${refsOf(isolation)}side/`;
  const sides = (await refsLike(isolation, start, env)).map((ref) => ref.slice(start.length));
  for (const actor of new Set([...(await actorsWithRemains(isolation)), ...sides])) {
    if (!keep || (await keepWork(isolation, actor, env))) await dropAgentTree(isolation, actor);
    else stay.push({ actor, at: placeOfAgent(isolation, actor).tree });
  }
  if (!keep) return stay;
  const heads = `refs/heads/${branchLeftBy(isolation, "")}`;
  const branches = (await refsLike(isolation, `${heads}*`, env)).map((ref) => ref.slice(heads.length));
  return [...branches.map((actor) => ({ actor, at: `branch ${branchLeftBy(isolation, actor)}` })), ...stay];
}

/** False where it cannot be committed. */
async function keepWork(isolation: Isolation, actor: string, env: GitEnv): Promise<boolean> {
  const source = inSource(isolation, env);
  if ((await refAt(source, joinedRef(isolation, actor))) !== null) return true;
  try {
    const side = (await refAt(source, sideRef(isolation, actor))) ?? (await unjoined(isolation, actor, env));
    if (side !== null) {
      await gitOutput(source, ["update-ref", `refs/heads/${branchLeftBy(isolation, actor)}`, side]);
    }
    return true;
  } catch (cause) {
    if (cause instanceof GitBroke) return false;
    throw cause;
  }
}

/** A commit of what an agent changed, whose tree is there; null where it changed nothing, or has no tree. */
async function unjoined(isolation: Isolation, actor: string, env: GitEnv): Promise<string | null> {
  const place = placeOfAgent(isolation, actor);
  const record = await readRecord(place);
  if (record === null) return null;
  const source = inSource(isolation, env);
  const content = await contentOf(place, record.base, env);
  if (content === (await gitOutput(source, ["rev-parse", `${record.base}^{tree}`]))) return null;
  return commitOf(source, { content, parents: [record.base], message: `Unfinished work of ${actor}` });
}

async function refsLike(isolation: Isolation, pattern: string, env: GitEnv): Promise<readonly string[]> {
  const listed = await gitOutput(inSource(isolation, env), ["for-each-ref", "--format=%(refname)", pattern]);
  return listed.split("\n").filter((line) => line !== "");
}

/** All that git keeps of a run's joins beyond its branch. @throws GitBroke */
export async function forgetJoins(isolation: Isolation, env: GitEnv): Promise<void> {
  for (const ref of await refsLike(isolation, refsOf(isolation), env))
    await gitOutput(inSource(isolation, env), ["update-ref", "-d", ref]);
}
