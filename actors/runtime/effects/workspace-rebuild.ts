/**
 * The run's tree once more from its base, with the joins that stay and no others. All of it fits, or nothing changes; trees
 * of agents at work are not touched. Made again after a crash, it finds the tree as it should be.
 */
import { rebuildTrunk } from "../../../infra/git/rebuild.ts";
import { GitBroke } from "../../../infra/git/run-git.ts";
import type { Answer, Performer } from "../performer.ts";
import type { WorkspaceDeps } from "./workspace-collect.ts";

export function workspaceRebuild({ env }: WorkspaceDeps): Performer<"workspace.rebuild"> {
  return async ({ commits }, { run }) => {
    const { isolation } = run.config;
    if (isolation === null) return unbuilt("this run has no working tree of its own");
    try {
      const rebuilt = await rebuildTrunk(isolation, commits, env);
      if (rebuilt.kind === "left") return unbuilt(rebuilt.why);
      return { event: { type: "workspace.rebuilt" }, told: [{ type: "workspace.rebuilt", commits: rebuilt.commits }] };
    } catch (cause) {
      if (cause instanceof GitBroke) return unbuilt(cause.message);
      throw cause;
    }
  };
}

const unbuilt = (reason: string): Answer => ({
  event: { type: "workspace.unbuilt", reason } as Answer["event"],
  told: [],
});
