/** Skills and agent files as one command sees them: of its configuration, of a workspace, of whoever works there. */
import { realpathSync } from "node:fs";
import type { Where } from "../../actors/discovery/places.ts";
import { type FoundProfiles, profilesAt as profilesIn } from "../../actors/discovery/profiles-at.ts";
import { type FoundSkills, skillsAt as skillsIn } from "../../actors/discovery/skills-at.ts";
import type { Config } from "../../infra/config.ts";
import { gitRootOf } from "../../infra/config-files.ts";

type Known = Pick<Config, "skillFolders" | "agentFolders" | "commandEnv">;

/** `workspace`: absolute. Opens no Redis; what cannot be read is among the problems. */
export const skillsAt = (workspace: string, config: Known): Promise<FoundSkills> =>
  skillsIn(whereOf(workspace, config, config.skillFolders));

/** The same for agent files: the profiles there are, and every file that is none, with path, line and reason. */
export const profilesAt = (workspace: string, config: Known): Promise<FoundProfiles> =>
  profilesIn(whereOf(workspace, config, config.agentFolders));

function whereOf(workspace: string, { commandEnv }: Known, folders: readonly string[]): Where {
  const real = realOf(workspace) ?? workspace;
  const root = gitRootOf(real);
  return { workspace: real, root: root === null ? null : realOf(root), home: realOf(commandEnv.HOME), folders };
}

function realOf(path: string | undefined): string | null {
  try {
    return path === undefined ? null : realpathSync(path);
  } catch {
    return null;
  }
}
