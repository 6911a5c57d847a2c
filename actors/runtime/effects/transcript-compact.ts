/**
 * Makes an agent's conversation shorter: a summary by the server or by the agent's own model, or a list made by rule. Its
 * answer is one marker entry or none at all, so that a crash leaves the conversation as it was or as it is to be.
 */

import { COMPACTION_BLOCK, isRecord, type ModelMessage, textOf } from "../../../infra/model/message.ts";
import { isSameModel } from "../../../infra/model/model-id.ts";
import type { Answered, Failed } from "../../../infra/model/outcome.ts";
import { COMPACTION_BETA, type ModelRequest } from "../../../infra/model/request.ts";
import type { Grant, Settlement } from "../../../infra/store.ts";
import type { RunEvent } from "../../../machines/run-event.ts";
import { SUMMARY_INSTRUCTION } from "../../../machines/summary-request.ts";
import { askModel } from "../asked-model.ts";
import { NO_COST, promptTokens, settlementOf, toldUsage } from "../call-cost.ts";
import {
  asksModel,
  type Compacted,
  type Cut,
  compactedBy,
  cutOf,
  noCutOf,
  type Stand,
  summaryTokens,
} from "../compaction-plan.ts";
import type { Answer, PerformContext, Performer } from "../performer.ts";
import { requestOf, type Session } from "../session.ts";
import { keptSummary, listedByRule } from "../summary-words.ts";
import type { ModelCallDeps } from "./model-call.ts";

type Order = Parameters<Performer<"transcript.compact">>[0];
type Deps = Pick<ModelCallDeps, "access">;

export function transcriptCompact(deps: Deps): Performer<"transcript.compact"> {
  return async (order, context) => {
    const { session, entries, grant, effectId } = context;
    if (session === null) throw new Error(`compaction ${effectId} without a session`);
    if (!asksModel(order, session)) return byRule(order, context, session);
    const cut = cutOf(session, entries);
    const free = grant === null ? {} : { settle: NO_COST };
    if (cut === null) return failed(order, context, "there is nothing yet that could be left out", free);
    // What no summary could make much shorter, nobody is asked to sum up.
    if (compactedBy(session, entries, cut, { by: "own", summary: "" }) === null) {
      return failed(order, context, "what has to stay is most of it", free);
    }
    return summarised(deps, order, context, session, cut);
  };
}

/** First without the oldest turns; where that is not enough, the results that stay are shown by their ends. */
function byRule(order: Order, context: PerformContext, session: Session): Answer {
  const { entries } = context;
  const cut = cutOf(session, entries);
  const wider = cut ?? noCutOf(entries);
  const stand = ({ to }: Cut): Stand => ({ by: "rule", summary: listedByRule(entries, to) });
  const made =
    (cut === null ? null : compactedBy(session, entries, cut, stand(cut))) ??
    (wider === null ? null : compactedBy(session, entries, wider, { ...stand(wider), cutResults: true }));
  if (made === null) return failed(order, context, "no rule makes it shorter by a good part");
  return done(order, context, made);
}

async function summarised(
  { access }: Deps,
  order: Order,
  context: PerformContext,
  session: Session,
  cut: Cut,
): Promise<Answer> {
  const { run, entries, grant } = context;
  const way = access(run.binding);
  const wish = session.compaction?.with;
  const byServer = wish === "server" || (wish === "auto" && way.compacts === true);
  const request = byServer ? serverRequest(context, session, cut) : ownRequest(context, session);
  let asked = await askModel(way, request, context);
  if (byServer && wish === "auto" && asked.kind === "asked" && isNotOffered(asked.outcome)) {
    // It has said that it does not do this, and billed nothing: the same money pays for a summary of our own.
    asked = await askModel(way, ownRequest(context, session), context);
    return answeredBy("own");
  }
  return answeredBy(byServer ? "server" : "own");

  function answeredBy(by: "server" | "own"): Answer {
    if (asked.kind === "kept_back") {
      return failed(order, context, asked.message, { settle: NO_COST, told: asked.told });
    }
    const { outcome, told } = asked;
    const { usage } = outcome;
    const shown = settlementOf(usage, way.price(session.model, promptTokens(usage), run.config.prices));
    if (outcome.kind === "failed") {
      const settle = outcome.mayBeBilled ? atLeast(shown, grant) : shown;
      return failed(order, context, `${outcome.reason}: ${outcome.message}`, { settle, told, outcome });
    }
    const paid: Paid = { settle: shown, told, outcome };
    const { fallback } = run.config;
    if (fallback === "forbid" && !isSameModel(outcome.message.model, session.model)) {
      const why = `${session.model} was asked and ${outcome.message.model} answered, which this run forbids`;
      return failed(order, context, why, paid);
    }
    const stand = by === "server" ? signedIn(outcome) : writtenIn(outcome);
    if (typeof stand === "string") return failed(order, context, stand, paid);
    const made = compactedBy(session, entries, cut, stand);
    if (made === null) return failed(order, context, "the prompt would not become shorter by a good part", paid);
    return done(order, context, made, paid);
  }
}

