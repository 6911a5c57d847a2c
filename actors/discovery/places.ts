/**
 * Where skills and agent files are looked for, in the order in which they count: the operator's own folders, the
 * workspace and the folders above it up to the root of its repository, the person's home.
 */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Place } from "../../infra/skills/list-places.ts";

export interface Where {
  /** Absolute, link-free. */
  readonly workspace: string;
  /** Root of the repository that the workspace lies in; null: it lies in none, and nothing above it is asked. */
  readonly root: string | null;
  /** The person's home; null: nobody knows. */
  readonly home: string | null;
  /** That the operator's configuration names; absolute. */
  readonly folders: readonly string[];
}

export interface ScopedPlace extends Place {
  /** Of the pins of what it brings. */
  readonly scope: string;
  /** The operator named it: what it holds needs no approval. */
  readonly trusted: boolean;
}

/** Visible, beside swarm.config: a package may well be called `swarm`, and statehive's hidden folder is its data. */
const OWN = { skills: "swarm.skills", agents: "swarm.agents" } as const;

/** Where a workspace has those of its own. */
export const ownPlace = (workspace: string, kind: keyof typeof OWN): string => join(workspace, OWN[kind]);

export function placesOf({ workspace, root, home, folders }: Where, kind: keyof typeof OWN): readonly ScopedPlace[] {
  const own = folders.map((path) => ({ path, within: null, scope: "", trusted: true }));
  const above = holders(workspace, root).flatMap((holder) =>
    [OWN[kind], join(".claude", kind)].map((name) => ({
      path: join(holder, name),
      within: holder,
      scope: holder,
      trusted: false,
    })),
  );
  const homes = home === null ? [] : [{ path: join(home, ".claude", kind), within: null, scope: "", trusted: false }];
  // A folder that is named twice counts where it counts most: the operator may name the one of the home.
  const seen = new Set<string>();
  return [...own, ...above, ...homes].filter(({ path }) => {
    const real = existsSync(path) ? realpathSync(path) : path;
    if (seen.has(real)) return false;
    seen.add(real);
    return true;
  });
}

/** The workspace first, the root of its repository last. */
function holders(workspace: string, root: string | null): string[] {
  const found = [workspace];
  if (root === null || !`${workspace}/`.startsWith(`${root}/`)) return found;
  for (let folder = workspace; folder !== root; folder = dirname(folder)) found.push(dirname(folder));
  return found;
}
