/**
 * The gate of `--fail-on`: whether an evaluation falls below what its caller asked for. Levels, and what stands beside them:
 * `worse` than a baseline, `disagreement` between the model and the local analyst.
 */
import { SwarmError } from "../../../infra/errors.ts";
import { oneOf } from "../flags.ts";
import type { AssessedPrimitive, Evaluation } from "./assess.ts";
import type { Level } from "./finding.ts";
import type { Measured } from "./measures.ts";
import { gateLevel } from "./second-opinion.ts";

const FAIL_ON_LEVELS = ["partial", "absent", "unknown"] as const;
type FailOnLevel = (typeof FAIL_ON_LEVELS)[number];
const FAIL_ON = [...FAIL_ON_LEVELS, "worse", "disagreement"] as const;
type FailOn = (typeof FAIL_ON)[number];

/** Not knowing is as bad as not having: a gate that lets `unknown` pass would pass what nobody understood. */
const badness: Readonly<Record<Level, number>> = { present: 0, partial: 1, absent: 2, unknown: 2 };
const falls = (primitive: Pick<AssessedPrimitive, "level" | "local">, level: FailOnLevel): boolean =>
  badness[gateLevel(primitive)] >= badness[level];

/** True when any primitive is at `level` or worse: the command then exits with 3. */
export const failOn = ({ primitives }: Pick<Evaluation, "primitives">, level: FailOnLevel): boolean =>
  primitives.some((primitive) => falls(primitive, level));

/** Some of {@link FAIL_ON}, with commas between; none where the flag is not given. Throws SwarmError `usage.flag`, exit 2. */
export function failOnOf(flags: Record<string, unknown>): readonly FailOn[] {
  if (flags.failOn === undefined) return [];
  const words = String(flags.failOn).split(",");
  const chosen = words.flatMap((word) => oneOf(word.trim(), "--fail-on", FAIL_ON) ?? []);
  if (chosen.includes("worse") && flags.baseline === undefined) {
    throw new SwarmError("usage.fail_on", "--fail-on worse: worse than what? There is no --baseline", {
      exit: 2,
      hint: "Add --baseline FILE, the document of an earlier `swarm evaluate PATH --json`.",
    });
  }
  return chosen;
}

/** Throws SwarmError `usage.fail_on`, exit 2, where nobody stands beside the local analyst that could disagree with it. */
export function refuseLoneGate(chosen: readonly FailOn[], beside: boolean): void {
  if (beside || !chosen.includes("disagreement")) return;
  throw new SwarmError(
    "usage.fail_on",
    "--fail-on disagreement: the local analyst judges alone, so nobody can disagree",
    {
      exit: 2,
      hint: "Ask a model (ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL, without --analyst local), or leave it out.",
    },
  );
}

/** In words, why the gate does not let this pass; none where it does. */
export function gateFailures(evaluation: Evaluation, { baseline }: Measured, chosen: readonly FailOn[]): string[] {
  return chosen.flatMap((gate): string[] => {
    if (gate === "worse") return worse(baseline);
    if (gate === "disagreement") return contested(evaluation);
    return evaluation.primitives
      .filter((primitive) => falls(primitive, gate))
      .map((primitive) => `${primitive.id} is ${gateLevel(primitive)} (--fail-on ${gate})`);
  });
}

/** What was known and is not known any more fails too: nobody can say that it is no worse. */
function worse(baseline: Measured["baseline"]): string[] {
  const lost = baseline?.unclear.filter(({ after }) => after.level === "unknown") ?? [];
  return [...(baseline?.worse ?? []), ...lost].map(({ id, before, after }) => {
    const maturities = before.level === after.level ? ` (maturity ${before.maturity} → ${after.maturity})` : "";
    return `${id} was ${before.level} and is ${after.level}${maturities} (--fail-on worse)`;
  });
}

/** A gate that asks for agreement does not pass where nobody could disagree. */
function contested({ primitives, comparison, analyst }: Evaluation): string[] {
  if (comparison === undefined) return ["there is no second opinion: the local analyst judged alone"];
  if (comparison.problem !== undefined) return [`there is no second opinion: ${comparison.problem}`];
  return primitives
    .filter(({ local }) => local?.agrees === false)
    .map(
      ({ id, level, local }) =>
        `${id} is ${level} by ${analyst}, ${local?.level} by the local analyst (--fail-on disagreement)`,
    );
}
