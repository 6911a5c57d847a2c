/**
 * The run's branch once more, without some of its joins: each that stays is put on top of the one before it, by what it
 * changed. The branch moves once, when all of it fits; until then nothing is another than it was.
 */
import type { GitEnv, Isolation } from "./isolation.ts";
import { type GitSetting, gitOutput } from "./run-git.ts";
import { threeWay } from "./three-way.ts";
import { agentOf, commitOf, inSource, moveTrunk, settledTip } from "./trunk.ts";

export type Rebuilt =
  | { readonly kind: "rebuilt"; readonly commits: number }
  /** Branch and files are as they were. */
  | { readonly kind: "left"; readonly why: string };

/** `commits`: joins that stay, in the order in which they joined. @throws GitBroke */
export async function rebuildTrunk(isolation: Isolation, commits: readonly string[], env: GitEnv): Promise<Rebuilt> {
  const source = inSource(isolation, env);
  const tip = await settledTip(isolation, env);
  const chain = await chainOf(source, isolation.base, tip);
  const staying = await stayingOf(source, chain, commits);
  let made = isolation.base;
  // What stands as it was needs no second birth.
  let at = 0;
  while (at < staying.length && staying[at] === chain[at]?.commit) made = staying[at++] as string;
  for (const commit of staying.slice(at)) {
    const fits = await threeWay(source, { base: `${commit}^`, ours: made, theirs: commit });
    if (fits.kind === "conflict") {
      const whose = (await agentOf(source, commit)) ?? "what was done in the run's own tree";
      const files = fits.files.slice(0, FILES_NAMED).join(", ");
      return { kind: "left", why: `the work of ${whose} does not fit without what was taken out: ${files}` };
    }
    const message = await gitOutput(source, ["show", "--no-patch", "--format=%B", commit]);
    made = await commitOf(source, { content: fits.content, parents: [made], message });
  }
  if (made !== tip && !(await moveTrunk(isolation, tip, made, env)))
    return { kind: "left", why: `branch ${isolation.branch} moved meanwhile` };
  return { kind: "rebuilt", commits: staying.length };
}

const FILES_NAMED = 10;

interface Link {
  readonly commit: string;
  /** Null: done in the run's own tree, and never taken out. */
  readonly actor: string | null;
}

/** The run's own commits, oldest first. */
async function chainOf(source: GitSetting, base: string, tip: string): Promise<readonly Link[]> {
  const listed = await gitOutput(source, ["rev-list", "--first-parent", "--reverse", `${base}..${tip}`]);
  const links: Link[] = [];
  for (const commit of listed.split("\n").filter((line) => line !== "")) {
    links.push({ commit, actor: await agentOf(source, commit) });
  }
  return links;
}

/**
 * What stays, as the branch has it now: a rebuild before this one gave some another name. One that is not on the branch
 * comes last, by the name it was given.
 */
async function stayingOf(
  source: GitSetting,
  chain: readonly Link[],
  commits: readonly string[],
): Promise<readonly string[]> {
  const wanted = new Map<string, string>();
  for (const commit of commits) wanted.set((await agentOf(source, commit)) ?? commit, commit);
  const there = chain.filter(({ actor }) => actor === null || wanted.has(actor));
  const found = new Set(there.map(({ actor }) => actor));
  const missing = [...wanted].filter(([actor]) => !found.has(actor)).map(([, commit]) => commit);
  return [...there.map(({ commit }) => commit), ...missing];
}
