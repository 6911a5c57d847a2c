/** An imitation of models, tools and verifiers: what they answer is drawn from the seed, and so is when. */
import { type Answer, EffectAborted, type PerformContext, type Performers } from "../../actors/runtime/performer.ts";
import { approvalId } from "../../infra/approval.ts";
import type { Settlement } from "../../infra/store.ts";
import type { Call } from "../../machines/agent-calls.ts";
import { toolNamed, tools } from "../../registry/tools/index.ts";
import { noErrands } from "../support/errands-out.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import { finished, reconcile, type UnsafeParts, unsafeRun } from "./unsafe-tool.ts";
import type { SimWorker } from "./worker.ts";

const SAFE_TOOL = "Read";
export const UNSAFE_TOOL = "Bash";

/** The simulation needs an unsafe tool by name; where the catalogue has none yet, it has this one. */
export function withUnsafeTool(): void {
  const read = toolNamed(SAFE_TOOL);
  if (toolNamed(UNSAFE_TOOL) !== undefined || read === undefined) return;
  (tools as (typeof read)[]).push({ ...read, name: UNSAFE_TOOL, risk: "destructive", repeat: "unsafe" });
}

export interface ImitationParts extends UnsafeParts {
  readonly faults: Faults;
  /** Turns after which an agent reports. */
  readonly turns: number;
  /** Somebody will say yes or no to this call. */
  readonly asked: (context: PerformContext, call: string) => void;
}

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
  outTokens: { wanted: 1_000, least: 200 },
  policy: "p",
  grants: [],
  deniedTools: [],
};

export function imitation(parts: ImitationParts): (worker: SimWorker) => Performers {
  const { random, faults } = parts;
  return (worker) => {
    const work = async (mostMs: number, { effectId, signal }: PerformContext): Promise<void> => {
      await worker.step(random.below(mostMs));
      if (signal.aborted) throw new EffectAborted(effectId);
      if (faults.strikes("broken performer")) throw new Error("a performer broke");
    };
    const unsafe = unsafeRun(parts, worker);
    return {
      ...noErrands,
      "session.assemble": async (order, context) => {
        const { run } = context.address;
        const [briefs, results] = await Promise.all([
          worker.store.briefs(run, [order.task]),
          worker.store.results(run, order.standsOn),
        ]);
        const missing = order.standsOn.filter((id) => !results.has(id));
        if (missing.length > 0 || !briefs.has(order.task)) {
          const reason = `missing: ${missing.join(", ")}`;
          return { event: { type: "session.refused", reason } as Answer["event"], told: [] };
        }
        const entries = [{ role: "user" as const, content: [{ type: "text", text: "go" }] }];
        return { event: { type: "session.assembled" }, session, entries, told: [] };
      },
      "model.call": async (order, context) => {
        await work(random.chance(0.05) ? 20_000 : 800, context);
        return random.chance(0.12) ? failed(parts, order, context) : answered(parts, order, context);
      },
      "tool.run": async (order, context) => {
        if (order.tool === UNSAFE_TOOL) return unsafe(order, context);
        await work(300, context);
        return finished(order, context.effectId, random.chance(0.9));
      },
      "tool.reconcile": reconcile(parts, worker),
      "workspace.collect": () => Promise.reject(new Error("no run here has a tree of its own")),
      "workspace.merge": () => Promise.reject(new Error("no run here has a tree of its own")),
      "result.verify": async (_, context) => {
        await work(50, context);
        if (random.chance(0.9)) return { event: { type: "result.verified" }, told: [] };
        return { event: { type: "result.rejected", reasons: ["it does not hold"] } as Answer["event"], told: [] };
      },
    };
  };
}

/** Of every call. */
export const INPUT = { file_path: "a" };

type ModelOrder = { readonly turn: number; readonly attempt: number };

function answered(parts: ImitationParts, order: ModelOrder, context: PerformContext): Answer {
  const { random, turns } = parts;
  const { effectId } = context;
  const name = (n: number): string => `${effectId.slice(effectId.indexOf("/") + 1)}.${n}`;
  const last = order.turn >= turns;
  const silent = random.chance(0.05);
  const made = last || silent ? [] : callsOf(random, name);
  const calls = made.map((call) =>
    call.status === "asking" ? { ...call, approval: approvalId(effectId, call.id) } : call,
  );
  const asking = calls.filter(({ status }) => status === "asking");
  for (const { id } of asking) parts.asked(context, id);
  const outcome = random.chance(0.95) ? ("done" as const) : ("blocked" as const);
  const report = last && !silent ? { call: name(9), outcome, notDone: [] } : null;
  const settle = used(random, context);
  const input = { outcome, value: { summary: "s" }, evidence: [], notDone: [] };
  const content = [
    ...calls.map(({ id, tool }) => ({ type: "tool_use", id, name: tool, input: INPUT })),
    ...(report === null ? [] : [{ type: "tool_use", id: report.call, name: "Report", input }]),
    { type: "text", text: "so" },
  ];
  const stop = calls.length > 0 || report !== null ? "tool_use" : "end_turn";
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = settle;
  return {
    event: { type: "model.answered", turn: order.turn, stop, calls, report } as Answer["event"],
    entries: [{ role: "assistant", content, tokens: settle.tokens, model: "m" }],
    settle,
    approvals: asking.map(({ id, tool, inputHash }) => ({
      ...{ call: id, tool, input: INPUT, inputHash, agentType: "explore", risk: "unknown" as const },
      ...{ rule: "r", reason: "why", touches: [], policy: "p" },
    })),
    audit: calls.map(({ id, tool, risk }) => ({ call: id, tool, risk, effect: effectId })) as never,
    told: [
      {
        type: "model.answered",
        effect: effectId,
        turn: order.turn,
        stop,
        calls: calls.length,
        model: "m",
        transcript: context.entries.length,
        usage: { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens },
      },
    ],
  };
}

function callsOf(random: Random, name: (n: number) => string): Call[] {
  return Array.from({ length: random.between(1, 3) }, (_, n): Call => {
    const unsafe = random.chance(0.55);
    return {
      id: name(n),
      tool: unsafe ? UNSAFE_TOOL : SAFE_TOOL,
      inputHash: "h",
      risk: unsafe ? "destructive" : "read-only",
      repeat: unsafe ? "unsafe" : "safe",
      status: random.chance(0.06) ? "refused" : unsafe && random.chance(0.1) ? "asking" : "judged",
    };
  });
}

/** Never more than was granted. */
function used(random: Random, { grant }: PerformContext): Settlement {
  const share = random.next();
  const outputTokens = Math.floor((grant?.outTokens ?? 0) * share);
  return {
    tokens: 100 + outputTokens,
    nanoUsd: 300 + 15 * outputTokens,
    inputTokens: 100,
    outputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    calls: 1,
    unpriced: 0,
  };
}

function failed({ random }: ImitationParts, order: ModelOrder, context: PerformContext): Answer {
  const retry = random.chance(0.95);
  const delayMs = random.chance(0.3) ? random.below(8_000) : random.below(400);
  const { effectId, grant } = context;
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const reason = "overloaded";
  return {
    event: { type: "model.failed", turn: order.turn, reason, retry, delayMs, counts: true } as Answer["event"],
    settle: { ...usage, tokens: grant === null ? 0 : random.below(grant.tokens), nanoUsd: 0, calls: 1, unpriced: 0 },
    told: [{ type: "model.failed", effect: effectId, turn: order.turn, reason, message: reason, retry, usage }],
  };
}
