/**
 * The verify task: re-reads every quoted line and runs the probe again on every file of the claim. It sees the claim
 * and what the tools return; the claim's own words are never a reason.
 */
import { z } from "zod";
import type { BrainAnswer, BrainRequest } from "../brain.ts";
import { type Answered, answeredIn, hasTool } from "./conversation.ts";
import { type Examination, examinationOf, type Hit } from "./examination.ts";
import { type Finding, isProved, judge } from "./judgement.ts";
import { quoteHolds, readsOf } from "./reads.ts";
import { evidenceOf, rejectionsIn, reportBlocked, reportDone, useAll } from "./report.ts";

const findingsMax = 60;
const findingSchema = z.object({
  path: z.string().min(1).max(4_096),
  line: z.number().int().positive(),
  quote: z.string().max(2_000),
  probe: z.string().max(200),
});
const inputSchema = z.object({
  primitive: z.string().min(1).max(100),
  claim: z.object({
    level: z.enum(["present", "partial", "absent", "unknown"]),
    findings: z.array(findingSchema).max(findingsMax),
  }),
});
type Claim = z.infer<typeof inputSchema>["claim"];

/** Calls in one turn, so that an answer stays small. */
const readsPerTurnMax = 8;
const probesPerTurnMax = 4;

interface Verdict {
  readonly index: number;
  readonly holds: boolean;
  readonly why: string;
}

export function verify(request: BrainRequest, input: Readonly<Record<string, unknown>>): BrainAnswer {
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success)
    return reportBlocked(request, "the claim to verify has no level or no findings that can be read.");
  const { primitive, claim } = parsed.data;
  const missing = ["Read", "Probe"].filter((name) => !hasTool(request, name));
  if (missing.length > 0) return reportBlocked(request, `nothing can be verified without ${missing.join(" and ")}.`);
  const answered = answeredIn(request);
  const reads = pending(readsFor(claim), answered, "Read").slice(0, readsPerTurnMax);
  if (reads.length > 0) return useAll("Read", reads);
  const probes = pending(probesFor(primitive, claim), answered, "Probe").slice(0, probesPerTurnMax);
  if (probes.length > 0) return useAll("Probe", probes);
  const rejections = rejectionsIn(request);
  if (rejections.length > 1)
    return {
      content: [{ type: "text", text: "Local analysis: the verdict was refused twice." }],
      stopReason: "end_turn",
    };
  if (rejections.length > 0)
    return reportBlocked(request, `the verdict was rejected: ${rejections.at(-1)?.text.slice(0, 400) ?? ""}`);
  return report(primitive, claim, answered);
}

function report(primitive: string, claim: Claim, answered: readonly Answered[]): BrainAnswer {
  const examinations = answered
    .filter(({ tool }) => tool === "Probe")
    .map((answer) => ({ input: answer.input, examination: examinationOf(answer) }));
  const again = new Map(
    examinations.flatMap(({ input, examination }) =>
      typeof input.path === "string" && examination ? [[input.path, examination] as const] : [],
    ),
  );
  const whole = examinations.find(({ input }) => input.path === undefined)?.examination;
  const verdicts = claim.findings.map((finding, index) => verdictOn(finding, index, answered, again));
  const held = claim.findings.filter((_, index) => verdicts[index]?.holds);
  const standing = levelStands(claim, held, again, whole);
  const value = { primitive, verdicts, holds: standing.holds, why: standing.why };
  return reportDone(value, evidenceOf(held));
}

function verdictOn(
  finding: Finding,
  index: number,
  answered: readonly Answered[],
  again: ReadonlyMap<string, Examination>,
): Verdict {
  const { path, line, quote, probe } = finding;
  if (quoteHolds(readsOf(answered), path, line, quote) !== true)
    return { index, holds: false, why: `line ${line} of ${path} does not read like that` };
  if (probe.startsWith("statement:")) return { index, holds: true, why: "the line says so" };
  const examination = again.get(path);
  if (!examination) return { index, holds: false, why: `the probe could not be run again on ${path}` };
  const fired =
    hitsAt(finding, examination).length > 0 ||
    examination.anchors.some((anchor) => anchor.line === line && probe === `anchor:${anchor.kind}`);
  return fired
    ? { index, holds: true, why: "read again, and the probe fires again" }
    : { index, holds: false, why: `${probe} does not fire at line ${line} of ${path}` };
}

function hitsAt({ path, line, probe }: Finding, { hits }: Examination): Hit[] {
  return hits.filter((hit) => hit.path === path && hit.line === line && hit.probe === probe);
}

/** Whether what is left of the evidence carries the claimed level. */
function levelStands(
  claim: Claim,
  held: readonly Finding[],
  again: ReadonlyMap<string, Examination>,
  whole: Examination | undefined,
): { holds: boolean; why: string } {
  const hits = held.flatMap((finding) => {
    const examination = again.get(finding.path);
    return examination ? hitsAt(finding, examination) : [];
  });
  const aspects = [...again.values()][0]?.aspects ?? [];
  switch (claim.level) {
    case "present": {
      const open = aspects.filter((aspect) => aspect.required && !isProved(aspect, hits));
      if (aspects.length > 0 && open.length === 0)
        return { holds: true, why: "every required condition has an effect that was seen again" };
      return { holds: false, why: `not seen again: ${open.map(({ text }) => text).join("; ") || "anything"}` };
    }
    case "partial":
      return held.length > 0
        ? { holds: true, why: "part of it was seen again" }
        : { holds: false, why: "no finding held" };
    case "absent": {
      if (!whole) return { holds: false, why: "the whole could not be examined again" };
      const level = judge(whole).level;
      const holds = level === "absent" && (held.length > 0 || claim.findings.length === 0);
      return { holds, why: holds ? "examined again: nothing fires on the run path" : `examined again: ${level}` };
    }
    case "unknown":
      return { holds: true, why: "nothing was claimed" };
  }
}

function readsFor({ findings }: Claim): Readonly<Record<string, unknown>>[] {
  const wanted = new Map(
    findings.map(({ path, line }) => [`${path}:${line}`, { file_path: path, offset: line, limit: 1 }]),
  );
  return [...wanted.values()];
}

function probesFor(primitive: string, { level, findings }: Claim): Readonly<Record<string, unknown>>[] {
  const paths = new Set(findings.filter(({ probe }) => !probe.startsWith("statement:")).map(({ path }) => path));
  const whole = level === "absent" ? [{ primitive }] : [];
  return [...whole, ...[...paths].map((path) => ({ primitive, path }))];
}

/** Those calls that were not made yet. A failed call counts as made: the verdict says so. */
function pending(
  wanted: readonly Readonly<Record<string, unknown>>[],
  answered: readonly Answered[],
  tool: string,
): Readonly<Record<string, unknown>>[] {
  const key = (input: Readonly<Record<string, unknown>>) =>
    JSON.stringify([input.file_path, input.offset, input.primitive, input.path]);
  const made = new Set(answered.filter((answer) => answer.tool === tool).map(({ input }) => key(input)));
  return wanted.filter((input) => !made.has(key(input)));
}
