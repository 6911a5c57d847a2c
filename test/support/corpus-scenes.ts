/** The runs of the golden corpus whose world is steered: what no server can be made to say, or no tool to do, in time. */
import type { Proposal } from "../../actors/runtime/approvals.ts";
import { forkOf } from "../../actors/runtime/fork.ts";
import { type Answer, EffectAborted, type Performer } from "../../actors/runtime/performer.ts";
import { machines } from "../../actors/types/index.ts";
import { approvalsFrom } from "../../infra/approval.ts";
import { createFork } from "../../infra/redis/fork-run.ts";
import type { Call } from "../../machines/agent-calls.ts";
import type { AgentEvent } from "../../machines/agent-event.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import {
  asksFor,
  callsRead,
  failsOnce,
  type Hive,
  type ModelScript,
  performersOf,
  reports,
  task,
} from "./mocked-hive.ts";

/** Plays one run to where it shall be kept, and names it. */
export type Scene = (hive: Hive, type: string) => Promise<string>;

const of = (
  type: string,
  id: string,
  changed: Partial<PlannedTask["limits"]> = {},
  more: Partial<PlannedTask> = {},
) => {
  const one = task(id);
  return { ...one, agentType: type, limits: { ...one.limits, ...changed }, ...more };
};
const told = (event: AgentEvent, more: Partial<Answer> = {}): Answer => ({ event, told: [], ...more });
const result = (call: string, content: string) => [
  { role: "user" as const, content: [{ type: "tool_result", tool_use_id: call, content }] },
];

/** An answer with one call: of a tool that changes something, unless told otherwise. */
function calls(turn: number, changed: Partial<Call> = {}): Answer {
  const call: Call = {
    id: `c${turn}`,
    tool: "Write",
    inputHash: "h",
    risk: "mutating",
    repeat: "unsafe",
    status: "judged",
    ...changed,
  };
  return told(
    { type: "model.answered", turn, stop: "tool_use", report: null, calls: [call] },
    { entries: [{ role: "assistant", content: [{ type: "tool_use", id: call.id, name: call.tool, input: {} }] }] },
  );
}
const says = (turn: number, stop: "end_turn" | "max_tokens" | "refusal" | "model_context_window_exceeded"): Answer =>
  told({ type: "model.answered", turn, stop, calls: [], report: null });
const blocked = (turn: number): Answer =>
  told({
    type: "model.answered",
    turn,
    stop: "tool_use",
    calls: [],
    report: { call: `r${turn}`, outcome: "blocked", notDone: ["the file is gone"] },
  });
const never = (signal: AbortSignal, id: string): Promise<Answer> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new EffectAborted(id))));

/** An answer after which the conversation is too long to be sent once more as it is. */
function filled(turn: number): Answer {
  const answer = callsRead(turn);
  return { ...answer, event: { ...answer.event, full: true } as Answer["event"] };
}
let overflows = 0;

/** What each task's agent is told, by the name of its task. */
const fates: Readonly<Record<string, ModelScript>> = {
  "backs-off": (turn, { effectId }) => (effectId.includes("0.2:") ? failsOnce(turn) : reports(turn)),
  "is-lost": (turn, { effectId }) =>
    effectId.includes("0.2:")
      ? told({ type: "model.failed", turn, reason: "lost", retry: true, delayMs: 0, counts: false })
      : reports(turn),
  fails: (turn) =>
    told({ type: "model.failed", turn, reason: "no such model", retry: false, delayMs: 0, counts: true }),
  "reports-nothing": (turn) => says(turn, "end_turn"),
  "is-cut": (turn) => (turn === 0 ? says(turn, "max_tokens") : reports(turn)),
  refuses: (turn) => says(turn, "refusal"),
  "is-full": (turn) => says(turn, "model_context_window_exceeded"),
  "is-blocked": (turn) => blocked(turn),
  "runs-out": (turn) => calls(turn, { risk: "read-only", repeat: "safe", tool: "Read" }),
  "is-rejected": (turn) => reports(turn, "wrong"),
  "is-corrected": (turn) => reports(turn, turn === 0 ? "wrong" : "right"),
  "is-long": (turn) => (turn === 0 ? filled(turn) : reports(turn)),
  "stays-long": (turn) => (turn === 0 ? filled(turn) : reports(turn)),
  "is-too-long": (turn) => {
    if (turn === 0) return callsRead(turn);
    overflows += 1;
    return overflows > 1
      ? reports(turn)
      : told({
          type: "model.failed",
          turn,
          reason: "too long",
          retry: false,
          delayMs: 0,
          counts: true,
          overflow: true,
        });
  },
};
for (const [id] of [["happened"], ["missed"], ["interrupted"], ["tool-fails"]] as const) {
  Object.assign(fates, { [id]: ((turn) => (turn === 0 ? calls(turn) : reports(turn))) satisfies ModelScript });
}

const taskOf = (actor: string): string => actor.replace(/^a_/, "").replace(/\.\d+$/, "");
const model: ModelScript = (turn, context) => (fates[taskOf(context.address.actor)] ?? reports)(turn, context as never);

