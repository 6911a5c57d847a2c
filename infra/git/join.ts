/**
 * Brings what one agent changed into its run's branch, as one commit on top of all that joined before, and the run's files
 * after it. What counts is what the agent changed since its tree began. Made again after any crash, it finds what it did.
 */
import { type GitEnv, type Isolation, joinedRef, marksOf, placeOfAgent, sideRef } from "./isolation.ts";
import { GitBroke, type GitSetting, gitOutput, runGit } from "./run-git.ts";
import { threeWay } from "./three-way.ts";
import { contentOf } from "./tree-files.ts";
import { dropTree, readRecord } from "./tree-record.ts";
import {
  agentOf,
  commitOf,
  inSource,
  type JoinLabel,
  labelled,
  moveTrunk,
  refAt,
  settledTip,
  tasksThatChanged,
} from "./trunk.ts";

export type Joined =
  /** `commit` is null where the agent changed nothing that was not there already. */
  | { readonly kind: "joined"; readonly commit: string | null; readonly files: number }
  /** Branch and files of the run are as they were; what the agent changed is kept for whoever resolves it. */
  | {
      readonly kind: "conflict";
      readonly files: readonly string[];
      /** Tasks that changed the same since the agent's tree began. */
      readonly tasks: readonly string[];
      readonly told: readonly string[];
    }
  /** A conflict that it was to resolve stands in these files still. */
  | { readonly kind: "unresolved"; readonly files: readonly string[] };

/** The branch moves only by joins and rebuilds, which come one by one: a second look is for who slept through one. */
const TRIES = 3;

/** @throws GitBroke, where it could not even be tried */
export async function joinAgentTree(isolation: Isolation, label: JoinLabel, env: GitEnv): Promise<Joined> {
  const side = await sideOf(isolation, label, env);
  if ("kind" in side) return side;
  for (let times = 0; times < TRIES; times++) {
    const joined = await joinOnce(isolation, label, side, env);
    if (joined !== null) return joined;
  }
  throw new GitBroke(`branch ${isolation.branch} moved while ${label.actor} joined`);
}

interface Side {
  readonly base: string;
  /** The base itself where nothing was changed. */
  readonly commit: string;
  /** Whose conflict this one resolves, and what that one changed. */
  readonly resolves: { readonly actor: string; readonly commit: string } | null;
}

/** What the agent changed: committed once, and found again when its tree is gone. */
async function sideOf(isolation: Isolation, label: JoinLabel, env: GitEnv): Promise<Side | Joined> {
  const { actor } = label;
  const source = inSource(isolation, env);
  const place = placeOfAgent(isolation, actor);
  const [record, known, joined] = await Promise.all([
    readRecord(place),
    refAt(source, sideRef(isolation, actor)),
    refAt(source, joinedRef(isolation, actor)),
  ]);
  const resolves = await resolvedBy(isolation, record?.merging ?? null, env);
  if (known !== null) {
    const [first = known] = await parentsOf(source, known);
    return { commit: known, base: first, resolves };
  }
  if (record === null) {
    // It changed nothing, and only its answer was lost.
    if (joined !== null) return { kind: "joined", commit: null, files: 0 };
    throw new GitBroke(`there is no working tree of ${actor} on this host`);
  }
  const { base } = record;
  const content = await contentOf(place, base, env);
  if (resolves !== null) {
    const files = await withMarks(source, isolation, content);
    if (files.length > 0) return { kind: "unresolved", files };
  }
  if (content === (await gitOutput(source, ["rev-parse", `${base}^{tree}`]))) return { commit: base, base, resolves };
  const commit = await commitOf(source, { content, parents: [base], message: labelled(label) });
  await gitOutput(source, ["update-ref", sideRef(isolation, actor), commit]);
  return { commit, base, resolves };
}

/** Its tree stays until it has joined, and says so. */
async function resolvedBy(isolation: Isolation, merging: string | null, env: GitEnv): Promise<Side["resolves"]> {
  const commit = merging === null ? null : await refAt(inSource(isolation, env), sideRef(isolation, merging));
  return merging === null || commit === null ? null : { actor: merging, commit };
}

