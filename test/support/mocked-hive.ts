/**
 * The real runtime on a real Redis with performers that a test steers: what is mocked is the world, never the core.
 */
import { Redis } from "ioredis";
import { inputHashOf } from "../../actors/runtime/judge.ts";
import { newRun, type RunPlan } from "../../actors/runtime/new-run.ts";
import type { Answer, PerformContext, Performers } from "../../actors/runtime/performer.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { createRuntime, type Runtime } from "../../actors/runtime/runtime.ts";
import { explore } from "../../actors/types/explore.ts";
import { approvalId } from "../../infra/approval.ts";
import { openLog } from "../../infra/log.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { openReader } from "../../infra/redis/reader.ts";
import { redisStore } from "../../infra/redis/store.ts";
import type { Call } from "../../machines/agent-calls.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import { noErrands } from "./errands-out.ts";
import { openGate } from "./open-gate.ts";
import { startRedis } from "./redis.ts";

const BINDING = "mocked";

export type ModelScript = (turn: number, context: PerformContext) => Promise<Answer> | Answer;

export const task = (id: string, needs: string[] = [], attemptsMax = 1): PlannedTask => ({
  id,
  agentType: "explore",
  needs,
  limits: explore.limits,
  attemptsMax,
});

/** An answer that makes one read-only call. */
export const callsRead = (turn: number, call = `c${turn}`): Answer => ({
  event: {
    type: "model.answered",
    turn,
    stop: "tool_use",
    report: null,
    calls: [{ id: call, tool: "Read", inputHash: "h", risk: "read-only", repeat: "safe", status: "judged" }],
  } as Answer["event"],
  entries: [{ role: "assistant", content: [{ type: "tool_use", id: call, name: "Read", input: { file_path: "a" } }] }],
  told: [],
});

export const reports = (turn: number, summary = "done"): Answer => ({
  event: {
    type: "model.answered",
    turn,
    stop: "tool_use",
    calls: [],
    report: { call: `r${turn}`, outcome: "done", notDone: [] },
  } as Answer["event"],
  entries: [
    {
      role: "assistant",
      content: [
        {
          type: "tool_use",
          id: `r${turn}`,
          name: "Report",
          input: { outcome: "done", value: { summary }, evidence: [], notDone: [] },
        },
      ],
    },
  ],
  told: [],
});

/** A failure after which the model is asked again at once. */
export const failsOnce = (turn: number): Answer => ({
  event: { type: "model.failed", turn, reason: "busy", retry: true, delayMs: 5, counts: true } as Answer["event"],
  told: [],
});

const session = {
  v: 1 as const,
  agentType: "explore",
  task: "t",
  model: "m",
  system: [],
  tools: [],
  deferred: [],
  profile: null,
  contract: {},
  outTokens: { wanted: 100, least: 10 },
  policy: "p",
  grants: [],
  deniedTools: [],
};

/** Performers that ask `model` and answer every tool call at once; `over` replaces single ones. */
export function performersOf(model: ModelScript, over: Partial<Performers> = {}): Performers {
  return {
    ...noErrands,
    "session.assemble": () =>
      Promise.resolve({
        event: { type: "session.assembled" },
        session,
        entries: [{ role: "user", content: [{ type: "text", text: "go" }] }],
        told: [],
      }),
    "model.call": async (order, context) => model(order.turn, context),
    "tool.run": (order) =>
      Promise.resolve({
        event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
        entries: [{ role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "found" }] }],
        told: [],
      }),
    "tool.reconcile": (order) =>
      Promise.resolve({
        event: { type: "tool.interrupted", call: order.call, reason: "nobody can tell" } as Answer["event"],
        entries: [{ role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "lost" }] }],
        told: [],
      }),
    "workspace.collect": () => Promise.reject(new Error("no run here has a tree of its own")),
    "workspace.merge": () => Promise.reject(new Error("no run here has a tree of its own")),
    "result.verify": () => Promise.resolve({ event: { type: "result.verified" }, told: [] }),
    ...over,
  };
}

export type Hive = Awaited<ReturnType<typeof openMockedHive>>;