let misses = 0;
const runs: Performer<"tool.run"> = (order, { address, effectId }) => {
  const fate = taskOf(address.actor);
  if (fate === "happened" || (fate === "missed" && misses === 0)) {
    return Promise.resolve(told({ type: "tool.unknown", call: order.call, effect: effectId, place: "here" }));
  }
  if (fate === "interrupted") {
    return Promise.resolve(
      told(
        { type: "tool.interrupted", call: order.call, reason: "nobody can tell" },
        { entries: result(order.call, "lost") },
      ),
    );
  }
  const ok = fate !== "tool-fails";
  return Promise.resolve(
    told({ type: "tool.finished", call: order.call, ok }, { entries: result(order.call, "done") }),
  );
};
const reconciles: Performer<"tool.reconcile"> = (order, { address }) => {
  const happened = taskOf(address.actor) === "happened";
  misses += happened ? 0 : 1;
  return Promise.resolve(
    told(
      { type: "tool.reconciled", call: order.call, happened },
      happened ? { entries: result(order.call, "it happened") } : {},
    ),
  );
};
const verifies: Performer<"result.verify"> = (_, { entries }) =>
  Promise.resolve(
    told(
      JSON.stringify(entries.at(-1)).includes("wrong")
        ? { type: "result.rejected", reasons: ["evidence[0]: no such line"] }
        : { type: "result.verified" },
    ),
  );
const compacts: Performer<"transcript.compact"> = ({ turn }, { address }) =>
  Promise.resolve(
    told(
      taskOf(address.actor) === "stays-long"
        ? { type: "compaction.failed", turn, reason: "what has to stay is most of it" }
        : { type: "transcript.compacted", turn },
    ),
  );
const world = {
  ...{ "tool.run": runs, "tool.reconcile": reconciles, "result.verify": verifies, "transcript.compact": compacts },
};

