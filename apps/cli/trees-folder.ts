/** Where the working trees of this host's runs lie, and how it is told which of them are one's own. */
import type { Config } from "../../infra/config.ts";
import { shortHash } from "../../infra/ids.ts";

/** Beside the host's state, and outside of it: no tool may look into that. */
export const treesBeside = (state: string): string => `${state}-worktrees`;

/** Names the store that a run lies in, and says nothing else of it. */
export const storeName = ({ redisUrl, dataDir, prefix }: Pick<Config, "redisUrl" | "dataDir" | "prefix">): string =>
  shortHash(`${redisUrl ?? dataDir}\n${prefix}`);
