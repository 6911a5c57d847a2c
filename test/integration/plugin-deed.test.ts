/** Laws of a plugin call that must not happen twice: the gate, what a lost worker leaves, and what is told of it. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { actingBox, OutcomeUnknown } from "../../actors/runtime/acting-box.ts";
import { toolReconcile } from "../../actors/runtime/effects/tool-reconcile.ts";
import { placed } from "../../actors/runtime/ordered.ts";
import { EffectAborted, type PerformContext } from "../../actors/runtime/performer.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import { linesIn, openTestJournal, type TestJournal } from "../support/journal.ts";
import { hostileServer, openPluginStage, type PluginStage, stdio, toolOf } from "../support/plugin-stage.ts";
import { eventually } from "../support/swarm-cli.ts";

const EFFECT = "r_one/a_goal/0.3:0";

async function given() {
  const journal = await openTestJournal();
  const stage = await openPluginStage({ off: true });
  const plugin = await stage.approved(stdio([hostileServer]));
  return { journal, stage, plugin, marks: join(stage.workspace, "marks") };
}

async function deed(
  { journal, stage, plugin }: Pick<Awaited<ReturnType<typeof given>>, "journal" | "stage" | "plugin">,
  tool: string,
  input: unknown,
  signal = new AbortController().signal,
) {
  const box = actingBox({
    box: await openBox(stage.workspace),
    journal: journal.journal,
    effect: EFFECT,
    inputHash: "h",
    signal,
    mayChange: () => false,
    lastSeen: () => undefined,
    plugins: stage.hands,
    changed: () => {},
  });
  if (box.plugin === undefined) throw new Error("no door");
  return box.plugin(plugin, toolOf(plugin, tool), input, { signal, timeoutMs: 20_000 });
}

const find = (journal: TestJournal, stage: PluginStage, inputHash = "h") =>
  toolReconcile({ box: () => openBox(stage.workspace), journal: journal.journal, holderWaitMs: 200 })(
    {
      type: "tool.reconcile",
      call: "c",
      tool: "mcp__srv__count",
      inputHash,
      effect: EFFECT,
      place: journal.journal.place,
    },
    { signal: new AbortController().signal, effectId: "r_one/a_goal/0.4:0" } as PerformContext,
  );

it("under one effect it happens once, and what was answered is known to whoever asks later", async () => {
  const all = await given();
  const first = await deed(all, "count", { path: all.marks });
  expect([first.ok, first.text]).toEqual([true, expect.stringContaining("counted")]);
  await expect(deed(all, "count", { path: all.marks })).rejects.toThrow(OutcomeUnknown);
  expect(linesIn(all.marks)).toEqual(["done"]);
  const found = await find(all.journal, all.stage);
  expect(found.event).toMatchObject({ type: "tool.finished", ok: true });
  expect(JSON.stringify(found.entries)).toContain("counted");
});

it("begun and lost, it is interrupted; never begun, it did not happen and no longer can", async () => {
  const all = await given();
  await all.journal.journal.take(EFFECT, "h", { kind: "call", server: "srv", tool: "count" });
  const lost = await find(all.journal, all.stage);
  expect(lost.event).toMatchObject({
    type: "tool.interrupted",
    reason: expect.stringContaining("server srv was asked"),
  });

  const other = await given();
  expect((await find(other.journal, other.stage)).event).toMatchObject({ type: "tool.reconciled", happened: false });
  await expect(deed(other, "count", { path: other.marks })).rejects.toThrow(OutcomeUnknown);
  expect(linesIn(other.marks)).toEqual([]);
});

it("a server that dies in the call leaves a failed call that says it may have been done", async () => {
  const all = await given();
  const answer = await deed(all, "crash", {});
  expect([answer.ok, answer.text]).toEqual([
    false,
    expect.stringMatching(/exit code 3.*It may or may not have been done/),
  ]);
  expect((await find(all.journal, all.stage)).event).toMatchObject({ type: "tool.finished", ok: false });
});

it("what fails before the server is asked takes no gate", async () => {
  const all = await given();
  await all.stage.call(all.plugin, "pull");
  const changed = await deed(all, "echo", { text: "x" });
  expect([changed.ok, changed.text]).toEqual([false, expect.stringContaining("is not the tool that was approved")]);
  expect(await all.journal.journal.look(EFFECT)).toBeNull();
});

it("a worker that only lets go waits no longer, and the answer is kept for whoever takes over", async () => {
  const all = await given();
  const leaving = new AbortController();
  const waiting = deed(all, "count", { path: all.marks, waitMs: 3_000 }, leaving.signal);
  await eventually("it was begun", () => linesIn(all.marks).length === 1);
  leaving.abort(new EffectAborted(EFFECT, "left"));
  await expect(waiting).rejects.toThrow(EffectAborted);
  const found = await eventually("the answer is written down", async () => {
    const seen = await all.journal.journal.look(EFFECT);
    return seen?.outcome;
  });
  expect(found).toMatchObject({ kind: "call", ok: true, text: expect.stringContaining("counted") });
});

it("the order of every plugin call names the host that can tell what became of it", () => {
  const order = { type: "tool.run", call: "c", tool: "mcp__srv__count", inputHash: "h" } as const;
  expect(placed(order, "h_here")).toEqual({ ...order, place: "h_here" });
  expect(placed({ ...order, tool: "Read" }, "h_here")).toEqual({ ...order, tool: "Read" });
});
