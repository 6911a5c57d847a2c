/**
 * One attempt at one model call. Whatever the server or the wire does becomes an event; waiting and trying again are
 * the chart's. The answer's calls are judged here, before the machine sees them.
 */

import { approvalId, grantsFor, grantsFrom } from "../../../infra/approval.ts";
import type { ModelClient } from "../../../infra/model/anthropic.ts";
import { backoffMs } from "../../../infra/model/backoff.ts";
import { isSameModel } from "../../../infra/model/model-id.ts";
import type { Answered, Failed, Usage } from "../../../infra/model/outcome.ts";
import { costNanoUsd, type TokenPrice } from "../../../infra/model/prices.ts";
import type { Settlement } from "../../../infra/store.ts";
import type { Grants } from "../../../infra/store-approvals.ts";
import type { Usage as ToldUsage } from "../../../machines/events/model.ts";
import { agentTypeNamed } from "../../types/index.ts";
import type { Breaker } from "../breaker.ts";
import { type CapabilitiesOf, capabilitiesFor, type RunCapabilities } from "../capabilities.ts";
import type { Entry } from "../conversation.ts";
import { type FanOut, type Turn, turnOf } from "../fan-out.ts";
import { judge } from "../judge.ts";
import { type Answer, EffectAborted, type PerformContext, type Performer } from "../performer.ts";
import type { Given, Here } from "../permission-question.ts";
import type { RunRow } from "../run-row.ts";
import { requestOf, type Session } from "../session.ts";
import { taintIn } from "../taint.ts";

export interface ModelAccess {
  readonly client: ModelClient;
  readonly breaker: Breaker;
  /** Null where nobody knows what the model costs. */
  price(model: string, promptTokens: number): TokenPrice | null;
}

export interface ModelCallDeps {
  /** Throws where this worker has no access by that name; a claim never lets such a run in. */
  access(binding: string): ModelAccess;
  /** Rights given in this run, with the store's time. Absent: there are none. */
  readonly grants?: (run: string) => Promise<Grants>;
  /** What is true on this worker, for the rules. */
  readonly here?: Here;
  /** What the run latched beyond the built-in tools. Absent: nothing. */
  readonly capabilities?: CapabilitiesOf;
  /** Tools of the run that were taken out since, by name, with the reason. */
  readonly quarantined?: (run: RunRow) => Promise<ReadonlyMap<string, string>>;
  /** Absent: agents that begin together do not wait for each other. */
  readonly fanOut?: FanOut;
}

type Order = Parameters<Performer<"model.call">>[0];

export function modelCall(deps: ModelCallDeps): Performer<"model.call"> {
  return async (order, context) => {
    const turn = await turnOf(deps.fanOut, context);
    try {
      return await called(deps, order, context, turn);
    } finally {
      turn.ended();
    }
  };
}

async function called(deps: ModelCallDeps, order: Order, context: PerformContext, turn: Turn): Promise<Answer> {
  const { session, run, entries, grant, signal, effectId } = context;
  if (session === null) throw new Error(`model call ${effectId} without a session`);
  const access = deps.access(run.binding);
  const gate = access.breaker.ask();
  if (!gate.open) {
    const request = requestOf(session, entries, grant?.outTokens ?? session.outTokens.wanted);
    const outcome = await access.client.call(request, { signal, onDelta: turn.began });
    if (outcome.kind === "failed" && outcome.reason === "aborted") throw new EffectAborted(effectId);
    const changed = access.breaker.tell(outcome.kind === "answered" || !outcome.retry);
    const answer =
      outcome.kind === "answered"
        ? (substituted(order, context, session, outcome, access) ??
          (await answered(deps, order, context, session, outcome)))
        : failed(order, context, outcome, access);
    return changed === null ? answer : { ...answer, told: [...answer.told, { type: "breaker.changed", ...changed }] };
  }
  return notCalled(order, context, `breaker ${gate.name} is open`, gate.waitMs);
}

