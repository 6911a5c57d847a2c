/**
 * What to do next, leanest first: what every harness needs from its first day, then what makes it observable, then
 * what pays once sessions outlive a process. A second agent is never recommended for its own sake.
 */
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import type { AssessedPrimitive } from "./assess.ts";
import type { Level } from "./finding.ts";
import { primitiveNamed } from "./primitives.ts";

export interface Step {
  readonly primitive: PrimitiveId;
  readonly level: Exclude<Level, "present">;
  readonly step: string;
  /** When it starts to be worth doing; absent: now. */
  readonly when?: string;
}

interface Stage {
  readonly when?: string;
  readonly ids: readonly PrimitiveId[];
}

const stages: readonly Stage[] = [
  {
    ids: ["tool-registry", "session-persistence", "token-budget", "permission-system", "two-level-verification"],
  },
  { ids: ["streaming-events", "system-event-log"] },
  {
    when: "once sessions outlive a process",
    ids: ["workflow-state", "transcript-compaction", "permission-audit-trail"],
  },
  { when: "above about 15 tools", ids: ["tool-pool-assembly"] },
  { when: "only where two kinds of work need different rights", ids: ["agent-type-system"] },
];

const need: Readonly<Record<Level, number>> = { absent: 0, partial: 1, unknown: 2, present: 3 };

/** One step for each primitive that is not present, by stage, within a stage what is missing before what is half there. */
export function recommended(assessed: readonly AssessedPrimitive[]): Step[] {
  return stages.flatMap(({ when, ids }) =>
    ids
      .flatMap((id) => assessed.filter((primitive) => primitive.id === id))
      .sort((left, right) => need[left.level] - need[right.level])
      .flatMap(({ id, level, next }): Step[] => {
        // One agent is not a defect: there is nothing to do about it.
        if (level === "present" || (id === "agent-type-system" && level === "absent")) return [];
        return [{ primitive: id, level, step: next, ...(when !== undefined && level !== "unknown" && { when }) }];
      }),
  );
}

/** The few steps worth doing now: what is unknown is to be read by hand, which is no step of building. */
export const stepsNow = (steps: readonly Step[], max: number): Step[] =>
  steps.filter(({ level }) => level !== "unknown").slice(0, max);

/** The agent's own advice where it still fits the level that is reported, else ours. */
export function stepFor(id: PrimitiveId, level: Level, advice: string | undefined, failed = false): string {
  if (id === "agent-type-system" && level === "absent")
    return "Stay with one agent; a second type is worth it only when it needs other rights.";
  if (advice !== undefined) return advice;
  const title = primitiveNamed(id).title.toLowerCase();
  if (failed) return `Evaluate it again with --only ${id}, or read the ${title} by hand.`;
  return `Read the ${title} by hand, starting from the findings that did not hold.`;
}
