/** Reads a finished evaluation back from its run: the same rows give the same report, today and after a crash. */
import { z } from "zod";
import { LOCAL_BINDING } from "../../../actors/runtime/bindings.ts";
import { entryFrom } from "../../../actors/runtime/conversation.ts";
import { shownStatus, usageOf } from "../../../actors/runtime/run-document.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { Reader } from "../../../infra/redis/reader.ts";
import { COORDINATOR_ACTOR } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import { assess, type Evaluation, type TaskOutcome } from "./assess.ts";
import type { ReportFacts, SkippedFiles } from "./facts.ts";

export interface FinishedEvaluation {
  readonly evaluation: Evaluation;
  readonly facts: ReportFacts;
  readonly status: ReturnType<typeof shownStatus>;
  readonly reasons: readonly string[];
  /** The local analyst's run beside it; null where none was made. */
  readonly second: string | null;
}

const optionsSchema = z.object({ target: z.string(), second: z.string().optional() });
const taskSchema = z.object({ status: z.string(), reasons: z.array(z.string()) });

export async function finishedEvaluation(reader: Reader, run: string): Promise<FinishedEvaluation> {
  const row = await reader.run(run);
  if (row === null) throw new SwarmError("run.gone", `run ${run} is gone`);
  const { fields } = row;
  const [results, tasks, budget] = await Promise.all([
    reader.results(run),
    reader.rows(run, COORDINATOR_ACTOR, "tasks"),
    reader.budget(run),
  ]);
  const outcomes = [...tasks].map(([id, json]) => [id, taskSchema.parse(JSON.parse(json)) as TaskOutcome] as const);
  const { target, second = null } = optionsSchema.parse(JSON.parse(fields.options ?? "{}"));
  const evaluation = assess({
    target,
    analyst: fields.binding === LOCAL_BINDING ? "local" : (fields.model ?? "unknown"),
    envelopes: Object.values(results).map((text) => envelopeSchema.parse(JSON.parse(text))),
    tasks: Object.fromEntries(outcomes),
  });
  return {
    evaluation,
    second,
    status: shownStatus(fields),
    reasons: JSON.parse(fields.reasons ?? "[]") as string[],
    facts: {
      runId: run,
      usage: usageOf(budget),
      skipped: await skippedFiles(reader, run, [...tasks.keys()]),
      ...(fields.endedAt === undefined
        ? {}
        : {
            tookMs: Number(fields.endedAt) - Number(fields.createdAt),
            endedAt: new Date(Number(fields.endedAt)).toISOString(),
          }),
    },
  };
}

const probeOutput = z.object({
  filesSkipped: z.array(z.object({ why: z.string(), count: z.int().min(0), paths: z.array(z.string()) })),
});

/** What the examination passed over, as the first explorer was told; all of them share one pass. */
async function skippedFiles(reader: Reader, run: string, tasks: readonly string[]): Promise<SkippedFiles[]> {
  for (const task of tasks.filter((id) => id.startsWith("explore-")).sort()) {
    for (const json of await reader.transcript(run, `a_${task}`)) {
      for (const block of entryFrom(json).content) {
        const told = probeResult(block.content);
        if (told !== null) return told.filesSkipped;
      }
    }
  }
  return [];
}

function probeResult(content: unknown): z.infer<typeof probeOutput> | null {
  if (typeof content !== "string" || !content.startsWith("{")) return null;
  try {
    return probeOutput.safeParse(JSON.parse(content)).data ?? null;
  } catch {
    return null; // another tool's text that happens to begin with a brace
  }
}
