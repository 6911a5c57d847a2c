/**
 * A working tree of the run's own, where that is possible and nobody said otherwise: what agents change there needs no
 * yes for each step, because one yes to the whole stands before the folder it is for.
 */
import { join } from "node:path";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import { agentTypeNamed } from "../../actors/types/index.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { inspectRepository, type Repository } from "../../infra/git/repository.ts";
import { addWorktree, branchOf } from "../../infra/git/worktree.ts";
import { openHostState } from "../../infra/journal/host-state.ts";
import { toolNamed } from "../../registry/tools/index.ts";

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

/** Throws SwarmError `usage.worktree` (exit 2) where `always` cannot be had. */
export async function isolated(plan: RunPlan, wanted: Worktree, config: Config): Promise<Isolated> {
  const inPlace = (note: string | null): Isolated => ({ plan, note });
  if (wanted === "never" || plan.kind !== "run") return inPlace(null);
  const against = reasonAgainst(plan);
  const found = await inspectRepository({ cwd: plan.workspace, env: config.commandEnv });
  const why = found.kind === "none" ? found.why : unfit(found.repository);
  if (wanted === "always" && why !== null) {
    throw new SwarmError("usage.worktree", `--worktree always: ${why}`, {
      exit: 2,
      hint: "Commit what you have, or leave the flag away: agents then work in the folder itself, and ask.",
    });
  }
  if (found.kind === "none" || why !== null || (against !== null && wanted === "auto")) {
    return inPlace(against === null && found.kind === "repository" ? `agents work in the folder itself: ${why}` : null);
  }
  const { repository } = found;
  const state = await openHostState(config.stateDirs);
  const isolation = await addWorktree(
    {
      source: repository.top,
      tree: join(`${state.folder}-worktrees`, plan.run),
      branch: branchOf(plan.run),
      base: repository.head,
    },
    config.commandEnv,
  );
  return {
    plan: { ...plan, workspace: join(isolation.tree, repository.below), config: { ...plan.config, isolation } },
    note: `agents work in a tree of their own, on branch ${isolation.branch}; you are asked once, before it is merged`,
  };
}

/** Why a run has no use for a tree of its own. */
function reasonAgainst({ graph, config }: RunPlan): string | null {
  const tools = new Set(graph.flatMap(({ agentType }) => agentTypeNamed(agentType)?.tools ?? []));
  const acting = [...tools].filter((name) => toolNamed(name)?.loadDeed !== undefined);
  const left = acting.filter((name) => !config.deniedTools?.includes(name));
  if (left.length === 0 || (config.mode ?? "edit") !== "edit") return "its agents change nothing";
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
