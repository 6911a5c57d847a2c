/** What a reader without a terminal is told of an event: a line where somebody would want to know, else nothing. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { askParent } from "../../../registry/tools/ask-parent.ts";
import { plural } from "../evaluate/facts.ts";
import { memoryNews } from "./memory-news.ts";
import { onEvent } from "./on-event.ts";
import { printable } from "./printable.ts";
import { taskNews } from "./task-news.ts";
import { counted, type RunTree, type TaskNode } from "./tree.ts";
import { clock, modelName, reason, tookMs, work } from "./words.ts";

/** Pure. `tree` is the run with the event in it. */
export function newsOf(event: LoggedEvent, tree: RunTree): string | null {
  const ended = (): string => endOf(event.run, tree);
  const result = (): string | null => settled(event.actor, tree);
  const news = onEvent<string | null>(event, {
    "run.started": ({ run, goal, tasks }) =>
      `${run}: ${printable(goal)} (${plural(tasks, "task")}, model ${modelName(tree)})`,
    "run.parked": (parked) => `parked: ${printable(parked.reason)}`,
    "run.resumed": () => "resumed",
    "task.routed": ({ task }) => {
      const attempt = tree.tasks.find((node) => node.task === task)?.attempt ?? 1;
      return attempt > 1 ? `${task}: attempt ${attempt} begins` : null;
    },
    "result.verified": result,
    "result.rejected": result,
    ...taskNews,
    ...memoryNews,
    "message.started": ({ actor, reasons }) =>
      reasons === undefined ? null : printable(`${actor}: its report was sent back: ${reasons.join("; ")}`),
    "agent.died": (death) => `${death.died} died: ${printable(death.reason)}`,
    "actor.lost": ({ actor, reason: why, state }) => `${actor} was found dead in ${state}: ${printable(why)}`,
    "actor.recovered": ({ actor, by }) => `${actor}: taken up again by ${by}`,
    "retry.scheduled": ({ actor, attempt, delayMs }) =>
      `${actor}: asks again in ${clock(delayMs)} (attempt ${attempt})`,
    "model.failed": ({ actor, message }) => `${actor}: ${printable(message)}`,
    "compaction.done": ({ actor, by, tokensBefore, tokensAfter }) =>
      `${actor}: its conversation was made shorter (${by}, about ${tokensBefore} → ${tokensAfter} tokens)`,
    "compaction.failed": ({ actor, reason: why }) =>
      `${actor}: its conversation could not be made shorter: ${printable(why)}`,
    "breaker.changed": ({ breaker, from, to }) => `breaker ${printable(breaker)}: ${from} → ${to}`,
    // A question was told with its words already.
    "approval.requested": ({ actor, tool }) =>
      tool === askParent.name ? null : `${actor}: ${printable(tool)} waits for approval`,
    "budget.refused": ({ actor }) => `${actor}: the budget does not cover another model call`,
    "budget.changed": ({ by, tokensMax, nanoUsdMax }) =>
      `budget, by ${printable(by)}: ${limitWords(tokensMax, nanoUsdMax)}`,
    "run.completed": ended,
    "run.failed": ended,
    "run.exhausted": ended,
    "run.cancelled": ended,
  });
  return news ?? null;
}

const limitWords = (tokens: number | null, nanoUsd: number | null): string =>
  [tokens === null ? [] : `${tokens} tokens`, nanoUsd === null ? [] : `${(nanoUsd / 1e9).toFixed(2)} USD`]
    .flat()
    .join(", ");

function settled(actor: string, tree: RunTree): string | null {
  const node = tree.tasks.find((task) => task.actor === actor);
  if (node === undefined || node.outcome === null) return null;
  const { verified, bad } = counted(tree);
  // Who failed may get another attempt: that is no settled task yet.
  const done = node.outcome === "failed" ? "" : `[${verified + bad}/${tree.tasksTotal}] `;
  return `${done}${node.task}: ${outcomeWords(node)} (${work(node)}, ${clock(tookMs(node, tree.lastAtMs))})`;
}

const outcomeWords = (node: TaskNode): string =>
  node.outcome === "verified" ? "verified" : `${node.outcome}: ${reason(node.reasons, "no reason was given")}`;

function endOf(run: string, tree: RunTree): string {
  const { verified } = counted(tree);
  const took = clock(tree.lastAtMs - tree.startedAtMs);
  return `${run}: ${tree.end?.status ?? "ended"}, ${verified} of ${tree.tasksTotal} tasks verified in ${took}`;
}
