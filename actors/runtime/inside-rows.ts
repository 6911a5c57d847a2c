/** Inside effects as rows of the commit: messages, newborn actors, results, the run's end. Pure. */
import type { Commit, Mail } from "../../infra/store.ts";
import type { Envelope } from "../../machines/brief.ts";
import type { ResultSummary } from "../../machines/effect.ts";
import type { Decision } from "../../machines/fold.ts";
import { report as reportTool } from "../../registry/tools/report.ts";
import { callInput, type Entry } from "./conversation.ts";
import type { Live } from "./live.ts";
import { provenanceOf, substitutesIn } from "./provenance.ts";

type Rows = Pick<Commit, "messages" | "spawned" | "results" | "runEnd" | "timersSet" | "timersCancelled">;

export function insideRows(live: Live, decision: Decision, version: number, conversation: readonly Entry[]): Rows {
  const messages: { to: string; type: string; mail: Mail }[] = [];
  const spawned: { actor: string; type: string; row: string }[] = [];
  const results: { id: string; json: string }[] = [];
  let runEnd: Commit["runEnd"] = null;
  for (const [index, order] of decision.inside.entries()) {
    const id = `${live.address.actor}.${version}.${index}`;
    switch (order.type) {
      case "message.send":
        messages.push({ to: order.to, type: order.toType, mail: { id, event: order.event } });
        break;
      case "actor.spawn":
        messages.push({ to: order.actor, type: order.agentType, mail: { id, input: order.input } });
        spawned.push({
          actor: order.actor,
          type: order.agentType,
          row: JSON.stringify({ type: order.agentType, task: order.input.task }),
        });
        break;
      case "result.put":
        results.push({ id: order.result.id, json: JSON.stringify(envelopeOf(order.result, live, conversation)) });
        break;
      case "run.end":
        runEnd = { status: order.status, reasons: order.reasons };
        break;
      case "approval.request": // rows of their own
      case "prompt.append": // already an entry of the conversation
        break;
    }
  }
  return {
    messages,
    spawned,
    results,
    runEnd,
    timersSet: decision.timersSet.map((timer) => ({ ...timer, armedBy: version })),
    timersCancelled: staleTimers(live, decision),
  };
}

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
  };
}
