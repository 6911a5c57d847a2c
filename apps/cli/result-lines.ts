/**
 * A result's value as people read it: a plan as its graph, an answer with its pages, a verdict point by point. What is of
 * no form that is known here is shown as it is.
 */
import { z } from "zod";
import { planSchema, type TaskPlan } from "../../machines/task-plan.ts";
import { harmless } from "./print.ts";

type Shown = (value: unknown) => readonly string[] | null;

/** Harmless lines, ready to be written. */
export function resultLines(value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  const lines = SHOWN.reduce<readonly string[] | null>((found, shown) => found ?? shown(value), null);
  return (lines ?? [JSON.stringify(value)]).flatMap((line) => line.split("\n")).map(harmless);
}

const shownAs =
  <Schema extends z.ZodType>(schema: Schema, lines: (value: z.output<Schema>) => readonly string[]): Shown =>
  (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? lines(parsed.data) : null;
  };

const SHOWN: readonly Shown[] = [
  shownAs(planSchema, planLines),
  shownAs(
    z.object({
      answer: z.string(),
      pages: z.array(z.object({ page: z.string(), section: z.string(), quote: z.string() })),
    }),
    ({ answer, pages }) => [
      answer,
      "",
      ...pages.map(({ page, section, quote }) => `  ${page}, ${section}: "${quote}"`),
    ],
  ),
  shownAs(
    z.object({
      verdict: z.string(),
      points: z.array(z.object({ point: z.string(), holds: z.string(), why: z.string() })),
    }),
    ({ verdict, points }) => [
      `the claim ${verdict === "undecided" ? "is undecided" : verdict}`,
      ...points.flatMap(({ point, holds, why }) => [`  ${holds.padEnd(7)} ${point}`, `          ${why}`]),
    ],
  ),
  shownAs(
    z.object({
      summary: z.string(),
      wrote: z.array(z.string()),
      toAdd: z.array(z.object({ file: z.string(), lines: z.string() })),
    }),
    ({ summary, wrote, toAdd }) => [
      summary,
      ...(wrote.length === 0 ? [] : ["", `wrote ${wrote.join(", ")}`]),
      ...toAdd.flatMap(({ file, lines }) => ["", `to add to ${file}:`, ...indented(lines, "  ")]),
    ],
  ),
  shownAs(
    z.object({ summary: z.string(), changed: z.array(z.string()).default([]), ran: z.array(z.string()).default([]) }),
    ({ summary, changed, ran }) => [
      summary,
      ...changed.map((path) => `  changed ${path}`),
      ...ran.map((command) => `  ran ${command}`),
    ],
  ),
  shownAs(
    z.strictObject({
      tasks: z.record(
        z.string(),
        z.strictObject({
          status: z.string(),
          result: z.string().nullable(),
          value: z.unknown(),
          reasons: z.array(z.string()),
          notDone: z.array(z.string()),
        }),
      ),
    }),
    ({ tasks }) => Object.entries(tasks).flatMap(([id, task]) => taskResultLines(id, task)),
  ),
];

/** Lines of one task's value, at most: more is for `--json`. */
const TASK_LINES_MAX = 12;

interface ShownTask {
  readonly status: string;
  readonly value: unknown;
  readonly reasons: readonly string[];
  readonly notDone: readonly string[];
}

function taskResultLines(id: string, { status, value, reasons, notDone }: ShownTask): string[] {
  const mark = status === "verified" ? "✓" : status === "skipped" ? "-" : "✗";
  const all = status === "verified" ? resultLines(value).flatMap((line) => line.split("\n")) : [];
  const more = all.length - TASK_LINES_MAX;
  const said = more > 0 ? [...all.slice(0, TASK_LINES_MAX), `… and ${more} more lines`] : all;
  return [
    `${mark} ${id}: ${status}`,
    ...said.map((line) => `    ${line}`),
    ...reasons.map((one) => `    ${one}`),
    ...notDone.map((one) => `    not done: ${one}`),
  ];
}

const indented = (text: string, by: string): string[] => text.split("\n").map((line) => `${by}${line}`);

/** In waves: what stands in one can be worked on at the same time. */
function planLines({ tasks, why, risks }: TaskPlan): string[] {
  const waves = wavesOf(tasks);
  return [
    `${tasks.length} ${tasks.length === 1 ? "task" : "tasks"} in ${waves.length} ${waves.length === 1 ? "wave" : "waves"}: ${why}`,
    ...waves.flatMap((wave, at) => ["", `wave ${at + 1}`, ...wave.flatMap(taskLines)]),
    ...(risks.length === 0 ? [] : ["", "risks", ...risks.map((risk) => `  - ${risk}`)]),
  ];
}

type PlanTask = TaskPlan["tasks"][number];

const taskLines = ({ id, agentType, needs, goal, why }: PlanTask): string[] => [
  `  ${id} (${agentType})${needs.length === 0 ? "" : ` <- ${needs.join(", ")}`}`,
  ...indented(goal, "      "),
  `      why: ${why}`,
];

/** Each task in the first wave in which all it needs is done. What can never start (a circle) comes last, together. */
function wavesOf(tasks: readonly PlanTask[]): PlanTask[][] {
  const done = new Set<string>();
  const waves: PlanTask[][] = [];
  let left = [...tasks];
  while (left.length > 0) {
    const ready = left.filter(({ needs }) => needs.every((need) => done.has(need)));
    const wave = ready.length === 0 ? left : ready;
    waves.push(wave);
    for (const { id } of wave) done.add(id);
    left = left.filter((task) => !wave.includes(task));
  }
  return waves;
}
