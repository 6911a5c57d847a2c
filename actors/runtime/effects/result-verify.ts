/**
 * Level one of verification: the value as its type knows how, every piece of evidence looked at again by machine, and every
 * claim of work held against what the runtime wrote down. What cannot be looked at does not hold.
 */
import { isDeepStrictEqual } from "node:util";
import type { Journal } from "../../../infra/journal/journal.ts";
import type { Store } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import type { Box } from "../../../registry/box.ts";
import { type ReportInput, report as reportTool } from "../../../registry/tools/report.ts";
import { ACTING_CONTRACT } from "../../types/contract.ts";
import { agentTypeNamed } from "../../types/index.ts";
import { claimProblems } from "../claim-problems.ts";
import { callInput } from "../conversation.ts";
import { type EvidenceDeps, evidenceProblem } from "../evidence.ts";
import { type Answer, EffectAborted, type PerformContext, type Performer } from "../performer.ts";
import type { Session } from "../session.ts";
import { workDone } from "../work-done.ts";

export interface ResultVerifyDeps {
  box(workspace: string, beside?: readonly string[]): Promise<Box>;
  /** This host's gates: what they say of a command goes before what the conversation says. Absent: there are none. */
  readonly journal?: Pick<Journal, "look"> | null;
  /** Results of a run by id. Absent: none can be looked at, and none counts as evidence. */
  readonly results?: Store["results"];
}

export function resultVerify(deps: ResultVerifyDeps): Performer<"result.verify"> {
  return async (order, context) => {
    const { address, session, entries, run, signal, effectId } = context;
    const made = callInput(entries, order.call);
    const report = reportTool.input.safeParse(made?.input);
    if (!report.success) return rejected(["the report is not in the conversation"]);
    const box = await deps.box(run.workspace, run.config.addDirs);
    const look = lookingWith(deps, context, box);
    const reasons: string[] = [
      ...(await valueProblems(address.type, session, report.data)),
      ...(await workProblems(context, report.data, look)),
      ...(await probedProblems(report.data, box, signal)),
    ];
    for (const [index, evidence] of report.data.evidence.entries()) {
      if (signal.aborted) throw new EffectAborted(effectId);
      const problem = await evidenceProblem(evidence, look);
      if (problem !== null) reasons.push(`evidence[${index}]: ${problem}`);
    }
    return reasons.length > 0 ? rejected(reasons) : { event: { type: "result.verified" }, told: [] };
  };
}

function lookingWith(
  { journal = null, results }: ResultVerifyDeps,
  { address, session, entries }: PerformContext,
  box: Box,
): EvidenceDeps {
  return {
    box,
    entries,
    done: workDone(entries),
    standsOn: session?.standsOn ?? [],
    journal,
    async unfit(ids) {
      const found = (await results?.(address.run, ids)) ?? new Map<string, string>();
      const unfit = new Map<string, string>();
      for (const id of ids) {
        const text = found.get(id);
        const status = text === undefined ? null : envelopeSchema.parse(JSON.parse(text)).status;
        if (status === null) unfit.set(id, "it is not in the store");
        else if (status !== "verified") unfit.set(id, `it is ${status}, not verified`);
      }
      return unfit;
    },
  };
}

/** A value of the type's own form is looked at as its type knows how; one that a task asked for has only its schema. */
async function valueProblems(
  typeName: string,
  session: Session | null,
  { outcome, value }: ReportInput,
): Promise<readonly string[]> {
  const { check, contract } = agentTypeNamed(typeName) ?? {};
  if (outcome !== "done" || check === undefined || !isDeepStrictEqual(session?.contract, contract)) return [];
  return check(value);
}

/** Asked of those who can act, and report in the default form: others describe what they saw. */
async function workProblems(
  { address, session, run }: PerformContext,
  { outcome, value }: ReportInput,
  { box, done }: EvidenceDeps,
): Promise<readonly string[]> {
  const acts = agentTypeNamed(address.type)?.acts === true;
  if (outcome !== "done" || !acts || !isDeepStrictEqual(session?.contract, ACTING_CONTRACT)) return [];
  const alone = (session?.standsOn ?? []).length === 0;
  return claimProblems(value, { box, workspace: run.workspace, done, alone });
}

/** A claim about a primitive of an agent harness is looked at by the probes too, whoever makes it. */
async function probedProblems({ outcome, value }: ReportInput, box: Box, signal: AbortSignal): Promise<string[]> {
  if (outcome !== "done" || !isRecord(value) || !("primitive" in value) || !("findings" in value)) return [];
  // Loaded where it is needed: parsers come with it.
  const { findingProblems } = await import("../probed-findings.ts");
  return findingProblems(value, box, signal);
}

const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null;

const REASONS_MAX = 20;

const rejected = (reasons: readonly string[]): Answer => ({
  event: { type: "result.rejected", reasons: reasons.slice(0, REASONS_MAX) } as Answer["event"],
  told: [],
});