async function answered(
  deps: ModelCallDeps,
  order: Order,
  context: PerformContext,
  session: Session,
  outcome: Answered,
): Promise<Answer> {
  const { message, usage, requestId } = outcome;
  const { actor, type: base } = context.address;
  const capabilities = await capabilitiesFor(deps.capabilities, context);
  const type =
    session.profile === null ? agentTypeNamed(session.agentType) : capabilities.agentType(base, session.profile);
  if (type === undefined) throw new Error(`session of an unknown agent type: ${session.agentType}`);
  const verdict = judge(message.content, type, session, context.run, {
    ...(await givenTo(session, capabilities, deps, context)),
    taint: taintIn(context.entries),
    actor,
    named: capabilities.named,
  });
  const settle = settlementOf(usage, 1, deps.access(context.run.binding).price(session.model, promptTokens(usage)));
  const entry: Entry = {
    role: "assistant",
    content: [...message.content],
    tokens: settle.tokens,
    model: message.model,
  };
  return {
    event: {
      type: "model.answered",
      turn: order.turn,
      stop: message.stopReason,
      calls: verdict.calls.map((call) =>
        call.status === "asking" ? { ...call, approval: approvalId(context.effectId, call.id) } : call,
      ),
      report: verdict.report,
    } as Answer["event"],
    entries: message.content.length === 0 ? verdict.entries : [entry, ...verdict.entries],
    settle,
    audit: verdict.audit.map((row) => ({
      ...row,
      said: context.entries.length,
      ...(row.decision === "ask" ? { approval: approvalId(context.effectId, row.call) } : {}),
    })),
    ...(verdict.approvals.length === 0 ? {} : { approvals: verdict.approvals }),
    told: [
      {
        type: "model.answered",
        effect: context.effectId,
        turn: order.turn,
        stop: message.stopReason,
        calls: verdict.calls.length,
        model: message.model,
        ...(requestId === null ? {} : { request: requestId }),
        transcript: context.entries.length,
        usage: { ...toldUsage(usage), ...(isCacheTold(usage) ? {} : { cacheUntold: true as const }) },
      },
      ...verdict.told,
    ],
  };
}

/** Grants are read where the agent has a tool that does more than look: nobody else can be given anything. */
async function givenTo(
  { tools, deferred }: Session,
  { named }: RunCapabilities,
  { grants, quarantined, here = {} }: ModelCallDeps,
  { run, address }: PerformContext,
): Promise<Given> {
  const known = quarantined === undefined ? here : { ...here, quarantined: await quarantined(run) };
  const acts = [...tools.map(({ name }) => name), ...deferred].some((name) => named(name)?.risk !== "read-only");
  if (!acts || grants === undefined) return known;
  const { nowMs, fields } = await grants(address.run);
  return { ...known, grants: grantsFor(grantsFrom(run.config.grants, fields), address.actor, nowMs), nowMs };
}

/** Where the run forbids it, an answer of another model is none; it was made, and is paid for. Null: it may count. */
function substituted(
  order: Order,
  context: PerformContext,
  { model: asked }: Session,
  { message, usage }: Answered,
  access: ModelAccess,
): Answer | null {
  if (context.run.config.fallback !== "forbid" || isSameModel(message.model, asked)) return null;
  const said = `${asked} was asked and ${message.model} answered, which this run forbids`;
  const outcome = { usage, mayBeBilled: false, reason: "substitute", message: said, retry: false };
  return failed(order, context, outcome, access);
}

type Failure = Omit<Failed, "kind" | "reason" | "requestId"> & { readonly reason: string };

