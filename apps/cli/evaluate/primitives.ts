/** The twelve primitives of a production agent harness, as people read them, in the order of the source. */
import type { PrimitiveId } from "../../../registry/probes/finding.ts";

export type Tier = "day one" | "operational maturity";

export interface Primitive {
  readonly id: PrimitiveId;
  readonly title: string;
  /** What it is good for, in one line of at most 80 characters. */
  readonly purpose: string;
  readonly tier: Tier;
}

const dayOne = (id: PrimitiveId, title: string, purpose: string): Primitive => ({
  id,
  title,
  purpose,
  tier: "day one",
});
const mature = (id: PrimitiveId, title: string, purpose: string): Primitive => ({
  id,
  title,
  purpose,
  tier: "operational maturity",
});

export const primitives: readonly Primitive[] = [
  dayOne(
    "tool-registry",
    "Tool registry",
    "Tools are data: listed, searched and looked up by name without running one.",
  ),
  dayOne("permission-system", "Permission system", "Something decides before a call acts, and its no is final."),
  dayOne(
    "session-persistence",
    "Session persistence",
    "A conversation outlives its process and goes on where it stood.",
  ),
  dayOne("workflow-state", "Workflow state", "Where the work stands is stored apart from what was said."),
  dayOne("token-budget", "Token budget", "Spending is counted and stopped before the limit, not after."),
  dayOne("streaming-events", "Streaming events", "Typed events tell what is happening while it happens."),
  dayOne("system-event-log", "System event log", "What the harness did is recorded apart from the conversation."),
  dayOne(
    "two-level-verification",
    "Two-level verification",
    "Results are checked before use, and tests hold the guards.",
  ),
  mature(
    "tool-pool-assembly",
    "Tool pool assembly",
    "Each session is offered the tools that fit it, not all there are.",
  ),
  mature("transcript-compaction", "Transcript compaction", "Long conversations shrink by rule instead of overflowing."),
  mature(
    "permission-audit-trail",
    "Permission audit trail",
    "Every yes and no can be found again, with who, why and when.",
  ),
  mature(
    "agent-type-system",
    "Agent type system",
    "Named kinds of agent, each with its own prompt and its own rights.",
  ),
];

export const primitiveNamed = (id: PrimitiveId): Primitive => {
  const found = primitives.find((primitive) => primitive.id === id);
  if (found === undefined) throw new Error(`no primitive is called ${id}`);
  return found;
};
