/**
 * The mechanical half of an evaluation's verification, whoever claims: every quoted line is read again, every probe that is
 * named is run again on its file, and a claim that contradicts itself is refused. No model is asked and no word believed.
 */
import { z } from "zod";
import type { Box } from "../../registry/box.ts";
import { type Examination, examine } from "../../registry/probes/examine.ts";
import { type PrimitiveId, primitiveIds, READ_MARK, type Strength, strengths } from "../../registry/probes/finding.ts";
import { examineFile, openPass } from "../../registry/probes/shared-pass.ts";
import { type FileFacts, quoteOf } from "../../registry/probes/source/facts.ts";
import type { Workspace } from "../../registry/probes/source/workspace.ts";
import { quoteHolds } from "../../registry/quote.ts";

const findingSchema = z.object({
  path: z.string().min(1).max(4_096),
  line: z.int().min(1),
  quote: z.string().max(10_000),
  probe: z.string().max(1_000),
  strength: z.enum(strengths).optional(),
});
/** The form by which such a claim is known. More findings than that are refused by the contract already. */
const claimSchema = z.object({
  primitive: z.enum(primitiveIds),
  level: z.enum(["present", "partial", "absent", "unknown"]),
  maturity: z.number(),
  findings: z.array(findingSchema).max(100),
});
type Claim = z.infer<typeof claimSchema>;
type Finding = z.infer<typeof findingSchema>;

interface Looking {
  readonly box: Box;
  readonly signal: AbortSignal;
  readonly workspace: Workspace;
  readonly primitive: PrimitiveId;
}

/** In words, one for each problem; none where the value is no such claim. Throws on breakage, and when aborted. */
export async function findingProblems(value: unknown, box: Box, signal: AbortSignal): Promise<string[]> {
  const parsed = claimSchema.safeParse(value);
  if (!parsed.success) return [];
  const claim = parsed.data;
  const problems = contradictions(claim);
  const quoted: Finding[] = [];
  for (const [index, finding] of claim.findings.entries()) {
    const verdict = await quoteHolds(box, finding, signal);
    if (verdict.holds) quoted.push(finding);
    else problems.push(`${named(index, finding)}: ${verdict.why}`);
  }
  if (quoted.length === 0) return problems;
  const { primitive } = claim;
  const looking = { box, signal, primitive, workspace: await openPass(box, signal) };
  for (const finding of quoted) {
    const problem = await proofProblem(finding, looking);
    if (problem !== null) problems.push(`${named(claim.findings.indexOf(finding), finding)}: ${problem}`);
  }
  return problems;
}

const named = (index: number, { path, line }: Finding): string => `findings[${index}] ${path}:${line}`;

const maturityOf: Readonly<Record<Claim["level"], readonly [number, number]>> = {
  absent: [0, 0],
  unknown: [0, 0],
  partial: [1, 1],
  present: [2, 4],
};
const isTest = ({ probe, strength }: Finding): boolean => strength === "test" || probe.startsWith("test-");

function contradictions({ level, maturity, findings }: Claim): string[] {
  const [least, most] = maturityOf[level];
  const problems: string[] = [];
  if (maturity < least || maturity > most)
    problems.push(`maturity ${maturity} contradicts the level ${level}, which is ${least === most ? least : "2 to 4"}`);
  if (maturity >= 3 && !findings.some(isTest))
    problems.push(`maturity ${maturity} says that tests assert it, and no finding quotes a test`);
  if (level !== "unknown" && findings.length === 0)
    problems.push(`the level ${level} is claimed without a single finding; without one it is unknown`);
  return problems;
}

async function proofProblem(finding: Finding, looking: Looking): Promise<string | null> {
  const { workspace, primitive, signal, box } = looking;
  if (finding.probe.startsWith("statement:")) {
    const { hits } = await examine(workspace, primitive, signal);
    const denied = hits.some((hit) => hit.path === finding.path && firesAt(finding, [hit]));
    return denied ? null : `${finding.probe} does not fire there when Probe is run again`;
  }
  const again = await examineFile(workspace, box, { primitive, path: finding.path }, signal);
  if (typeof again === "string") {
    if (!isUnparsed(again)) return again;
    return isProse(finding.path) ? "a document proves nothing" : readProblem(finding);
  }
  const { hits, anchors } = again.examination;
  const isAnchor = anchors.some(({ kind, line }) => line === finding.line && finding.probe === `anchor:${kind}`);
  if (isAnchor || firesAt(finding, hits)) return strengthProblem(finding, hits);
  return codeProblem(finding, again.facts) ?? readProblem(finding);
}

/** The probes have no parser for it, or not for so much of it: a reader may have understood it all the same. */
const isUnparsed = (why: string): boolean => / (unsupported language|too large)\.$/.test(why);

/** Text about the program. What agents are made of (their prompts and definitions) may be text, and is the program. */
const isProse = (path: string): boolean =>
  /\.(mdx?|rst|txt|adoc|html?)$/i.test(path) && !/(^|\/)(agents|prompts|commands|skills|personas)\//i.test(path);

const firesAt = ({ line, probe }: Finding, hits: Examination["hits"]): boolean =>
  hits.some((hit) => hit.line === line && hit.probe === probe);

/** What is called an effect, and is a declaration by the probe that is named for it, is no effect. */
function strengthProblem({ line, probe, strength }: Finding, hits: Examination["hits"]): string | null {
  if (strength === undefined) return null;
  const fired = hits.filter((hit) => hit.line === line && hit.probe === probe).map((hit) => hit.strength);
  if (fired.length === 0 || fired.some((one) => rank(one) >= rank(strength) || one === strength)) return null;
  return `it is called ${strength}, and ${probe} found only a ${fired.join(", ")} there`;
}
const rank = (strength: Strength): number => strengths.indexOf(strength);

/** Comments and the inside of strings say what they like. */
function codeProblem({ line, quote, strength, probe }: Finding, facts: FileFacts): string | null {
  const from = facts.lineStarts[line - 1] ?? 0;
  const to = facts.lineStarts[line - 1 + quote.trim().split("\n").length] ?? facts.source.length;
  if (quoteOf(facts, line) !== "" && facts.code.slice(from, to).trim() === "")
    return "there is no code on that line: a comment or a text proves nothing";
  if (facts.role === "test" && !isTest({ strength, probe } as Finding))
    return "it lies in a test, which proves that something is asserted (strength test) and nothing else";
  return null;
}

function readProblem({ probe, strength }: Finding): string | null {
  if (!probe.startsWith(READ_MARK))
    return `the probe ${JSON.stringify(probe.slice(0, 80))} does not fire there when it is run again; a line that only you have read is named "${READ_MARK} <what it shows>"`;
  return strength === undefined ? "no probe fires there, so it must say its strength" : null;
}
