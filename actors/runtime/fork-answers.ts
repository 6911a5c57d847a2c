/**
 * What becomes of the things that were out when a run was forked. The answer belongs to the source: in the fork a model
 * is asked again, and a tool that was running counts as interrupted, because the world holds one run of it, not two.
 */
import type { Mail } from "../../infra/store.ts";
import type { Call } from "../../machines/agent-calls.ts";
import type { AgentEvent } from "../../machines/agent-event.ts";
import { wordId } from "../../machines/agent-messages.ts";
import { planCall } from "../../machines/approval-calls.ts";
import type { CoordinatorEvent } from "../../machines/coordinator-event.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import type { Ledger } from "../../machines/task-ledger.ts";
import { entryFrom, textEntry, toolResultEntry } from "./conversation.ts";
import type { ForkMessage } from "./fork-changes.ts";
import type { ActorMoment } from "./moment.ts";
import { effectTail } from "./moment-money.ts";

export interface Said {
  readonly transcript: readonly string[];
  readonly mail: readonly Mail[];
  /** Effects that are harmless to repeat, under ids of the new run. */
  readonly pending: readonly { readonly id: string; readonly order: OutsideEffect }[];
}

export interface Cut {
  /** The conversation as it was. */
  readonly transcript: readonly string[];
  readonly message?: ForkMessage;
}

const ASKED = "the run was forked while somebody was asked about it; nobody has answered in this run";
const WHY = "the run was forked while it was under way";

/** Pure. Throws ZodError where the stored conversation is not one. */
export function saidOf(one: ActorMoment, run: string, { transcript, message }: Cut): Said {
  const said = [...transcript];
  const mail = [...one.mail];
  const pending: { id: string; order: OutsideEffect }[] = [];
  const answer = (id: string, event: AgentEvent | CoordinatorEvent): void => {
    mail.push({ id: `fork:${effectTail(id)}`, event });
  };
  for (const { id, order } of one.pending.values()) {
    switch (order.type) {
      case "session.assemble":
      case "result.verify":
      // Errands of a coordinator find what they made, and know of themselves that a fork has no tree.
      case "task.join":
      case "workspace.rebuild":
      case "proposal.prepare":
      case "proposal.read":
      case "verdict.read":
        pending.push({ id: `${run}/${one.actor}/0.${effectTail(id)}`, order });
        break;
      case "question.put":
        answer(id, { type: "question.closed", question: order.question, reason: ASKED });
        break;
      case "workspace.collect":
        answer(id, { type: "workspace.uncollected", reason: WHY });
        break;
      case "workspace.merge":
        answer(id, { type: "workspace.left", reason: WHY });
        break;
      case "model.call":
        // It counts as never made: the new call is an effect of its own, with money of its own.
        answer(id, {
          type: "model.failed",
          turn: order.turn,
          reason: `forked: ${WHY}`,
          retry: true,
          delayMs: 0,
          counts: false,
        });
        break;
      case "transcript.compact":
        // Its summary, if one is being written, belongs to the source; a conversation can also go on as it is.
        answer(id, { type: "compaction.failed", turn: order.turn, reason: `forked: ${WHY}` });
        break;
      case "tool.run":
      case "tool.reconcile":
        answer(id, { type: "tool.interrupted", call: order.call, reason: WHY });
        said.push(
          JSON.stringify(
            toolResultEntry(order.call, `interrupted: ${WHY}. Look at the world before you do it again.`, false, {
              did: { effect: order.type === "tool.run" ? id : order.effect, tool: order.tool, ok: null },
            }),
          ),
        );
        break;
    }
  }
  // What was approved was approved in the source; in the fork nobody is asked until the model wants it again.
  for (const { id, status } of (one.state?.snapshot.context.calls ?? []) as readonly Call[]) {
    if (status !== "asking" || one.state?.snapshot.status !== "active") continue;
    const event: AgentEvent = { type: "approval.answered", call: id, allowed: false, by: "fork", reason: ASKED };
    mail.push({ id: `fork:asking:${id}`, event });
  }
  for (const call of askedPlans(one)) {
    const event: CoordinatorEvent = { type: "approval.answered", call, allowed: false, reason: ASKED, by: "fork" };
    mail.push({ id: `fork:${call}`, event });
  }
  for (const question of openQuestions(one)) {
    const event: AgentEvent = { type: "question.answered", question, answer: null, by: "fork", reason: ASKED };
    mail.push({ id: `fork:waiting:${question}`, event });
  }
  return { transcript: message === undefined ? said : withMessage(said, message), mail, pending };
}

/** Plans that somebody is asked about: a yes in the source starts nothing here. */
function askedPlans({ state }: ActorMoment): string[] {
  if (state === null || state.snapshot.status !== "active") return [];
  const { proposals = {}, tasks = {} } = state.snapshot.context as Partial<Pick<Ledger, "proposals" | "tasks">>;
  return Object.entries(proposals).flatMap(([task, asked]) =>
    asked === null ? [] : [planCall(tasks[task]?.result ?? "")],
  );
}

/** What its parent was asked: the question lies with the person of the source. */
function openQuestions({ actor, state }: ActorMoment): string[] {
  if (state === null || state.snapshot.status !== "active") return [];
  const { calls = [], turn = 0 } = state.snapshot.context as { calls?: readonly Call[]; turn?: number };
  return calls.flatMap(({ id, status }) => (status === "waiting" ? [wordId({ actor, turn }, id)] : []));
}

/** Appended; or, edited, in the place of what the agent was told last. */
function withMessage(transcript: readonly string[], { text, edit }: ForkMessage): string[] {
  const entry = JSON.stringify(textEntry(text));
  const last = edit ? transcript.findLastIndex((json) => isTold(json)) : -1;
  return last < 0 ? [...transcript, entry] : transcript.map((json, index) => (index === last ? entry : json));
}

function isTold(json: string): boolean {
  const { role, content, compacted, pinned } = entryFrom(json);
  // What stands for older turns, and what is pinned, nobody said to it just now.
  return (
    role === "user" && compacted === undefined && pinned === undefined && content.every(({ type }) => type === "text")
  );
}
