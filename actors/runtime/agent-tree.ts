/**
 * Where an agent works. Most work where their run does; one that may write while others do has a working tree of its own,
 * and everything that is done for it, or looked at again, is done there: what it is told, runs, changes and shows.
 */
import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { openAgentTree } from "../../infra/git/agent-trees.ts";
import { GitBroke } from "../../infra/git/run-git.ts";
import type { Address } from "../../infra/store.ts";
import type { AgentTree } from "../../machines/effect.ts";
import type { RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";

/** Latched with the session: whoever takes the agent up finds it in the same folder. */
type OwnTree = NonNullable<Session["tree"]>;

/** Opens the tree that an agent is to work in; it is on this host, like its run's. */
export type OpenTree = (
  run: RunRow,
  address: Address,
  wanted: AgentTree,
) => Promise<OwnTree | null | { readonly refused: string }>;

/** The run as this agent sees it. Pure. */
export function placeOf(run: RunRow, session: Pick<Session, "tree"> | null): RunRow {
  const own = session?.tree;
  if (own === undefined) return run;
  const { workspace, tree, gitDir, base } = own;
  const { isolation } = run.config;
  return {
    ...run,
    workspace,
    config: { ...run.config, isolation: isolation === null ? null : { ...isolation, tree, gitDir, base } },
  };
}

/** `env`: what git sees of the environment. A run without a tree has none to lend: its agents work where it does. */
export function treesWith(env: Readonly<Record<string, string>>): OpenTree {
  return async ({ workspace, config: { isolation } }, { run, actor }, { merging }) => {
    if (isolation === null) return null;
    try {
      const { tree, gitDir, base } = await openAgentTree(isolation, { run, actor, merging }, env);
      const own = { workspace: join(tree, relative(isolation.tree, workspace)), tree, gitDir, base };
      // An agent that joined before may have put a link in its place, which would lead out of the tree.
      const real = await realpath(own.workspace).catch(() => null);
      if (real !== own.workspace)
        return { refused: "the folder that the run is for is no folder of its tree any more" };
      return own;
    } catch (cause) {
      if (cause instanceof GitBroke) return { refused: `it has no working tree to work in: ${cause.message}` };
      throw cause;
    }
  };
}
