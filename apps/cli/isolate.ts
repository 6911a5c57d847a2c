/**
 * A working tree of the run's own, where that is possible and nobody said otherwise: what agents change there needs no
 * yes for each step, because one yes to the whole stands before the folder it is for.
 */
import { join } from "node:path";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import { mayGrow, needsTrees, withTrees } from "../../actors/runtime/trees-for.ts";
import { agentTypeNamed } from "../../actors/types/index.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { branchOf } from "../../infra/git/isolation.ts";
import { inspectRepository, type Repository } from "../../infra/git/repository.ts";
import { cannotJoin } from "../../infra/git/three-way.ts";
import { addWorktree } from "../../infra/git/worktree.ts";
import { openHostState } from "../../infra/journal/host-state.ts";
import { toolNamed } from "../../registry/tools/index.ts";
import { NO_RIVALS, type Writers } from "./planned-agent.ts";
import { storeName, treesBeside } from "./trees-folder.ts";

const WORKTREES = ["auto", "always", "never"] as const;
export type Worktree = (typeof WORKTREES)[number];

/** Throws SwarmError `usage.worktree`, exit 2. */
export function worktreeOf(flag: unknown): Worktree {
  const known = WORKTREES.find((one) => one === flag);
  if (known !== undefined) return known;
  const message = `--worktree "${String(flag)}" is none of ${WORKTREES.join(", ")}`;
  throw new SwarmError("usage.worktree", message, { exit: 2, hint: "Leave the flag away for auto." });
}

export interface Isolated {
  readonly plan: RunPlan;
  /** For the person, where something is worth saying. */
  readonly note: string | null;
}

/**
 * Throws SwarmError `usage.worktree` (exit 2) where `always` cannot be had, and what the plan itself says where it asks for
 * writers at once that cannot be kept apart.
 */
export async function isolated(
  plan: RunPlan,
  wanted: Worktree,
  config: Config,
  writers: Writers = NO_RIVALS,
): Promise<Isolated> {
  if (plan.kind !== "run") return { plan, note: null };
  if (wanted === "never") return together(plan, writers, null);
  const against = reasonAgainst(plan);
  const git = { cwd: plan.workspace, env: config.commandEnv };
  const found = await inspectRepository(git);
  const why =
    found.kind === "none" ? found.why : (unfit(found.repository) ?? (needsTrees(plan) ? await cannotJoin(git) : null));
  if (wanted === "always" && why !== null) {
    throw new SwarmError("usage.worktree", `--worktree always: ${why}`, {
      exit: 2,
      hint: "Commit what you have, or leave the flag away: agents then work in the folder itself, and ask.",
    });
  }
  if (found.kind === "none" || why !== null || (against !== null && wanted === "auto")) {
    const note = against === null && found.kind === "repository" ? `agents work in the folder itself: ${why}` : null;
    return together(plan, writers, note);
  }
  return apart(plan, found.repository, config);
}

/** All agents share one folder: where more than one may write, none works beside another. */
function together(plan: RunPlan, { rivals, refusal }: Writers, note: string | null): Isolated {
  if (refusal !== null) throw refusal;
  const grows = mayGrow(plan) && (plan.config.mode ?? "edit") === "edit";
  if ((rivals === null && !grows) || plan.parallelMax === 1) return { plan, note };
  const why =
    rivals === null
      ? "tasks that come later may change files"
      : `${rivals[0]} and ${rivals[1]} may both change files, and neither waits for the other`;
  const one = `one writer at a time: ${why}`;
  return { plan: { ...plan, parallelMax: 1 }, note: note === null ? one : `${note}; ${one}` };
}

/** A tree of the run's own; each of several writers gets one more, from its worker, when it begins. */
async function apart(plan: RunPlan, repository: Repository, config: Config): Promise<Isolated> {
  const { run } = plan;
  const state = await openHostState(config.stateDirs);
  const isolation = await addWorktree(
    {
      source: repository.top,
      tree: join(treesBeside(state.folder), run),
      branch: branchOf(run),
      base: repository.head,
    },
    config.commandEnv,
    { run, store: storeName(config) },
  );
  const graph = withTrees(plan);
  const each = graph.filter(({ joins }) => joins === true).length;
  const where =
    each > 1
      ? `${each} agents that may change files work in a tree each; their work joins on branch ${isolation.branch}`
      : `agents work in a tree of their own, on branch ${isolation.branch}`;
  return {
    plan: {
      ...plan,
      graph,
      workspace: join(isolation.tree, repository.below),
      config: { ...plan.config, isolation },
    },
    note: `${where}; you are asked once, before it is merged`,
  };
}

/** Why a run has no use for a tree of its own. */
function reasonAgainst(plan: RunPlan): string | null {
  const { graph, config } = plan;
  const tools = new Set(graph.flatMap(({ agentType }) => agentTypeNamed(agentType)?.tools ?? []));
  const acting = [...tools].filter((name) => toolNamed(name)?.loadDeed !== undefined);
  const left = acting.filter((name) => !config.deniedTools?.includes(name));
  if ((left.length === 0 && !mayGrow(plan)) || (config.mode ?? "edit") !== "edit") return "its agents change nothing";
  // Whoever allowed changes to the folder meant the folder.
  const allowed = config.permissions?.allow?.find((rule) => left.some((name) => new RegExp(`^${name}\\b`).test(rule)));
  return allowed === undefined ? null : `the rules allow ${allowed}`;
}

/** Why a repository cannot lend a tree: its agents would not see what the person sees. */
function unfit({ changed }: Repository): string | null {
  return changed === 0
    ? null
    : `${changed} tracked files differ from the last commit, and a tree of its own would lack that`;
}