/** Byte for byte what the model was sent last, with one block more: all of it can be read from the cache. */
function ownRequest({ entries, grant }: PerformContext, session: Session): ModelRequest {
  const request = requestOf(session, entries, summaryTokens(grant));
  const ask = { type: "text", text: SUMMARY_INSTRUCTION };
  const last = request.messages.at(-1);
  const messages: ModelMessage[] =
    last?.role === "user"
      ? [...request.messages.slice(0, -1), { ...last, content: [...last.content, ask] }]
      : [...request.messages, { role: "user", content: [ask] }];
  return { ...request, messages };
}

/** Exactly what is left out is what it is asked to summarise: that ends with the results of a turn. */
function serverRequest({ entries, grant }: PerformContext, session: Session, { to }: Cut): ModelRequest {
  return {
    ...requestOf(session, entries, summaryTokens(grant), to),
    betas: [COMPACTION_BETA],
    compaction: { type: "summarize" },
  };
}

/** A fault of the request and not of the moment. */
const isNotOffered = (outcome: Answered | Failed): boolean =>
  outcome.kind === "failed" &&
  !outcome.mayBeBilled &&
  !outcome.retry &&
  (outcome.reason === "invalid_request" || outcome.reason === "not_found");

/** Calls that it makes all the same are never looked at: nothing here runs a tool. A string says why it is no summary. */
function writtenIn({ message }: Answered): Stand | string {
  const text = textOf(message.content).trim();
  if (message.stopReason === "refusal") return "the model declined to summarise";
  if (message.stopReason === "max_tokens") return "the summary was longer than it may be";
  return text === "" ? "the answer holds no summary" : { by: "own", summary: keptSummary(text) };
}

function signedIn({ message }: Answered): Stand | string {
  const block = message.content.find((part) => isRecord(part) && part.type === COMPACTION_BLOCK);
  if (block === undefined || typeof block.content !== "string" || block.content === "") {
    return "the server made no summary";
  }
  return { by: "server", summary: null, block };
}

interface Paid {
  readonly settle?: Settlement;
  readonly told?: readonly RunEvent[];
  readonly outcome?: Answered | Failed;
}

function done(order: Order, { effectId, entries }: PerformContext, made: Compacted, paid: Paid = {}): Answer {
  const { marker, dropped, tokensBefore, tokensAfter } = made;
  const { by, generation } = marker.compacted as NonNullable<typeof marker.compacted>;
  const { outcome } = paid;
  return {
    event: { type: "transcript.compacted", turn: order.turn } as Answer["event"],
    entries: [marker],
    ...(paid.settle === undefined ? {} : { settle: paid.settle }),
    told: [
      {
        type: "compaction.done",
        ...{ effect: effectId, turn: order.turn, by, generation, dropped, tokensBefore, tokensAfter },
        transcript: entries.length,
        ...(outcome?.kind !== "answered"
          ? {}
          : {
              usage: toldUsage(outcome.usage),
              model: outcome.message.model,
              ...(outcome.requestId === null ? {} : { request: outcome.requestId }),
            }),
      },
      ...(paid.told ?? []),
    ],
  };
}

function failed(order: Order, { effectId }: Pick<PerformContext, "effectId">, reason: string, paid: Paid = {}): Answer {
  return {
    event: { type: "compaction.failed", turn: order.turn, reason } as Answer["event"],
    ...(paid.settle === undefined ? {} : { settle: paid.settle }),
    told: [
      {
        type: "compaction.failed",
        ...{ effect: effectId, turn: order.turn, reason },
        ...(paid.outcome === undefined ? {} : { usage: toldUsage(paid.outcome.usage) }),
      },
      ...(paid.told ?? []),
    ],
  };
}

type Charged = Pick<PerformContext, "effectId" | "grant">;

/** What is said of one whose worker died: nobody knows whether it was billed, so the whole reservation is charged. */
export const lostCompaction = (order: Order, charged: Charged): Answer =>
  failed(order, charged, "lost: its worker is gone; no summary was committed", whole(charged));

/** What is said of one that broke in our own hands. */
export const brokenCompaction = (order: Order, charged: Charged, message: string): Answer =>
  failed(order, charged, `broken: ${message}`, whole(charged));

const whole = ({ grant }: Charged): Paid => (grant === null ? {} : { settle: atLeast(NO_COST, grant) });

/** A call that was cut may be billed for more than its stream had shown; the reservation is the safe side. */
const atLeast = (settle: Settlement, grant: Grant | null): Settlement =>
  grant === null
    ? settle
    : {
        ...settle,
        tokens: Math.max(settle.tokens, grant.tokens),
        nanoUsd: Math.max(settle.nanoUsd, grant.nanoUsd),
      };
