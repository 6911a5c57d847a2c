/** The gate of `--fail-on`: whether an evaluation falls below what its caller asked for. */
import type { Evaluation } from "./assess.ts";
import type { Level } from "./finding.ts";

export const FAIL_ON_LEVELS = ["partial", "absent", "unknown"] as const;
export type FailOnLevel = (typeof FAIL_ON_LEVELS)[number];

/** Not knowing is as bad as not having: a gate that lets `unknown` pass would pass what nobody understood. */
const badness: Readonly<Record<Level, number>> = { present: 0, partial: 1, absent: 2, unknown: 2 };

/** True when any primitive is at `level` or worse: the command then exits with 3. */
export const failOn = ({ primitives }: Pick<Evaluation, "primitives">, level: FailOnLevel): boolean =>
  primitives.some((primitive) => badness[primitive.level] >= badness[level]);
