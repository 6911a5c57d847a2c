/**
 * The decisions as a page that people read (`HARNESS.md`): what to build first and why, what to skip and what brings each
 * back, and the first steps. Its first line carries the hash of the rest, so that a page somebody wrote on is known.
 */
import { sha256 } from "../../../infra/ids.ts";
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import { primitiveNamed } from "../evaluate/primitives.ts";
import { rubric } from "../evaluate/rubric.ts";
import { type Decision, type Decisions, untilWords } from "./decide.ts";
import { firstSteps } from "./first-steps.ts";
import { labelOf, type QuestionId, questionNamed } from "./questions.ts";

const FIRST_MAX = 3;
const mark = (body: string): string => `<!-- swarm design: sha256 ${sha256(Buffer.from(body))} -->\n`;

/** Whether it is still as `swarm design` wrote it. */
export function isUntouched(text: string): boolean {
  const end = text.indexOf("\n") + 1;
  return end > 0 && text.slice(0, end) === mark(text.slice(end));
}

/** Pure. `assumed`: questions that nobody answered. */
export function harnessText(decisions: Decisions, assumed: readonly string[]): string {
  const body = [...opening(decisions), ...built(decisions), ...skipped(decisions), ...asked(decisions, assumed)].join(
    "\n",
  );
  return `${mark(`${body}\n`)}${body}\n`;
}

const decisionOf = ({ primitives }: Decisions, id: PrimitiveId): Decision => {
  const found = primitives.find((decision) => decision.id === id);
  if (found === undefined) throw new Error(`nothing was decided about ${id}`);
  return found;
};

const titleOf = (id: PrimitiveId): string => primitiveNamed(id).title;
const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

function opening({ order, primitives, contradictions }: Decisions): string[] {
  const left = primitives.length - order.length;
  return [
    "# The harness",
    "",
    `${order.length} of ${primitives.length} primitives are worth building now; ${left} are left out until something below comes true.`,
    "The least that carries the answers at the end of this page: what is not asked for is not built.",
    "",
    ...(contradictions.length === 0
      ? []
      : [
          "## Taken against advice",
          "",
          ...contradictions.map(({ id, says }) => `- ${says} It stands because that was confirmed (\`${id}\`).`),
          "",
        ]),
    "## First steps",
    "",
    ...order.slice(0, FIRST_MAX).map((id, index) => `${index + 1}. **${titleOf(id)}.** ${firstSteps[id]}`),
    "",
    "Check what stands against this page, without a model and without cost:",
    "",
    "    swarm evaluate . --analyst local --against .",
    "",
  ];
}

function built(decisions: Decisions): string[] {
  return [
    "## Build, in this order",
    "",
    ...decisions.order.flatMap((id, index) => {
      const { level, reasons, triggers } = decisionOf(decisions, id);
      if (level === null) return [];
      const enough = level === "partial" ? "Half is enough" : "Wanted in full";
      return [
        `### ${index + 1}. ${titleOf(id)}: ${level}`,
        "",
        ...reasons.map((reason) => `- ${sentence(reason)}`),
        `- ${enough}: ${rubric[id][level]}.`,
        ...(triggers.length === 0 ? [] : [`- More of it when ${untilWords(triggers)}.`]),
        "",
      ];
    }),
  ];
}

function skipped(decisions: Decisions): string[] {
  const rows = decisions.primitives.filter(({ decision }) => decision === "skip");
  if (rows.length === 0) return [];
  return [
    "## Skip, until",
    "",
    ...rows.map(({ id, reasons, triggers }) => {
      const why = reasons.join("; ");
      return `- **${titleOf(id)}**: ${why}. Skip until ${untilWords(triggers)}.`;
    }),
    "",
  ];
}

function asked({ answers }: Decisions, assumed: readonly string[]): string[] {
  return [
    "## What was answered",
    "",
    ...Object.entries(answers).map(([id, answer]) => {
      const note = assumed.includes(id) ? " (nobody said so: the lean answer)" : "";
      return `- ${questionNamed(id as QuestionId).ask} ${sentence(labelOf(id as QuestionId, answer))}${note}`;
    }),
    "",
    "When an answer changes, run `swarm design` again: the decisions follow from the answers alone.",
  ];
}
