/**
 * One attempt at one model call. Whatever the server or the wire does becomes an event; waiting and trying again are
 * the chart's. The answer's calls are judged here, before the machine sees them.
 */

import { approvalId, grantsFor, grantsFrom } from "../../../infra/approval.ts";
import { backoffMs } from "../../../infra/model/backoff.ts";
import type { CountPrompt } from "../../../infra/model/count-prompt.ts";
import { isSameModel } from "../../../infra/model/model-id.ts";
import type { Answered, Failed } from "../../../infra/model/outcome.ts";
import { isOverflow } from "../../../infra/model/overflow.ts";
import type { PriceRow, TokenPrice } from "../../../infra/model/prices.ts";
import type { TokenizerSource } from "../../../infra/model/token-count.ts";
import type { Grants } from "../../../infra/store-approvals.ts";
import { agentTypeNamed } from "../../types/index.ts";
import { type AskedModel, askModel, type GatedClient } from "../asked-model.ts";
import { isCacheTold, NO_COST, NOTHING, promptTokens, settlementOf, toldUsage } from "../call-cost.ts";
import { type CapabilitiesOf, capabilitiesFor, type RunCapabilities } from "../capabilities.ts";
import { isFull } from "../compaction-plan.ts";
import type { Entry } from "../conversation.ts";
import { type FanOut, type Turn, turnOf } from "../fan-out.ts";
import { judge } from "../judge.ts";
import type { Answer, PerformContext, Performer } from "../performer.ts";
import type { Given, Here } from "../permission-question.ts";
import { countedUnits } from "../prompt-estimate.ts";
import type { RunRow } from "../run-row.ts";
import { requestOf, type Session } from "../session.ts";
import { taintIn } from "../taint.ts";

export interface ModelAccess extends GatedClient {
  /** Null where nobody knows what the model costs. */
  /** `latched`: what the operator had said of prices when the run began; null: what this worker was told. */
  price(model: string, promptTokens: number, latched: readonly PriceRow[] | null): TokenPrice | null;
  /** How its prompts are counted here, before anybody is asked. */
  readonly tokenizer?: TokenizerSource;
  /** Whether its server is known to write summaries of its own (`compact-2026-09-04`). */
  readonly compacts?: boolean;
  /** Absent: its server is never asked what a prompt comes to. */
  readonly count?: CountPrompt;
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
  const { session, run, entries, grant, effectId } = context;
  if (session === null) throw new Error(`model call ${effectId} without a session`);
  const access = deps.access(run.binding);
  const request = requestOf(session, entries, grant?.outTokens ?? session.outTokens.wanted);
  const asked = await askModel(access, request, context, turn.began);
  if (asked.kind === "kept_back") return notCalled(order, context, asked);
  const { outcome, counts, leastWaitMs } = asked;
  const answer =
    outcome.kind === "answered"
      ? (substituted(order, context, session, outcome, access) ??
        (await answered(deps, order, context, session, outcome)))
      : failed(order, context, { ...outcome, counts, leastWaitMs }, access);
  return { ...answer, told: [...answer.told, ...asked.told] };
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
  const { binding, config } = context.run;
  const price = deps.access(binding).price(session.model, promptTokens(usage), config.prices);
  const settle = settlementOf(usage, price);
  const entry: Entry = {
    role: "assistant",
    content: [...message.content],
    tokens: settle.tokens,
    model: message.model,
    message: message.id,
  };
  const units = unitsOf(deps.access(context.run.binding), session, context.entries, entry);
  return {
    event: {
      type: "model.answered",
      turn: order.turn,
      stop: message.stopReason,
      calls: verdict.calls.map((call) =>
        call.status === "asking" ? { ...call, approval: approvalId(context.effectId, call.id) } : call,
      ),
      report: verdict.report,
      ...(isFull(session, context.entries, settle.tokens) ? { full: true } : {}),
    } as Answer["event"],
    entries: message.content.length === 0 ? verdict.entries : [{ ...entry, ...units }, ...verdict.entries],
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
        ...(message.simulated === undefined ? {} : { simulated: true as const }),
        ...(message.cacheMiss === undefined ? {} : { cacheMiss: message.cacheMiss }),
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

/** Nothing where nobody has counted in this process: the next estimate then starts from what is known of the model. */
function unitsOf(
  { tokenizer }: ModelAccess,
  session: Session,
  entries: readonly Entry[],
  answer: Entry,
): Pick<Entry, "units"> {
  const loaded = tokenizer?.loaded() ?? null;
  return loaded === null ? {} : { units: countedUnits(session, entries, answer, loaded) };
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
  const outcome = { usage, mayBeBilled: false, reason: "substitute", message: said, retry: false, counts: true };
  return failed(order, context, outcome, access);
}

type Failure = Omit<Failed, "kind" | "reason" | "requestId"> & {
  readonly reason: string;
  readonly counts: boolean;
  readonly leastWaitMs?: number;
};

function failed(order: Order, context: PerformContext, outcome: Failure, access: ModelAccess): Answer {
  const { usage, mayBeBilled, reason, message, retry, counts, retryAfterMs, leastWaitMs = 0 } = outcome;
  const { run, session, grant, effectId, entries } = context;
  const shown = settlementOf(usage, access.price(session?.model ?? run.model, promptTokens(usage), run.config.prices));
  // A call that was cut may be billed for more than its stream had shown; the reservation is the safe side.
  const settle =
    mayBeBilled && grant !== null
      ? { ...shown, tokens: Math.max(shown.tokens, grant.tokens), nanoUsd: Math.max(shown.nanoUsd, grant.nanoUsd) }
      : shown;
  const ownMs = backoffMs({ attempt: order.attempt + 1, retryAfterMs, seed: effectId });
  const delayMs = Math.max(ownMs, leastWaitMs);
  return {
    event: {
      type: "model.failed",
      turn: order.turn,
      reason: `${reason}: ${message}`,
      retry,
      delayMs,
      counts,
      // A first request has nothing that could be left out: its failure is the server's word.
      ...(isOverflow(outcome) && entries.some(({ role }) => role === "assistant") ? { overflow: true } : {}),
    } as Answer["event"],
    settle,
    told: [
      { type: "model.failed", effect: effectId, turn: order.turn, reason, message, retry, usage: toldUsage(usage) },
      ...(retry ? [{ type: "retry.scheduled" as const, turn: order.turn, attempt: order.attempt + 1, delayMs }] : []),
    ],
  };
}

/** It never reached the model: it costs nothing, and none of the agent's attempts. */
function notCalled(
  order: Order,
  { effectId }: PerformContext,
  { reason, message, delayMs, retry, told }: Extract<AskedModel, { kind: "kept_back" }>,
): Answer {
  const { turn, attempt } = order;
  return {
    event: { type: "model.failed", turn, reason: message, retry, delayMs, counts: false } as Answer["event"],
    settle: NO_COST,
    told: [
      ...told,
      { type: "model.failed", effect: effectId, turn, reason, message, retry, usage: NOTHING },
      ...(retry ? [{ type: "retry.scheduled" as const, turn, attempt, delayMs }] : []),
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
