/** Inside effects as rows of the commit: messages, newborn actors, results, the run's end. Pure. */
import { sha256 } from "../../infra/ids.ts";
import type { Commit, Mail } from "../../infra/store.ts";
import type { Envelope } from "../../machines/brief.ts";
import type { MessageEvent, ResultSummary } from "../../machines/effect.ts";
import type { Decision } from "../../machines/fold.ts";
import type { LogEntry } from "../../machines/log-entry.ts";
import { handedDown, withTaint } from "../../machines/taint.ts";
import { report as reportTool } from "../../registry/tools/report.ts";
import { callInput, type Entry } from "./conversation.ts";
import { letterId } from "./letter-id.ts";
import type { Live } from "./live.ts";
import { provenanceOf, substitutesIn } from "./provenance.ts";
import { taintIn } from "./taint.ts";

type Rows = Pick<
  Commit,
  "messages" | "spawned" | "results" | "fenced" | "revoked" | "letters" | "runEnd" | "timersSet" | "timersCancelled"
> & { readonly sent: readonly Sent[] };

/** A message as the log tells it. */
export type Sent = NonNullable<LogEntry["sent"]>[number];

export function insideRows(live: Live, decision: Decision, version: number, conversation: readonly Entry[]): Rows {
  const messages: { to: string; type: string; mail: Mail }[] = [];
  const spawned: { actor: string; type: string; row: string }[] = [];
  const results = resultsIn(live, decision, conversation);
  const sent: Sent[] = [];
  const fenced: { actor: string; type: string; reason: string }[] = [];
  const revoked: { result: string; reason: string; by: string }[] = [];
  const letters: { id: string; json: string }[] = [];
  let runEnd: Commit["runEnd"] = null;
  for (const [index, order] of decision.inside.entries()) {
    const id = `${live.address.actor}.${version}.${index}`;
    switch (order.type) {
      case "message.send":
        {
          const stamp = stampOf(live, order.event, results, conversation);
          messages.push({ to: order.to, type: order.toType, mail: { id, event: { ...order.event, ...stamp } } });
          const stamped = Object.keys(stamp).length === 0 ? {} : { stamp };
          sent.push({ to: order.to, type: order.event.type, ...stamped });
        }
        break;
      case "actor.spawn":
        messages.push({ to: order.actor, type: order.agentType, mail: { id, input: order.input } });
        sent.push({ to: order.actor, type: "input" });
        spawned.push({
          actor: order.actor,
          type: order.agentType,
          row: JSON.stringify({ type: order.agentType, task: order.input.task }),
          ...(order.input.terms?.budget == null ? {} : { budget: order.input.terms.budget }),
        });
        break;
      case "run.end":
        runEnd = { status: order.status, reasons: order.reasons };
        break;
      case "actor.fence":
        fenced.push(...order.actors.map(({ actor, agentType }) => ({ actor, type: agentType, reason: order.reason })));
        break;
      case "result.revoke":
        revoked.push(
          ...order.results.map(({ result }) => ({ result, reason: whyRevoked(order, result), by: order.by })),
        );
        break;
      case "letter.put":
        letters.push({ id: letterId(live.address, version, index), json: JSON.stringify(order) });
        break;
      case "result.put": // before the messages that bear its hash
      case "decision.tell": // told, and nothing more
      case "approval.request": // rows of their own
      case "prompt.append": // already an entry of the conversation
        break;
    }
  }
  return {
    messages,
    sent,
    spawned,
    results,
    fenced,
    revoked,
    letters,
    runEnd,
    timersSet: decision.timersSet.map((timer) => ({ ...timer, armedBy: version })),
    timersCancelled: staleTimers(live, decision),
  };
}

function resultsIn(live: Live, { inside }: Decision, conversation: readonly Entry[]): Rows["results"] {
  return inside.flatMap((order) =>
    order.type === "result.put"
      ? [{ id: order.result.id, json: JSON.stringify(envelopeOf(order.result, live, conversation)) }]
      : [],
  );
}

/**
 * What only the commit knows of a message: words of an agent go with what it had read, and the word of its end with the hash
 * of the envelope that is written beside it.
 */
function stampOf(
  live: Live,
  event: MessageEvent,
  results: Rows["results"],
  conversation: readonly Entry[],
): Readonly<Record<string, unknown>> {
  if (event.type === "post.sent") return withTaint(handedDown(taintIn(conversation), live.address.actor));
  if (event.type !== "task.settled") return {};
  const json = results.find(({ id }) => id === event.result)?.json;
  return json === undefined ? {} : { sha256: sha256(json) };
}

/** Whoever reads the envelope alone knows what was wrong, and with what. */
const whyRevoked = ({ root, reason }: { readonly root: string; readonly reason: string }, result: string): string =>
  result === root ? reason : `it stands on ${root}: ${reason}`;

/** Timers that were armed before this step and are no longer, or are armed anew. */
function staleTimers(live: Live, decision: Decision): { id: string; armedBy: number }[] {
  const ended = decision.state.snapshot.status !== "active";
  return Object.entries(live.state?.timers ?? {})
    .filter(([id, { armedBy }]) => ended || decision.state.timers[id]?.armedBy !== armedBy)
    .map(([id, { armedBy }]) => ({ id, armedBy }));
}

/** Value and evidence are the report's only where they were verified: nobody can build on what was not. */
function envelopeOf(summary: ResultSummary, live: Live, conversation: readonly Entry[]): Envelope {
  const made = summary.call === undefined ? null : callInput(conversation, summary.call);
  const report = reportTool.input.safeParse(made?.input);
  const counts = report.success && summary.status === "verified";
  return {
    v: 1,
    id: summary.id,
    task: summary.task,
    actor: live.address.actor,
    status: summary.status,
    value: counts ? report.data.value : null,
    evidence: counts ? report.data.evidence : [],
    reasons: [...summary.reasons],
    notDone: [...summary.notDone],
    standsOn: [...summary.standsOn],
    model: conversation.findLast((entry) => entry.model !== undefined)?.model ?? null,
    provenance: provenanceOf(conversation, counts ? report.data.evidence : []),
    substitutes: [...substitutesIn(conversation, live.session?.model ?? null)],
    ...withTaint(taintIn(conversation)),
  };
}
