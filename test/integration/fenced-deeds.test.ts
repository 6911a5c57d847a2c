/** Laws of the last look before the gate: what nobody wants any more is not begun, though no signal has come through yet. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { toolRun } from "../../actors/runtime/effects/tool-run.ts";
import { inputHashOf } from "../../actors/runtime/judge.ts";
import { EffectAborted, type PerformContext } from "../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { general } from "../../actors/types/general.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import { openTestJournal, type TestJournal } from "../support/journal.ts";

const EFFECT = "r_one/a_goal/0.3:0";
const calls = [
  ["Write", { file_path: "made.txt", content: "meant\n" }],
  ["Bash", { command: "echo x > made.txt" }],
] as const;

const act = (given: TestJournal, tool: string, input: unknown, isWanted: () => Promise<boolean>) => {
  const context: PerformContext = {
    address: { run: "r_one", actor: "a_goal", type: "general" },
    run: {
      workspace: given.workspace,
      config: runConfigSchema.parse({ permissions: { allow: ["Bash", "Write"] } }),
    } as unknown as PerformContext["run"],
    rights: general.rights,
    effectId: EFFECT,
    session: null,
    entries: [{ role: "assistant", content: [{ type: "tool_use", id: "c", name: tool, input }] }],
    grant: null,
    isWanted,
    signal: new AbortController().signal,
  };
  const perform = toolRun({
    box: (workspace) => openBox(workspace),
    journal: given.journal,
    monotonicMs: () => performance.now(),
  });
  return perform({ type: "tool.run", call: "c", tool, inputHash: inputHashOf(input) }, context);
};

it.each(calls)(
  "%s of an actor that is fenced meanwhile is not begun: no gate, no deed, no answer",
  async (tool, input) => {
    const given = await openTestJournal();
    await expect(act(given, tool, input, () => Promise.resolve(false))).rejects.toBeInstanceOf(EffectAborted);
    expect(await given.journal.look(EFFECT)).toBeNull();
    expect(existsSync(join(given.workspace, "made.txt"))).toBe(false);
  },
);

it.each(calls)("%s is asked about once, right before its gate, and done where it is wanted", async (tool, input) => {
  const given = await openTestJournal();
  const gates: unknown[] = [];
  const answer = await act(given, tool, input, async () => {
    gates.push(await given.journal.look(EFFECT));
    return true;
  });
  expect(gates).toEqual([null]);
  expect(answer.event).toMatchObject({ type: "tool.finished", ok: true });
  expect(existsSync(join(given.workspace, "made.txt"))).toBe(true);
});
