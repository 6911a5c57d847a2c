/** The performer of tool calls: what was not judged is not run. */
import { expect, it } from "vitest";
import { toolRun } from "../../../actors/runtime/effects/tool-run.ts";
import { inputHashOf } from "../../../actors/runtime/judge.ts";
import type { PerformContext } from "../../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { openBox } from "../../../infra/sandbox/workspace-box.ts";

const input = { file_path: "package.json", limit: 1 };

const context = (given: unknown): PerformContext => ({
  address: { run: "r", actor: "a", type: "explore" },
  run: { workspace: process.cwd(), config: runConfigSchema.parse({}) } as PerformContext["run"],
  rights: { tools: ["Read"], plugins: "none" },
  effectId: "r/a/0.3:0",
  session: null,
  entries: [{ role: "assistant", content: [{ type: "tool_use", id: "c", name: "Read", input: given }] }],
  grant: null,
  signal: new AbortController().signal,
});

const opened: string[] = [];
const perform = toolRun({
  box: (workspace) => {
    opened.push(workspace);
    return openBox(workspace);
  },
  journal: null,
  monotonicMs: () => 0,
});
const order = { type: "tool.run", call: "c", tool: "Read", inputHash: inputHashOf(input) } as const;
const textOf = (answer: Awaited<ReturnType<typeof perform>>): string => JSON.stringify(answer.entries);

it("an input that is the one that was judged is run", async () => {
  const answer = await perform(order, context(input));
  expect(answer.event).toMatchObject({ type: "tool.finished", ok: true });
  expect(opened).toHaveLength(1);
});

it("an input that is not the one that was judged is never run, and the answer says so", async () => {
  opened.length = 0;
  const answer = await perform(order, context({ ...input, file_path: "README.md" }));
  expect(answer.event).toMatchObject({ type: "tool.finished", ok: false });
  expect(textOf(answer)).toContain("not the one that was judged");
  expect(opened).toEqual([]);
});

it("the order of an input's keys does not make it another input", async () => {
  const answer = await perform(order, context({ limit: 1, file_path: "package.json" }));
  expect(answer.event).toMatchObject({ ok: true });
});
