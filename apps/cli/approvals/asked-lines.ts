/**
 * What is asked about that is no call of a tool: a plan as the table of its tasks with every word their agents are told,
 * and a question as it was put. Words of models stand behind a margin, every character that could lie spelled out. Pure.
 */
import { z } from "zod";
import { printable, spelled } from "../progress/printable.ts";

const MARGIN = "    │ ";
/** Ids that are named in one cell. */
const IDS_SHOWN = 6;

const planSchema = z.object({
  goal: z.string(),
  instead: z.string().optional(),
  why: z.string(),
  tasks: z.array(
    z.looseObject({
      id: z.string(),
      agent: z.string(),
      needs: z.array(z.string()),
      goal: z.string(),
      why: z.string(),
      checks: z.string().optional(),
    }),
  ),
  drops: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
  risks: z.array(z.string()).default([]),
});

type Plan = z.infer<typeof planSchema>;
const questionSchema = z.object({ question: z.string(), agent: z.string(), task: z.string().optional() });

/** Null where it is shown like every other input: another tool, or one that is not whole. */
export function askedLines(tool: string, input: unknown, linesMax: number): string[] | null {
  if (tool === "AskParent") {
    const asked = questionSchema.safeParse(input);
    return asked.success ? ["  asks:", ...block(asked.data.question, linesMax)] : null;
  }
  const plan = tool === "Plan" ? planSchema.safeParse(input) : null;
  return plan?.success === true ? planLines(plan.data, linesMax) : null;
}

function planLines(plan: Plan, linesMax: number): string[] {
  const { goal, instead, why, tasks, drops, notes, risks } = plan;
  return [
    `  goal  ${spelled(goal)}`,
    ...(instead === undefined ? [] : [`  in place of ${spelled(instead)}, which failed`]),
    ...(drops.length === 0 ? [] : [`  drops ${drops.map(spelled).join(", ")}`]),
    "  says:",
    ...block(why, linesMax),
    ...table(tasks),
    ...tasks.flatMap((task) => taskLines(task, linesMax)),
    ...listed("changed on the way:", notes, linesMax),
    ...listed("risks:", risks, linesMax),
  ];
}

/** Who does what after whom, in one look. */
function table(tasks: Plan["tasks"]): string[] {
  const rows = [
    ["TASK", "AGENT", "NEEDS", "CHECKS"],
    ...tasks.map(({ id, agent, needs, checks = "" }) => [spelled(id), spelled(agent), some(needs), spelled(checks)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

const some = (ids: readonly string[]): string => {
  const more = ids.length - IDS_SHOWN;
  const shown = ids.slice(0, IDS_SHOWN).map(spelled).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown || "-";
};

function taskLines({ id, agent, goal, why, needs: _n, checks: _c, ...more }: Plan["tasks"][number], linesMax: number) {
  return [
    `  ${spelled(id)} (${spelled(agent)}) is told:`,
    ...block(goal, linesMax),
    `    why: ${spelled(why)}`,
    ...Object.entries(more).map(([name, value]) => `    ${spelled(name)}: ${spelled(JSON.stringify(value) ?? "")}`),
  ];
}

const listed = (head: string, texts: readonly string[], linesMax: number): string[] =>
  texts.length === 0 ? [] : [`  ${head}`, ...texts.flatMap((text) => block(text, linesMax))];

export function block(text: string, linesMax: number): string[] {
  const lines = text.split("\n");
  const shown = lines.slice(0, linesMax).map((line) => `${MARGIN}${spelled(line)}`);
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `    … ${more} more lines`] : shown;
}

/** One line of a list; null where it is told like every other call. */
export function askedInOneLine(tool: string, input: unknown): string | null {
  if (tool === "AskParent") {
    const asked = questionSchema.safeParse(input);
    return asked.success
      ? `${printable(asked.data.agent)} asks: ${spelled(asked.data.question.replace(/\n */g, " "))}`
      : null;
  }
  const plan = tool === "Plan" ? planSchema.safeParse(input) : null;
  if (plan?.success !== true) return null;
  const { tasks, instead } = plan.data;
  const place = instead === undefined ? "" : ` in place of ${spelled(instead)}`;
  return `Plan of ${tasks.length} ${tasks.length === 1 ? "task" : "tasks"}${place}: ${tasks.map(({ id }) => spelled(id)).join(", ")}`;
}