export const scenes: Readonly<Record<string, Scene>> = {
  /** Every way a single agent can go, side by side. */
  ways: async (hive, type) => {
    misses = 0;
    overflows = 0;
    await hive.worker(performersOf(model, world));
    const tight = { turnsMax: 3, remindersMax: 1, rejectionsMax: 1, attemptsMax: 2 };
    const graph = Object.keys(fates).map((id) => of(type, id, id === "runs-out" ? { ...tight, turnsMax: 1 } : tight));
    await hive.start("r_ways", graph, { tokensMax: 10_000_000, tolerateFailures: true });
    await hive.ended("r_ways");
    return "r_ways";
  },
  /** A second attempt, tasks that stand on others, and one that is skipped. */
  retry: async (hive, type) => {
    await hive.worker(
      performersOf((turn, context) =>
        context.address.actor === "a_a" || context.address.actor === "a_c"
          ? (fates.fails as ModelScript)(turn, context)
          : reports(turn),
      ),
    );
    const graph = [
      of(type, "a", {}, { attemptsMax: 2 }),
      of(type, "b", {}, { needs: ["a"] }),
      of(type, "c"),
      of(type, "d", {}, { needs: ["c"] }),
    ];
    await hive.start("r_retry", graph);
    await hive.ended("r_retry");
    return "r_retry";
  },
  /** Not enough money for the first call. */
  poor: async (hive, type) => {
    await hive.worker(performersOf(model));
    await hive.start("r_poor", [of(type, "a")], { tokensMax: 5 });
    await hive.ended("r_poor");
    return "r_poor";
  },
  /** Cancelled while one model call and one tool call are out, and one waits for its next attempt. */
  cancelled: async (hive, type) => {
    await hive.worker(
      performersOf(
        (turn, { address, signal, effectId }) => {
          if (address.actor === "a_runs") return calls(turn);
          if (address.actor !== "a_waits") return never(signal, effectId);
          return told({ type: "model.failed", turn, reason: "busy", retry: true, delayMs: 600_000, counts: true });
        },
        { "tool.run": (_, { signal, effectId }) => never(signal, effectId) },
      ),
    );
    const graph = [
      of(type, "thinks"),
      of(type, "runs"),
      of(type, "waits"),
      of(type, "planned", {}, { needs: ["runs"] }),
    ];
    await hive.start("r_cancelled", graph);
    const seen = (actor: string, to: string) =>
      hive.seen("r_cancelled", (event) => event.actor === actor && event.type === "agent.state" && event.to === to);
    await Promise.all([
      seen("a_thinks", "thinking.calling"),
      seen("a_runs", "executing"),
      seen("a_waits", "thinking.backingOff"),
    ]);
    const event = { type: "run.cancel", reason: "enough" } as { type: string };
    await hive.store.send({ run: "r_cancelled", actor: "a_coordinator", type: "coordinator" }, { id: "cancel", event });
    await hive.ended("r_cancelled");
    return "r_cancelled";
  },
  /** A person is asked, and says yes to one and no to another; an agent is paused and goes on; a run is parked. */
  people: async (hive, type) => {
    const say = (actor: string, event: AgentEvent) =>
      hive.store.send({ run: "r_people", actor, type }, { id: `${actor}.${event.type}`, event });
    await hive.worker(
      performersOf(async (turn, { address: { actor }, effectId }) => {
        if (turn > 0) return reports(turn);
        if (actor !== "a_pauses") return asksFor(turn, { effectId }, [{ call: "c0", command: "make all" }]);
        await say(actor, { type: "agent.pause" });
        await hive.seen("r_people", (event) => event.type === "message.taken" && event.cause === "agent.pause");
        return calls(turn);
      }),
    );
    const answer = async (actor: string, allowed: boolean): Promise<void> => {
      const asked = approvalsFrom(await hive.reader.approvals("r_people"), "running");
      const one = asked.find(({ agent }) => agent === actor);
      if (one === undefined) throw new Error(`nobody is asked about ${actor}`);
      await hive.store.answer({
        ...{ run: "r_people", approval: one.id, call: one.call, hash: one.hash, token: actor, allowed },
        ...{ by: "ana", reason: allowed ? "" : "not today", scope: "once", grant: null },
      });
    };
    const seen = (actor: string, to: string) =>
      hive.seen("r_people", (event) => event.actor === actor && event.type === "agent.state" && event.to === to);
    await hive.start("r_people", [of(type, "allowed"), of(type, "denied"), of(type, "pauses")]);
    await Promise.all([seen("a_allowed", "awaitingApproval"), seen("a_denied", "awaitingApproval")]);
    await hive.store.hold("r_people", "park", "asked");
    await answer("a_allowed", true);
    await answer("a_denied", false);
    await hive.store.hold("r_people", "resume", "asked");
    await seen("a_pauses", "paused");
    await say("a_pauses", { type: "agent.resume" });
    await hive.ended("r_people");
    return "r_people";
  },
  /** Work in a tree of the run's own, which a person lets be merged. */
  home: async (hive, type) => {
    const reason = "one look";
    const proposal: Proposal = {
      ...{ call: "merge", tool: "Merge", input: { files: 1 }, inputHash: "h", agentType: "coordinator" },
      ...{ risk: "mutating" as const, rule: "worktree.merge", reason, touches: [], policy: "p" },
    };
    const collected: { readonly type: string } = {
      ...{ type: "workspace.collected", files: 1, commit: "c0ffee", merge: "ask", reason },
    };
    await hive.worker(
      performersOf(model, {
        "workspace.collect": () => Promise.resolve({ event: collected, told: [], approvals: [proposal] }),
        "workspace.merge": () => Promise.resolve({ event: { type: "workspace.merged" }, told: [] }),
      }),
    );
    const isolation = { source: "/s", tree: "/t", gitDir: "/g", branch: "swarm/r_home", base: "ba5e" };
    await hive.start("r_home", [of(type, "a")], { config: { isolation } });
    await hive.seen("r_home", (event) => event.type === "agent.state" && event.to === "awaitingApproval");
    const [asked] = approvalsFrom(await hive.reader.approvals("r_home"), "running");
    if (asked === undefined) throw new Error("nobody is asked about the merge");
    await hive.store.answer({
      ...{ run: "r_home", approval: asked.id, call: asked.call, hash: asked.hash, token: "ana", allowed: true },
      ...{ by: "ana", reason: "", scope: "once", grant: null },
    });
    await hive.ended("r_home");
    return "r_home";
  },
  /** An agent is taken out of circulation, put back, and ends well. */
  death: async (hive, type) => {
    let asked = 0;
    const worker = await hive.worker(
      performersOf((turn, { signal, effectId }) => {
        asked += 1;
        return asked === 1 ? never(signal, effectId) : reports(turn);
      }),
    );
    await hive.start("r_death", [of(type, "a"), of(type, "b")]);
    await hive.seen("r_death", ({ type: told, actor }) => told === "model.called" && actor === "a_a");
    await hive.store.quarantine({ run: "r_death", actor: "a_a", type }, "claimed 11 times without one commit");
    await hive.ended("r_death");
    await worker.stop(0);
    return "r_death";
  },
  /** A run that goes on from the middle of another, with calls out. */
  forked: async (hive, type) => {
    misses = 0;
    await hive.worker(performersOf((turn) => (turn === 0 ? calls(turn) : reports(turn)), world));
    await hive.start("r_origin", [of(type, "a"), of(type, "b", {}, { needs: ["a"] })], { tokensMax: 1_000_000 });
    const { seq } = await hive.seen("r_origin", ({ type: told, actor }) => told === "tool.intended" && actor === "a_b");
    await hive.ended("r_origin");
    const order = { source: "r_origin", run: "r_forked", at: seq, changes: { deniedTools: [], turnsMax: 9 } };
    const { written } = await forkOf(hive.reader, machines, order);
    await createFork(hive.redis, hive.keys, written);
    await hive.ended("r_forked");
    return "r_forked";
  },
};