/** Files that hold a border of a conflict of this run. */
async function withMarks(source: GitSetting, isolation: Isolation, content: string): Promise<string[]> {
  const marks = marksOf(isolation).replaceAll(".", "\\.");
  const borders = [`^<<<<<<< ${marks}ours/`, `^>>>>>>> ${marks}side/`].flatMap((one) => ["-e", one]);
  const { code, out, err } = await runGit(source, ["grep", "-z", "-l", "-a", "--no-textconv", ...borders, content]);
  if (code > 1) throw new GitBroke(`git grep: ${err.trim().slice(0, 500)}`);
  const start = `${content}:`;
  return out.split("\0").flatMap((name) => (name.startsWith(start) ? [name.slice(start.length)] : []));
}

/** Null where the branch moved meanwhile. */
async function joinOnce(isolation: Isolation, label: JoinLabel, side: Side, env: GitEnv): Promise<Joined | null> {
  const { actor } = label;
  const source = inSource(isolation, env);
  const ref = joinedRef(isolation, actor);
  const tip = await settledTip(isolation, env);
  const before = await refAt(source, ref);
  if (before !== null && (await isIn(source, before, tip))) {
    const own = (await agentOf(source, before)) === actor;
    return ended(isolation, actor, own ? before : null, env);
  }
  const merged =
    side.commit === side.base ? null : await threeWay(source, { base: side.base, ours: tip, theirs: side.commit });
  if (merged?.kind === "conflict") {
    const tasks = await tasksThatChanged(source, side.base, tip, merged.files);
    await dropTree(placeOfAgent(isolation, actor));
    return { kind: "conflict", files: merged.files, tasks, told: merged.told };
  }
  const same = merged === null || merged.content === (await gitOutput(source, ["rev-parse", `${tip}^{tree}`]));
  const commit = same ? tip : await joinCommit(isolation, label, { side, tip, content: merged.content }, env);
  // First the word of what it became: a branch without it would be joined once more, with nothing left to add.
  await gitOutput(source, ["update-ref", ref, commit]);
  if (side.resolves !== null) {
    await gitOutput(source, ["update-ref", joinedRef(isolation, side.resolves.actor), commit]);
  }
  if (!same && !(await moveTrunk(isolation, tip, commit, env))) return null;
  return ended(isolation, actor, same ? null : commit, env);
}

async function joinCommit(
  isolation: Isolation,
  label: JoinLabel,
  { side, tip, content }: { readonly side: Side; readonly tip: string; readonly content: string },
  env: GitEnv,
): Promise<string> {
  const source = inSource(isolation, env);
  // Both are its past, unless that would bring along what was taken out of the branch.
  const other = side.resolves?.commit;
  const [begun] = other === undefined ? [] : await parentsOf(source, other);
  const both = begun !== undefined && (await isIn(source, begun, tip));
  const parents = both && other !== undefined ? [tip, other] : [tip];
  return commitOf(source, { content, parents, message: labelled(label) });
}

async function ended(isolation: Isolation, actor: string, commit: string | null, env: GitEnv): Promise<Joined> {
  await dropTree(placeOfAgent(isolation, actor));
  if (commit === null) return { kind: "joined", commit, files: 0 };
  const plain = ["--no-ext-diff", "--no-textconv", "--no-renames", "--name-only", "-z"];
  const names = await gitOutput(inSource(isolation, env), ["diff", ...plain, `${commit}^`, commit]);
  return { kind: "joined", commit, files: names.split("\0").filter((name) => name !== "").length };
}

const isIn = async (source: GitSetting, commit: string, tip: string): Promise<boolean> =>
  (await runGit(source, ["merge-base", "--is-ancestor", commit, tip])).code === 0;

const parentsOf = async (source: GitSetting, commit: string): Promise<readonly string[]> =>
  (await gitOutput(source, ["show", "--no-patch", "--format=%P", commit])).split(" ").filter((one) => one !== "");
