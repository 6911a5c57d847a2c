/** What was taken out does not run, whoever judged it before; and who says that it only looks is watched. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keptOut } from "../../../actors/runtime/drift/kept-out.ts";
import type { Answer, PerformContext, Performers } from "../../../actors/runtime/performer.ts";
import { openPinBook, pluginFindings } from "../../../actors/runtime/pin-book.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { toolWatch } from "../../../actors/runtime/tool-watch.ts";
import type { PinName } from "../../../infra/pins.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { memoryPins } from "../../support/memory-pins.ts";
import { temporaryFolder } from "../../support/workspace.ts";

const echo: PinName = { kind: "tool", scope: "", name: "mcp__srv__echo" };
const A = { hash: "a", text: "A" };
const order = { type: "tool.run", call: "c", tool: echo.name, inputHash: "i" } as const;

const finished: Answer = { event: { type: "tool.finished", call: "c", ok: true } as Answer["event"], told: [] };

async function setup({ risk = "read-only" }: { risk?: ToolDeclaration["risk"] } = {}) {
  const workspace = temporaryFolder();
  mkdirSync(join(workspace, ".swarm"));
  const book = openPinBook({ pins: memoryPins() });
  await book.approve(echo, A, "anna");
  let now = 0;
  const watch = toolWatch({ book, monotonicMs: () => (now += 1_000) });
  const plugin = { ...toolNamed("Read"), name: echo.name, tier: "plugin", risk } as ToolDeclaration;
  const ran: string[] = [];
  const does = { tool: async (): Promise<void> => {}, audit: [] as Answer["audit"] };
  const performers = keptOut(
    {
      "tool.run": async ({ tool }: typeof order) => {
        ran.push(tool);
        await does.tool();
        return finished;
      },
      "model.call": async () => ({ event: { type: "model.answered" }, told: [], audit: does.audit ?? [] }),
    } as unknown as Performers,
    {
      book,
      watch,
      named: async (name) => (name === echo.name ? plugin : toolNamed(name)),
      apart: [join(workspace, ".swarm")],
    },
  );
  const context = {
    address: { run: "r", actor: "a", type: "general" },
    run: { workspace, config: runConfigSchema.parse({}) },
    effectId: "r/a/0.3:0",
    session: null,
    entries: [{ role: "assistant", content: [{ type: "tool_use", id: "c", name: echo.name, input: {} }] }],
    signal: new AbortController().signal,
  } as unknown as PerformContext;
  return { workspace, book, does, ran, call: () => performers["tool.run"](order, context), performers, context };
}

describe("a tool that was taken out", () => {
  it("is not run although its call was judged before, and log, audit and model are told", async () => {
    const { book, call, ran } = await setup();
    await call();
    expect(ran).toEqual([echo.name]);
    await book.found(echo, { hash: "b", text: "B" }, { quarantine: true });
    const answer = await call();
    expect(ran).toEqual([echo.name]);
    expect(answer.event).toMatchObject({ type: "tool.finished", ok: false });
    expect(JSON.stringify(answer.entries)).toContain("was taken out");
    expect(answer.told.map(({ type }) => type)).toEqual(["tool.refused", "registry.drifted"]);
    expect(answer.audit).toMatchObject([{ decision: "deny", rule: "registry.quarantined", said: 0 }]);
  });

  it.each(["read-only", "destructive"] as const)(
    "while its call (%s) was made is told of in the log of that run",
    async (risk) => {
      const { book, call, does } = await setup({ risk });
      does.tool = () => pluginFindings(book).found("", echo.name, { hash: "b", text: "B" });
      const { told } = await call();
      expect(told).toMatchObject([{ type: "registry.drifted", tool: echo.name, state: "quarantined" }]);
    },
  );

  it("by another definition of its server is out from that moment on", async () => {
    const { book, call, ran } = await setup();
    await pluginFindings(book).found("", echo.name, { hash: "b", text: "B" });
    await call();
    expect(ran).toEqual([]);
    expect((await book.look(echo)).history.map(({ what }) => what)).toEqual(["approved", "drifted", "quarantined"]);
    await pluginFindings(book).found("", echo.name, null);
    expect((await book.look(echo)).reasons).toContain("its server does not have it any more");
  });

  it("that drifted and is called by an agent that has it is quarantined for everybody", async () => {
    const { book, does, performers, context } = await setup();
    await book.found(echo, { hash: "b", text: "B" });
    const row = { tool: echo.name, rule: "registry.quarantined", reason: "it is drifted" };
    does.audit = [row] as unknown as Answer["audit"];
    const answer = await performers["model.call"]({ type: "model.call", turn: 1, attempt: 1 }, context);
    expect(answer.told).toEqual([
      { type: "registry.drifted", tool: echo.name, state: "quarantined", reasons: ["it is drifted"] },
    ]);
    expect((await book.look(echo)).state).toBe("quarantined");
  });
});

describe("a plugin's tool that is declared read-only", () => {
  it("and changes a file while it runs is quarantined, with the file as evidence", async () => {
    const { workspace, book, does, call, ran } = await setup();
    does.tool = async () => writeFileSync(join(workspace, "planted.txt"), "x");
    const answer = await call();
    const reason = 'declared read-only, and while it ran the workspace changed: "planted.txt"';
    expect(answer.told).toEqual([
      { type: "registry.drifted", tool: echo.name, state: "quarantined", reasons: [reason] },
    ]);
    expect(await book.look(echo)).toMatchObject({ state: "quarantined", reasons: [reason] });
    await call();
    expect(ran).toHaveLength(1);
  });

  it("and changes nothing stays, whatever statehive itself writes meanwhile", async () => {
    const { workspace, book, does, call } = await setup();
    does.tool = async () => writeFileSync(join(workspace, ".swarm/appendonly.aof"), "x");
    expect((await call()).told).toEqual([]);
    expect((await book.look(echo)).state).toBe("active");
  });

  it("is not blamed for what another agent of the worker changed meanwhile", async () => {
    const { workspace, book, does, call, performers, context } = await setup();
    let ended = (): void => {};
    const reading = new Promise<void>((resolve) => {
      ended = resolve;
    });
    let isFirst = true;
    does.tool = async () => {
      if (!isFirst) return writeFileSync(join(workspace, "edited.txt"), "x");
      isFirst = false;
      await reading;
    };
    const read = call();
    while (isFirst) await new Promise((resolve) => setImmediate(resolve));
    await performers["tool.run"]({ ...order, tool: "Write" }, context);
    ended();
    expect((await read).told).toEqual([]);
    expect((await book.look(echo)).state).toBe("active");
  });

  it("is watched; one that is declared to change things is not blamed for doing so", async () => {
    const { workspace, book, does, call } = await setup({ risk: "mutating" });
    does.tool = async () => writeFileSync(join(workspace, "made.txt"), "x");
    expect((await call()).told).toEqual([]);
    expect((await book.look(echo)).state).toBe("active");
  });
});
