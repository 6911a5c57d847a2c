/**
 * Every answered model call of a run, summaries of conversations among them, with what was held back for it and what it
 * came to, read from the run's log.
 */
import type { Reader } from "../../infra/redis/reader.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { entriesOf } from "./run-log.ts";

export interface CallFacts {
  readonly actor: string;
  readonly type: string;
  /** Of a summary: the turn before which it was asked for. */
  readonly turn: number;
  /** Its answer stands for a part of the conversation: it is paid for like a turn, and is none. */
  readonly summary: boolean;
  /** The model that answered. */
  readonly model: string;
  /** When it was ordered, and when its answer was committed. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** Tokens that its prompt was held to be; null where nothing was held back. */
  readonly estimated: number | null;
  /** Tokens as its server told them: read, written and fresh together. */
  readonly prompt: number;
  readonly fresh: number;
  readonly write: number;
  readonly read: number;
  readonly output: number;
  /** Null where nobody knows the price. */
  readonly nanoUsd: number | null;
  readonly simulated: boolean;
}

/** `entriesMax`: entries that are looked at; what comes later is left out. Throws UnreadableEntryError. */
export async function callsOf(
  reader: Pick<Reader, "log">,
  run: string,
  entriesMax = Number.POSITIVE_INFINITY,
): Promise<CallFacts[]> {
  const started = new Map<string, { readonly atMs: number; readonly estimated: number | null }>();
  const calls: CallFacts[] = [];
  const latest = new Map<string, Pick<CallFacts, "model" | "simulated">>();
  let looked = 0;
  for await (const { events, actor, type, raw } of entriesOf(reader, run)) {
    looked += 1;
    if (looked > entriesMax) break;
    for (const event of events) {
      if (event.type === "model.called" || event.type === "compaction.started") {
        started.set(event.effect, { atMs: raw.atMs, estimated: estimatedIn(raw.grants, event.effect) });
      }
      const answer = answerIn(event, latest.get(actor));
      if (answer === null) continue;
      const { effect, usage, ...said } = answer;
      latest.set(actor, said);
      const settled = events.find((one) => one.type === "budget.settled" && one.effect === effect);
      const begun = started.get(effect);
      started.delete(effect);
      calls.push({
        ...{ actor, type, ...said },
        startedMs: begun?.atMs ?? raw.atMs,
        endedMs: raw.atMs,
        estimated: begun?.estimated ?? null,
        prompt: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
        fresh: usage.inputTokens,
        write: usage.cacheWriteTokens,
        read: usage.cacheReadTokens,
        output: usage.outputTokens,
        nanoUsd: settled?.type === "budget.settled" ? settled.nanoUsd : null,
      });
    }
  }
  return calls;
}

interface Answer extends Pick<CallFacts, "turn" | "summary" | "model" | "simulated"> {
  readonly effect: string;
  readonly usage: Extract<LoggedEvent, { type: "model.answered" }>["usage"];
}

/** Null where the event tells of no answer. A summary is written by the model that its agent asks: `before` says which. */
function answerIn(event: LoggedEvent, before: Pick<CallFacts, "model" | "simulated"> | undefined): Answer | null {
  if (event.type === "model.answered") {
    const { effect, usage, turn, model } = event;
    return { effect, usage, turn, model, summary: false, simulated: event.simulated === true };
  }
  if (event.type !== "compaction.done" && event.type !== "compaction.failed") return null;
  const { effect, usage, turn } = event;
  if (usage === undefined) return null;
  const model = (event.type === "compaction.done" ? event.model : undefined) ?? before?.model ?? "";
  return { effect, usage, turn, model, summary: true, simulated: before?.simulated ?? false };
}

/** A grant is "effect out tokens nano": what is not for the answer was held for the prompt. */
function estimatedIn(grants: string | null, effect: string): number | null {
  const [, out, tokens] =
    (grants ?? "")
      .split(",")
      .map((one) => one.split(" "))
      .find(([id]) => id === effect) ?? [];
  return out === undefined || tokens === undefined ? null : Number(tokens) - Number(out);
}
