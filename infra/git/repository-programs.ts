/**
 * Programs that a repository's own configuration names for contents and merges. A folder that came in an archive, or is
 * another user's, brings that configuration along, and git would start them while it only looks.
 */

/** One `key=value` for git's `-c` each, in the order of the names. `listed`: what {@link LIST_PROGRAMS} printed. */
export function programsOff(listed: string): string[] {
  const parts = listed.split("\0");
  const own = parts.flatMap((scope, index) => {
    const key = parts[index + 1];
    return index % 2 === 0 && key !== undefined && OWN.has(scope) ? [key] : [];
  });
  const drivers = own.map((key) => key.slice(0, key.lastIndexOf(".")));
  return [...new Set(drivers)].sort().flatMap((driver) =>
    driver.startsWith("filter.")
      ? // Without a program the content goes through as it is; it must not be an error that there is none.
        [`${driver}.clean=`, `${driver}.smudge=`, `${driver}.process=`, `${driver}.required=false`]
      : // A merge that is refused is a conflict, and the branch is left; one without a program would lose a side unseen.
        [`${driver}.driver=false`],
  );
}

/** Arguments of the git that lists them: it starts nothing. */
export const LIST_PROGRAMS = [
  "config",
  "--null",
  "--show-scope",
  "--name-only",
  "--get-regexp",
  "^(filter\\..*\\.(clean|smudge|process|required)|merge\\..*\\.driver)$",
] as const;

/** Those of the user and of the system are the operator's own. */
const OWN: ReadonlySet<string> = new Set(["local", "worktree"]);
