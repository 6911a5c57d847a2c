/**
 * One call to a model behind its gate: asked before, told after, and what the run's log is to know of it. Whether a
 * failure is the call's own or its server's is said here: an agent's attempts are used up by its own only.
 */
import type { CallEnd, CallGate, Gate, Ticket } from "../../infra/breaker/call-gate.ts";
import type { ModelClient } from "../../infra/model/anthropic.ts";
import type { Answered, Failed, ModelOutcome } from "../../infra/model/outcome.ts";
import type { ModelRequest } from "../../infra/model/request.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import type { Entry } from "./conversation.ts";
import { EffectAborted, type PerformContext } from "./performer.ts";

/** The part of a model access that stands between a call and its server. */
export interface GatedClient {
  readonly client: ModelClient;
  readonly gate: CallGate;
  /** Names what a call to this model reaches, the same for every worker that reaches it. */
  resource(model: string): string;
}

export type AskedModel =
  | {
      readonly kind: "asked";
      readonly outcome: Answered | Failed;
      /** Whether a failure is one of the agent's attempts. */
      readonly counts: boolean;
      /** Milliseconds that the next attempt had better wait at least, because all were told to. */
      readonly leastWaitMs: number;
      readonly told: readonly RunEvent[];
    }
  | {
      readonly kind: "kept_back";
      readonly reason: "breaker_open" | "paced";
      readonly message: string;
      readonly delayMs: number;
      /** False where it has been in trouble for longer than anybody is expected to wait. */
      readonly retry: boolean;
      readonly told: readonly RunEvent[];
    };

type Context = Pick<PerformContext, "address" | "effectId" | "entries" | "grant" | "signal">;

/** @throws EffectAborted where the call was called off; whatever the client throws for our own mistakes. */
export async function askModel(
  { client, gate, resource }: GatedClient,
  request: ModelRequest,
  { address, effectId, entries, grant, signal }: Context,
  onDelta: () => void = () => {},
): Promise<AskedModel> {
  const promptTokens = grant === null ? 0 : Math.max(0, grant.tokens - grant.outTokens);
  const asking = { by: effectId, run: address.run, inputTokens: uncached(promptTokens, entries) };
  const asked = await gate.ask(resource(request.model), asking);
  if (asked.open) return keptBack(asked);
  const { ticket } = asked;
  const told = seenIn(asked);
  let early: Promise<void> | null = null;
  const heard = (): void => {
    onDelta();
    // A probe is decided by the first word of its answer: the others need not wait for the last.
    if (ticket.probe) early ??= gate.tell(ticket, { how: "well" }).then((after) => void told.push(...seenIn(after)));
  };
  let outcome: ModelOutcome;
  try {
    outcome = await client.call(request, { signal, onDelta: heard });
  } catch (cause) {
    await gate.tell(ticket, { how: "gone" });
    throw cause;
  }
  await early;
  const after = await gate.tell(ticket, endOf(outcome));
  if (outcome.kind === "failed" && outcome.reason === "aborted") throw new EffectAborted(effectId);
  told.push(...seenIn(after));
  const counts = isOwn(outcome, ticket);
  const last =
    outcome.kind === "failed" && after.hopeless ? givenUp(outcome, ticket.resource, after.troubledMs) : outcome;
  return { kind: "asked", outcome: last, counts, leastWaitMs: after.waitMs, told };
}

/** What cannot be better a second time says that the server is well. */
function endOf(outcome: ModelOutcome): CallEnd {
  const said = outcome.limits === undefined ? {} : { said: outcome.limits };
  if (outcome.kind === "answered") return { how: "well", ...said };
  if (outcome.reason === "aborted") return { how: "gone" };
  if (!outcome.retry) return { how: "well", ...said };
  const { reason, retryAfterMs } = outcome;
  return {
    how: reason === "rate_limited" ? "limited" : "failed",
    reason,
    ...said,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/**
 * A server that says it is overloaded, or that all its callers are too many, has said nothing of this call. Other failures
 * are the call's own, but where it was the probe for all at a server that is known to have worked: an address that never
 * answered is not waited for.
 */
function isOwn(outcome: Answered | Failed, { probe, wasWell }: Ticket): boolean {
  if (outcome.kind === "answered" || !outcome.retry) return true;
  if (outcome.reason === "overloaded" || outcome.reason === "rate_limited") return false;
  return !(probe && wasWell);
}

function keptBack(gate: Extract<Gate, { open: true }>): AskedModel {
  const { name, why, waitMs, reason, hopeless, troubledMs } = gate;
  const last = reason === null ? "" : `; last it said ${reason}`;
  const open = hopeless ? `${hopelessly(name, troubledMs)}${last}` : `breaker ${name} is open${last}`;
  return {
    kind: "kept_back",
    reason: why === "paced" ? "paced" : "breaker_open",
    message: why === "paced" ? `calls to ${name} wait for its rate limit` : open,
    delayMs: Math.max(1, Math.ceil(waitMs)),
    retry: !hopeless,
    told: seenIn(gate),
  };
}

const givenUp = (outcome: Failed, name: string, troubledMs: number): Failed => ({
  ...outcome,
  retry: false,
  message: `${hopelessly(name, troubledMs)}; last: ${outcome.message}`,
});

const hopelessly = (name: string, troubledMs: number): string =>
  `${name} has been in trouble for ${(troubledMs / 3_600_000).toFixed(1)} h, and nobody waits for it any longer`;

const seenIn = ({ seen }: Pick<Gate, "seen">): RunEvent[] =>
  seen === null ? [] : [{ type: "breaker.changed", ...seen }];

/** Of a prompt, what was not sent before: the rest is read from the server's cache, which no limit counts. */
const uncached = (promptTokens: number, entries: readonly Entry[]): number =>
  Math.max(0, promptTokens - (entries.findLast(({ tokens }) => tokens !== undefined)?.tokens ?? 0));
