/**
 * The graph that is broken on purpose: writers in a git repository, each in a tree of its own, some of them at the same line,
 * some checked by another agent. Every attempt writes words that nobody wrote before, so that the files say whose work is in.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../simulation/random.ts";
import type { Director } from "../../support/messages-double/double.ts";
import type { EntryInput } from "../../support/messages-double/script.ts";
import { says, use } from "../../support/run-stage.ts";

export interface GraphTask {
  readonly id: string;
  readonly needs: readonly string[];
  /** Changes the line that others change too. */
  readonly shares: boolean;
  readonly checked: boolean;
}

export interface GraphPlay {
  /** In the goals of all its tasks; letters and digits. */
  readonly key: string;
  readonly tasks: readonly GraphTask[];
  readonly strategy: string;
  /** A repository of the run's own. */
  readonly workspace: string;
  readonly file: string;
}

export const SHARED = "shared.txt";
const LINES = ["one", "two", "three", "four", "five"];
/** Of reports: the agent gives up; of verdicts: the claim does not hold. */
const BLOCKED = 0.06;
const REFUTED = 0.2;

export function graphPlay(home: string, key: string, random: Random, size: number): GraphPlay {
  const workspace = join(home, "repositories", key);
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, SHARED), `${LINES.join("\n")}\n`);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: workspace });
  git("init", "--quiet", "-b", "main");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  const tasks = Array.from({ length: size }, (_, index): GraphTask => {
    const needs = Array.from({ length: index }, (_none, other) => `t${other}`).filter(() => random.chance(0.3));
    return { id: `t${index}`, needs, shares: random.chance(0.5), checked: random.chance(0.3) };
  });
  const strategy = random.pick(["one-for-all", "one-for-all", "rest-for-one", "one-for-one"]);
  const file = join(home, "repositories", `${key}.yaml`);
  writeFileSync(file, yamlOf(key, tasks, strategy));
  return { key, tasks, strategy, workspace, file };
}

function yamlOf(key: string, tasks: readonly GraphTask[], strategy: string): string {
  const lines = tasks.map(({ id, needs, checked }) => {
    const check = checked ? ", verify: independent" : "";
    return `  - {id: ${id}, goal: "Do ((${id})) of [[${key}]].", attempts: 4, needs: [${needs.join(", ")}]${check}}`;
  });
  const head = [`goal: "A graph [[${key}]]"`, "parallel: 4", `supervision: {strategy: ${strategy}, restarts: 60}`];
  return [...head, "tasks:", ...lines, ""].join("\n");
}

export const TAG = /t\d+-x[0-9a-f]{8}/g;

/** Answers for all plays, from the conversation alone, but for its dice. */
export function graphDirector(plays: ReadonlyMap<string, GraphPlay>, random: Random): Director {
  const hex = (): string =>
    Math.floor(random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  const done = says(use("Report", { outcome: "done", value: { summary: "it is done" }, evidence: [], notDone: [] }));
  return ({ system, messages }) => {
    const asked = JSON.stringify(messages[0]?.content ?? "");
    const play = plays.get(/\[\[(\w+)\]\]/.exec(asked)?.[1] ?? "");
    if (play === undefined) return null;
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const told = JSON.stringify(messages.slice(1).filter(({ role }) => role === "user"));
    const later = (entry: EntryInput): EntryInput => ({ ...entry, delayMs: random.between(10, 500) });
    if (JSON.stringify(system ?? "").includes("You check a claim")) return later(verdict(random.chance(REFUTED)));
    if (turn === 0) return later(says(use("Read", { file_path: SHARED })));
    if (asked.includes("Two pieces of work of this run")) return later(turn === 1 ? resolved(told) : done);
    const task = play.tasks.find(({ id }) => asked.includes(`((${id}))`));
    if (task === undefined) return null;
    if (turn === 1) return later(deeds(task, `${task.id}-x${hex()}`, told));
    return later(turn === 2 && random.chance(BLOCKED) ? blocked : done);
  };
}

const blocked = says(
  use("Report", { outcome: "blocked", value: { summary: "no" }, evidence: [], notDone: ["all of it"] }),
);

const verdict = (refutes: boolean): EntryInput => {
  const points = [{ point: "it is done", holds: refutes ? "no" : "yes", why: "looked at it" }];
  const value = { verdict: refutes ? "fails" : "holds", points };
  return says(use("Report", { outcome: "done", value, evidence: [], notDone: [] }));
};

/** A command that says how often it was run, a file of its own, and at times the line that others change. */
function deeds({ id, shares }: GraphTask, tag: string, told: string): EntryInput {
  const line = /three(?: t\d+-x[0-9a-f]{8})*/.exec(told)?.[0] ?? "three";
  return says(
    use("Bash", { command: `echo ${tag} >> ${id}.log` }),
    use("Write", { file_path: `${id}.txt`, content: `${tag}\n` }),
    ...(shares ? [use("Edit", { file_path: SHARED, old_string: line, new_string: `${line} ${tag}` })] : []),
  );
}

/** Both sides' words, each once. */
function resolved(told: string): EntryInput {
  const words = [...new Set(told.match(TAG) ?? [])];
  const content = LINES.map((line) => (line === "three" ? ["three", ...words].join(" ") : line)).join("\n");
  return says(use("Write", { file_path: SHARED, content: `${content}\n` }));
}