export async function openMockedHive() {
  const server = await startRedis({ fsync: "everysec" });
  const redis = new Redis({ ...server.options, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  const keys = keysFor("swarm");
  const store = redisStore(redis, keys);
  const reader = openReader(redis, keys);
  const runtimes: Runtime[] = [];

  const events = async (run: string): Promise<LoggedEvent[]> => {
    const all: LoggedEvent[] = [];
    for await (const entry of entriesOf(reader, run)) all.push(...entry.events);
    return all;
  };

  return {
    server,
    redis,
    keys,
    store,
    reader,
    events,
    /** A worker in this process. */
    async worker(performers: Performers, binding = BINDING): Promise<Runtime> {
      const access = { client: {} as never, ...openGate(), price: () => null };
      const runtime = createRuntime({
        redis,
        keys,
        accesses: new Map([[binding, access]]),
        concurrency: 16,
        log: openLog("silent"),
        performers,
      });
      runtimes.push(runtime);
      await runtime.start();
      return runtime;
    },
    async start(run: string, graph: PlannedTask[], over: Partial<RunPlan> = {}): Promise<void> {
      const plan: RunPlan = {
        run,
        goal: "test",
        kind: "run",
        graph,
        briefs: {},
        model: "m",
        binding: BINDING,
        workspace: "/",
        config: { deniedTools: [], turnsMax: null, outTokensMax: null },
        parallelMax: 8,
        tolerateFailures: false,
        options: {},
        ...over,
      };
      await store.create(newRun(plan));
    },
    /** Resolves when the run has an event that fits. Rejects where it ends without one, naming what it had. */
    async seen(run: string, fits: (event: LoggedEvent) => boolean): Promise<LoggedEvent> {
      let lastSeq = 0;
      for (;;) {
        for await (const entry of entriesOf(reader, run, lastSeq)) {
          const found = entry.events.find(fits);
          if (found !== undefined) return found;
          lastSeq = entry.events.at(-1)?.seq ?? lastSeq;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async ended(run: string): Promise<string> {
      for (;;) {
        const status = (await reader.run(run))?.fields.status;
        if (status !== undefined && status !== "running") return status;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async close(): Promise<void> {
      for (const runtime of runtimes) await runtime.stop(0);
      reader.close();
      redis.disconnect();
      await server.stop();
    },
  };
}

/** A promise that a test settles. */
export function deferred<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (cause: unknown) => void = () => {};
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

export interface AskedCall {
  readonly call: string;
  readonly command: string;
  readonly risk?: "mutating" | "destructive";
}

/** An answer that makes changing calls somebody is asked about; `after` are calls that need no asking, in order behind. */
export function asksFor(
  turn: number,
  { effectId }: Pick<PerformContext, "effectId">,
  asked: readonly AskedCall[],
  after: readonly Call[] = [],
): Answer {
  const inputOf = ({ command }: AskedCall) => ({ command });
  const calls: Call[] = asked.map((one) => ({
    id: one.call,
    tool: "Bash",
    inputHash: inputHashOf(inputOf(one)),
    risk: one.risk ?? "mutating",
    repeat: "safe",
    status: "asking",
    approval: approvalId(effectId, one.call),
  }));
  return {
    event: {
      type: "model.answered",
      turn,
      stop: "tool_use",
      report: null,
      calls: [...calls, ...after],
    } as Answer["event"],
    entries: [
      {
        role: "assistant",
        content: [
          ...asked.map((one) => ({ type: "tool_use", id: one.call, name: "Bash", input: inputOf(one) })),
          ...after.map(({ id, tool }) => ({ type: "tool_use", id, name: tool, input: { file_path: "a" } })),
        ],
      },
    ],
    told: [],
    approvals: asked.map((one) => ({
      call: one.call,
      tool: "Bash",
      input: inputOf(one),
      inputHash: inputHashOf(inputOf(one)),
      agentType: "explore",
      risk: one.risk ?? "mutating",
      rule: "silence",
      reason: "no rule knows it",
      touches: one.risk === "destructive" ? ["everything"] : [],
      policy: "p",
    })),
  };
}
