/** Reads from outside what the graph's oracle judges: rows in Redis, and what git and the file system hold of the run. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { envelopeSchema } from "../../../machines/brief.ts";
import { eventsOf } from "../../support/swarm-store.ts";
import type { Arena } from "../arena.ts";
import { leftoversOf, logOf, replayed } from "../run-facts.ts";
import type { GraphFacts } from "./graph-oracle.ts";
import type { GraphPlay } from "./graph-play.ts";

type Stored = Pick<GraphFacts, "run" | "row" | "events" | "replayed" | "budget" | "leftovers" | "envelopes">;

export async function storedFactsOf(arena: Arena, run: string): Promise<Stored> {
  const { reader } = arena;
  const [row, entries, budget, results] = await Promise.all([
    reader.run(run),
    logOf(arena, run),
    reader.budget(run),
    reader.results(run),
  ]);
  return {
    run,
    row: { ...row?.fields, ...(row?.fields.hold === undefined ? {} : { status: `parked: ${row.fields.hold}` }) },
    events: eventsOf(entries),
    replayed: await replayed(arena, run, Number(row?.fields.seq ?? 0)),
    budget,
    leftovers: await leftoversOf(arena, run),
    envelopes: Object.values(results).map((text) => envelopeSchema.parse(JSON.parse(text))),
  };
}

export async function graphFactsOf(arena: Arena, run: string, { workspace }: GraphPlay): Promise<GraphFacts> {
  return { ...(await storedFactsOf(arena, run)), ...gitFactsOf(workspace, arena.swarm.home, run) };
}

type GitFacts = Pick<GraphFacts, "files" | "joined" | "branches" | "trees" | "names" | "locks" | "unclean">;

export function gitFactsOf(workspace: string, home: string, run: string): GitFacts {
  const git = (...args: string[]): string[] =>
    execFileSync("git", args, { cwd: workspace, encoding: "utf8" })
      .split("\n")
      .filter((line) => line !== "");
  const files = git("ls-files").map((path) => [path, readFileSync(join(workspace, path), "utf8")] as const);
  const worktrees = join(home, ".local/state/statehive-worktrees");
  const below = (folder: string): string[] => {
    try {
      return readdirSync(folder)
        .filter((name) => name.includes(run))
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  };
  return {
    files: Object.fromEntries(files),
    joined: git("log", "--reverse", "--format=%(trailers:key=Swarm-Result,valueonly,separator=)"),
    branches: git("for-each-ref", "--format=%(refname:short)", "refs/heads/swarm"),
    trees: [...git("worktree", "list").slice(1), ...below(worktrees)],
    names: git("for-each-ref", "--format=%(refname)", "refs/swarm"),
    locks: readdirSync(join(workspace, ".git"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".lock"),
    ),
    unclean: git("status", "--porcelain"),
  };
}