function failed(order: Order, context: PerformContext, outcome: Failure, access: ModelAccess): Answer {
  const { usage, mayBeBilled, reason, message, retry } = outcome;
  const { run, session, grant, effectId } = context;
  const shown = settlementOf(usage, 1, access.price(session?.model ?? run.model, promptTokens(usage)));
  // A call that was cut may be billed for more than its stream had shown; the reservation is the safe side.
  const settle =
    mayBeBilled && grant !== null
      ? { ...shown, tokens: Math.max(shown.tokens, grant.tokens), nanoUsd: Math.max(shown.nanoUsd, grant.nanoUsd) }
      : shown;
  const delayMs = backoffMs({ attempt: order.attempt + 1, retryAfterMs: outcome.retryAfterMs, seed: effectId });
  return {
    event: {
      type: "model.failed",
      turn: order.turn,
      reason: `${reason}: ${message}`,
      retry,
      delayMs,
      counts: true,
    } as Answer["event"],
    settle,
    told: [
      { type: "model.failed", effect: effectId, turn: order.turn, reason, message, retry, usage: toldUsage(usage) },
      ...(retry ? [{ type: "retry.scheduled" as const, turn: order.turn, attempt: order.attempt + 1, delayMs }] : []),
    ],
  };
}

const NOTHING: ToldUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const NO_COST: Settlement = {
  tokens: 0,
  nanoUsd: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 0,
  unpriced: 0,
};

function notCalled(order: Order, { effectId }: PerformContext, reason: string, delayMs: number): Answer {
  return {
    event: { type: "model.failed", turn: order.turn, reason, retry: true, delayMs, counts: false } as Answer["event"],
    settle: NO_COST,
    told: [
      {
        type: "model.failed",
        effect: effectId,
        turn: order.turn,
        reason: "breaker_open",
        message: reason,
        retry: true,
        usage: NOTHING,
      },
      { type: "retry.scheduled", turn: order.turn, attempt: order.attempt, delayMs },
    ],
  };
}

type Charged = Pick<PerformContext, "effectId" | "grant">;

/** What is said of a call whose worker died: nobody knows the answer, so the whole reservation is charged. */
export function lostCall(order: Order, charged: Charged): Answer {
  return withoutAnswer(order, charged, {
    reason: "lost",
    message: "its worker is gone; no answer was committed",
    counts: false,
    delayMs: 0,
  });
}

/** What is said of a call that broke in our own hands. */
export function brokenCall(order: Order, charged: Charged, message: string): Answer {
  const delayMs = backoffMs({ attempt: order.attempt + 1, seed: charged.effectId });
  return withoutAnswer(order, charged, { reason: "broken", message, counts: true, delayMs });
}

function withoutAnswer(
  order: Order,
  { effectId, grant }: Charged,
  { reason, message, counts, delayMs }: { reason: string; message: string; counts: boolean; delayMs: number },
): Answer {
  return {
    event: {
      type: "model.failed",
      turn: order.turn,
      reason: `${reason}: ${message}`,
      retry: true,
      delayMs,
      counts,
    } as Answer["event"],
    settle: { ...NO_COST, tokens: grant?.tokens ?? 0, nanoUsd: grant?.nanoUsd ?? 0 },
    told: [
      { type: "model.failed", effect: effectId, turn: order.turn, reason, message, retry: true, usage: NOTHING },
      { type: "retry.scheduled", turn: order.turn, attempt: order.attempt + 1, delayMs },
    ],
  };
}

const promptTokens = (usage: Usage): number =>
  usage.inputTokens + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);

const isCacheTold = ({ cacheReadTokens, cacheWriteTokens }: Usage): boolean =>
  cacheReadTokens !== null || cacheWriteTokens !== null;

function settlementOf(usage: Usage, calls: number, price: TokenPrice | null): Settlement {
  const { inputTokens, outputTokens } = usage;
  return {
    tokens: promptTokens(usage) + outputTokens,
    nanoUsd: price === null ? 0 : costNanoUsd(usage, price),
    inputTokens,
    outputTokens,
    cacheReadTokens: usage.cacheReadTokens ?? 0,
    cacheWriteTokens: usage.cacheWriteTokens ?? 0,
    calls,
    unpriced: price === null ? calls : 0,
  };
}

const toldUsage = (usage: Usage): ToldUsage => ({
  inputTokens: usage.inputTokens,
  outputTokens: usage.outputTokens,
  cacheReadTokens: usage.cacheReadTokens ?? 0,
  cacheWriteTokens: usage.cacheWriteTokens ?? 0,
  ...(usage.estimated ? { estimated: true } : {}),
});
