/**
 * The explore task: probe one primitive, read around the best hits so that the quotes stand on what Read shows, judge
 * by the rubric, report.
 */
import { z } from "zod";
import type { BrainAnswer, BrainRequest } from "../brain.ts";
import { answeredIn, hasTool } from "./conversation.ts";
import { type Examination, examinationOf } from "./examination.ts";
import { type Judgement, judge } from "./judgement.ts";
import { nextStep } from "./next-steps.ts";
import { quoteHolds, readsOf } from "./reads.ts";
import { evidenceOf, rejectedPlaces, rejectionsIn, reportBlocked, reportDone, use, useAll } from "./report.ts";

const inputSchema = z.object({ primitive: z.string().min(1).max(100) });
/** Files read around their best hits before the report; each a window of lines. */
const readsMax = 2;
const linesAround = 8;
/** A report is corrected once. */
const correctionsMax = 1;

export function explore(request: BrainRequest, input: Readonly<Record<string, unknown>>): BrainAnswer {
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) return reportBlocked(request, "the explore task names no primitive.");
  const { primitive } = parsed.data;
  if (!hasTool(request, "Probe"))
    return reportBlocked(request, "there is no Probe tool to look with.", unknownValue(primitive, "no Probe tool"));
  const answered = answeredIn(request);
  const probed = answered.find(({ tool }) => tool === "Probe");
  if (!probed) return use("Probe", { primitive });
  const examination = examinationOf(probed);
  if (!examination) {
    const reason = `Probe failed: ${probed.text.slice(0, 400) || "no answer that can be read"}`;
    return stopAfterBlocked(request) ?? reportBlocked(request, reason, unknownValue(primitive, reason));
  }
  const wanted = readsWanted(examination);
  const reads = readsOf(answered);
  if (reads.length === 0 && wanted.length > 0 && hasTool(request, "Read")) return useAll("Read", wanted);
  const rejections = rejectionsIn(request);
  const rejected = new Set(rejections.flatMap((rejection) => [...rejectedPlaces(rejection)]));
  const grounded = withoutBroken(examination, reads, rejected);
  if (rejections.length > correctionsMax || (rejections.length > 0 && rejected.size === 0)) {
    const reason = `the report was rejected: ${rejections.at(-1)?.text.slice(0, 400) ?? ""}`;
    return stopAfterBlocked(request) ?? reportBlocked(request, reason, unknownValue(primitive, reason));
  }
  const value = judge(grounded);
  return reportDone(value, evidenceOf(value.findings));
}

/** A second refusal of a blocked report ends the turn in words: there is nothing left to try. */
function stopAfterBlocked(request: BrainRequest): BrainAnswer | undefined {
  const blocked = rejectionsIn(request).some(({ input }) => input.outcome === "blocked");
  return blocked
    ? {
        content: [
          { type: "text", text: "Local analysis: the task could not be done and the report of that was refused." },
        ],
        stopReason: "end_turn",
      }
    : undefined;
}

function unknownValue(primitive: string, reason: string): Judgement {
  return {
    primitive,
    level: "unknown",
    maturity: 0,
    confidence: "low",
    findings: [],
    why: `Local structural analysis could not be made: ${reason}`,
    next: nextStep(primitive, "unknown"),
  };
}

function readsWanted(examination: Examination): { file_path: string; offset: number; limit: number }[] {
  const paths = new Map<string, number>();
  for (const { path, line } of judge(examination).findings) {
    if (!paths.has(path)) paths.set(path, line);
    if (paths.size === readsMax) break;
  }
  return [...paths].map(([file_path, line]) => ({
    file_path,
    offset: Math.max(1, line - linesAround),
    limit: linesAround * 2 + 1,
  }));
}

/** The examination without lines that Read showed to be different, or that a rejected report relied on. */
function withoutBroken(
  examination: Examination,
  reads: ReturnType<typeof readsOf>,
  rejected: ReadonlySet<string>,
): Examination {
  const stands = ({ path, line, quote }: { path: string; line: number; quote: string }) =>
    !rejected.has(`${path}:${line}`) && quoteHolds(reads, path, line, quote) !== false;
  return { ...examination, hits: examination.hits.filter(stands), anchors: examination.anchors.filter(stands) };
}
