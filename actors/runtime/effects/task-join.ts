/**
 * Brings what one agent changed in its own tree into the run's, as one commit, or says why it does not go in. Made again
 * after a crash, it finds its own commit; what does not go in cleanly changes nothing.
 */
import { joinAgentTree } from "../../../infra/git/join.ts";
import { GitBroke } from "../../../infra/git/run-git.ts";
import type { Store } from "../../../infra/store.ts";
import type { OutsideEffect } from "../../../machines/effect.ts";
import type { Answer, Performer } from "../performer.ts";
import { briefFrom } from "../session.ts";
import type { WorkspaceDeps } from "./workspace-collect.ts";

export interface TaskJoinDeps extends WorkspaceDeps {
  readonly store: Pick<Store, "briefs">;
}

type Order = Extract<OutsideEffect, { type: "task.join" }>;

/** Files that are named; all are in git. */
const FILES_MAX = 50;
const TOLD_MAX = 5;
/** Characters of a task's goal in the first line of its commit, and of all of it below. */
const HEAD_CHARS = 72;
const BODY_CHARS_MAX = 4_000;

export function taskJoin({ env, store }: TaskJoinDeps): Performer<"task.join"> {
  return async (order, { address, run }) => {
    const { isolation } = run.config;
    // A fork has no tree to bring home: its agents work in one folder, and what they did is there already.
    if (isolation === null) return joined(order, null, 0);
    const { task, actor, result } = order;
    const text = (await store.briefs(address.run, [task])).get(task);
    const message = messageOf(task, text === undefined ? run.goal : briefFrom(text).goal);
    try {
      const end = await joinAgentTree(isolation, { actor, task, result, message }, env);
      switch (end.kind) {
        case "joined":
          return joined(order, end.commit, end.files);
        case "unresolved":
          return unjoined(order, `the marks of the conflict still stand in ${named(end.files)}`);
        case "conflict":
          return conflicted(order, end);
      }
    } catch (cause) {
      if (cause instanceof GitBroke) return unjoined(order, cause.message);
      throw cause;
    }
  };
}

function joined({ task }: Order, commit: string | null, files: number): Answer {
  const event = { type: "task.joined" as const, task, commit, files };
  return { event, told: [event] };
}

const unjoined = ({ task }: Order, reason: string): Answer => ({
  event: { type: "task.unjoined", task, reason } as Answer["event"],
  told: [],
});

function conflicted(
  { task }: Order,
  { files, tasks, told }: { files: readonly string[]; tasks: readonly string[]; told: readonly string[] },
): Answer {
  const others = tasks.length === 0 ? "what is in the run's tree by now" : `the work of ${tasks.join(", ")}`;
  const more = told.filter((text) => !text.startsWith("CONFLICT (content)")).slice(0, TOLD_MAX);
  const reason = [`does not go together with ${others}`, ...more.map(plain)].join("; ");
  const event = { type: "task.conflicted" as const, task, files: files.slice(0, FILES_MAX), reason };
  return { event, told: [event] };
}

/** Git's sentence calls commits by their ids, which say nothing to anybody. */
const plain = (text: string): string => text.replaceAll(/\b[0-9a-f]{40,64}\b/g, "one side").slice(0, 300);

const named = (files: readonly string[]): string =>
  files.length > FILES_NAMED
    ? `${files.slice(0, FILES_NAMED).join(", ")} and ${files.length - FILES_NAMED} more`
    : files.join(", ");
const FILES_NAMED = 10;

function messageOf(task: string, goal: string): string {
  const head = `${task}: ${(goal.trim().split("\n")[0] ?? "").trim()}`;
  const short = head.length > HEAD_CHARS ? `${head.slice(0, HEAD_CHARS - 1)}…` : head;
  return short === head && !goal.trim().includes("\n") ? head : `${short}\n\n${goal.trim().slice(0, BODY_CHARS_MAX)}`;
}
