/**
 * Brings a run's one commit into the folder that the run is for, or leaves it where it is: never half of it. Made again
 * after a crash, it finds the commit there.
 */
import { GitBroke } from "../../../infra/git/run-git.ts";
import { mergeWorktree, removeWorktree } from "../../../infra/git/worktree.ts";
import type { Answer, Performer } from "../performer.ts";
import type { WorkspaceDeps } from "./workspace-collect.ts";

export function workspaceMerge({ env }: WorkspaceDeps): Performer<"workspace.merge"> {
  return async ({ commit }, { run }) => {
    const { isolation } = run.config;
    if (isolation === null) return left("this run has no working tree of its own");
    try {
      const merged =
        commit === isolation.base ? { kind: "merged" as const, commit } : await mergeWorktree(isolation, commit, env);
      if (merged.kind === "left") return left(merged.why);
      await removeWorktree(isolation, env);
      return {
        event: { type: "workspace.merged" } as Answer["event"],
        told: [{ type: "workspace.merged", branch: isolation.branch, commit: merged.commit }],
      };
    } catch (cause) {
      if (cause instanceof GitBroke) return left(cause.message);
      throw cause;
    }
  };
}

const left = (reason: string): Answer => ({
  event: { type: "workspace.left", reason } as Answer["event"],
  told: [{ type: "workspace.left", reason }],
});
