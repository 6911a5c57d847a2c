/** Runs of the golden corpus in which the coordinator's books are used to the full, and an agent asks its parent. */
import type { Answer, Performers } from "../../actors/runtime/performer.ts";
import type { Call } from "../../machines/agent-calls.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import type { Scene } from "./corpus-scenes.ts";
import { type Hive, performersOf, reports, task } from "./mocked-hive.ts";

const answer = (event: { readonly type: string } & Readonly<Record<string, unknown>>): Answer => ({ event, told: [] });
const of = (agentType: string, id: string, more: Partial<PlannedTask> = {}): PlannedTask => ({
  ...task(id),
  agentType,
  ...more,
});

/** Asks its parent, and is told that nobody can be asked. */
const asks: Scene = async (hive, type) => {
  const call: Call & { readonly question: string } = {
    ...{ id: "c0", tool: "AskParent", inputHash: "h", risk: "read-only", repeat: "safe", status: "waiting" },
    question: "which port?",
  };
  await hive.worker(
    performersOf(
      (turn) =>
        turn > 0
          ? reports(turn)
          : {
              ...answer({ type: "model.answered", turn, stop: "tool_use", report: null, calls: [call] }),
              entries: [{ role: "assistant", content: [{ type: "tool_use", id: "c0", name: "AskParent", input: {} }] }],
            },
      {
        "question.put": ({ question }) =>
          Promise.resolve(answer({ type: "question.closed", question, reason: "nobody can be asked" })),
      },
    ),
  );
  await hive.start("r_asks", [of(type, "a")]);
  await hive.ended("r_asks");
  return "r_asks";
};

/**
 * Joins and a conflict, a plan that is carried out, a check that refutes once and fences whoever built on it, a tree that is
 * made anew, a task that is given up although another plan was sought.
 */
const books: Scene = async (hive, type) => {
  await hive.worker(
    performersOf(
      (turn, { address: { actor }, signal }) => {
        if (actor.startsWith("a_gives-up")) {
          return answer({ type: "model.failed", turn, reason: "no", retry: false, delayMs: 0, counts: true });
        }
        // It is at work when what it stands on is taken back.
        if (actor === "a_builds-on") return new Promise((_, reject) => signal.addEventListener("abort", reject));
        return reports(turn);
      },
      errands(hive, type),
    ),
  );
  const graph = [
    of(type, "joins", { joins: true, attemptsMax: 2 }),
    of(type, "conflicts", { joins: true }),
    of(type, "plan", { role: "plan" }),
    of(type, "check", { role: "check", of: "joins", needs: ["joins"], attemptsMax: 2 }),
    of(type, "builds-on", { needs: ["joins"] }),
    of(type, "gives-up"),
  ];
  await hive.start("r_books", graph, { tolerateFailures: true, replansMax: 1 });
  await hive.ended("r_books");
  return "r_books";
};

type Errands = Pick<
  Performers,
  "task.join" | "workspace.rebuild" | "proposal.prepare" | "proposal.read" | "verdict.read"
>;

function errands(hive: Hive, type: string): Errands {
  const conflicted = new Set<string>();
  let refuted = false;
  const prepared = (order: Extract<OutsideEffect, { type: "proposal.prepare" }>): Answer =>
    order.kind === "resolve"
      ? answer({ type: "proposal.prepared", task: of(type, order.task) })
      : answer({ type: "proposal.unprepared", task: order.task, reason: "nobody plans here" });
  return {
    "task.join": async ({ task: id }) => {
      if (id !== "conflicts" || conflicted.has(id))
        return answer({ type: "task.joined", task: id, commit: `c_${id}`, files: 1 });
      conflicted.add(id);
      return answer({ type: "task.conflicted", task: id, files: ["a.txt"], reason: "conflicts in a.txt" });
    },
    "workspace.rebuild": async () => answer({ type: "workspace.rebuilt" }),
    "proposal.prepare": async (order) => prepared(order),
    "proposal.read": async ({ task: id }) =>
      answer({
        ...{ type: "proposal.made", task: id, tasks: [of(type, "planned")], drops: [], ends: [] },
        ...{ accept: "allow", reason: "it changes nothing by itself" },
      }),
    "verdict.read": async ({ task: id, of: about }) => {
      if (!refuted) await hive.seen("r_books", (told) => told.type === "model.called" && told.actor === "a_builds-on");
      const holds = refuted;
      refuted = true;
      return answer({ type: "verdict.read", task: id, of: about, holds, reasons: holds ? [] : ["not there"] });
    },
  };
}

export const bookScenes: Readonly<Record<string, Scene>> = { asks, books };
