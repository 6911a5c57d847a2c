/**
 * How the analyst ends a task: by the Report tool, with evidence for every line it relies on. A rejected report is
 * corrected once; after that the analyst says that it is blocked.
 */
import { z } from "zod";
import type { BrainAnswer, BrainRequest } from "../brain.ts";
import { type Answered, answeredIn, hasTool, toolUse } from "./conversation.ts";
import type { Finding } from "./judgement.ts";

const label = "Local analysis";

export interface Evidence {
  readonly kind: "file";
  readonly path: string;
  readonly line: number;
  readonly quote: string;
}

export function evidenceOf(findings: readonly Finding[]): Evidence[] {
  const seen = new Set<string>();
  return findings.flatMap(({ path, line, quote }) => {
    const place = `${path}:${line}`;
    if (seen.has(place)) return [];
    seen.add(place);
    return [{ kind: "file" as const, path, line, quote }];
  });
}

export function reportDone(value: unknown, evidence: readonly Evidence[]): BrainAnswer {
  return use("Report", { outcome: "done", value, evidence, notDone: [] });
}

/** Says through Report what could not be done, or in words where there is no Report. */
export function reportBlocked(request: BrainRequest, reason: string, value?: unknown): BrainAnswer {
  const notDone = `${label}: ${reason}`;
  if (!hasTool(request, "Report")) return { content: [{ type: "text", text: notDone }], stopReason: "end_turn" };
  return use("Report", { outcome: "blocked", ...(value !== undefined && { value }), evidence: [], notDone: [notDone] });
}

export function use(name: string, input: Readonly<Record<string, unknown>>): BrainAnswer {
  return { content: [toolUse(name, input)], stopReason: "tool_use" };
}

export function useAll(name: string, inputs: readonly Readonly<Record<string, unknown>>[]): BrainAnswer {
  return { content: inputs.map((input) => toolUse(name, input)), stopReason: "tool_use" };
}

/** The reports that came back with reasons, oldest first. */
export function rejectionsIn(request: BrainRequest): Answered[] {
  return answeredIn(request).filter(({ tool, isError }) => tool === "Report" && isError);
}

const evidenceSchema = z.array(z.object({ path: z.string(), line: z.number() }));

/**
 * The places of a rejected report that its reasons name, as `path:line`. Reasons may name a place by path and line, by
 * its number in the evidence, or by path alone, which then means every line of it.
 */
export function rejectedPlaces({ text, input }: Answered): Set<string> {
  const parsed = evidenceSchema.safeParse(input.evidence);
  const evidence = parsed.success ? parsed.data : [];
  const numbered = new Set(
    [...text.matchAll(/evidence(?:\s*#|\[|\.|\s+)(\d{1,3})/gi)].map((match) => Number(match[1])),
  );
  const exact = evidence.filter(({ path, line }, index) => numbered.has(index) || namesLine(text, path, line));
  const chosen = exact.length > 0 ? exact : evidence.filter(({ path }) => text.includes(path));
  return new Set(chosen.map(({ path, line }) => `${path}:${line}`));
}

function namesLine(text: string, path: string, line: number): boolean {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const after = /^["'`]?(?::|,?\s+line:?\s+|#L)(\d+)/.exec(text.slice(at + path.length, at + path.length + 24));
    if (after && Number(after[1]) === line) return true;
  }
  return false;
}
