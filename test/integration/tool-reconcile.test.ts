/** Laws of "did that happen?": what the gate and the world say about a call whose worker was lost, and nothing beyond. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { toolReconcile } from "../../actors/runtime/effects/tool-reconcile.ts";
import { toolRun } from "../../actors/runtime/effects/tool-run.ts";
import { inputHashOf } from "../../actors/runtime/judge.ts";
import { type Answer, EffectAborted, type PerformContext } from "../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { general } from "../../actors/types/general.ts";
import { openBox, type WorkspaceBox } from "../../infra/sandbox/workspace-box.ts";
import { linesIn, moduleUrl, openTestJournal, type TestJournal } from "../support/journal.ts";
import { eventually } from "../support/swarm-cli.ts";

const EFFECT = "r_one/a_goal/0.3:0";
const write = { file_path: "made.txt", content: "meant\n" };
const bash = { command: "echo x >> ran; echo said" };

const run = (given: TestJournal): PerformContext["run"] =>
  ({
    workspace: given.workspace,
    config: runConfigSchema.parse({ permissions: { allow: ["Bash", "Write", "Edit"] } }),
  }) as unknown as PerformContext["run"];

const context = (given: TestJournal, tool: string, input: unknown, signal?: AbortSignal): PerformContext => ({
  address: { run: "r_one", actor: "a_goal", type: "general" },
  run: run(given),
  rights: general.rights,
  effectId: EFFECT,
  session: null,
  entries: [{ role: "assistant", content: [{ type: "tool_use", id: "c", name: tool, input }] }],
  grant: null,
  signal: signal ?? new AbortController().signal,
});

const act = (given: TestJournal, tool: string, input: unknown, signal?: AbortSignal): Promise<Answer> =>
  toolRun({ box: (workspace) => openBox(workspace), journal: given.journal, monotonicMs: () => performance.now() })(
    { type: "tool.run", call: "c", tool, inputHash: inputHashOf(input) },
    context(given, tool, input, signal),
  );

const find = (given: TestJournal, tool: string, input: unknown, signal?: AbortSignal, inputHash = inputHashOf(input)) =>
  toolReconcile({ box: (workspace) => openBox(workspace), journal: given.journal, holderWaitMs: 300 })(
    { type: "tool.reconcile", call: "c", tool, inputHash, effect: EFFECT, place: given.journal.place },
    { ...context(given, tool, input, signal), effectId: "r_one/a_goal/0.4:0" },
  );

const made = (given: TestJournal): string | null => {
  try {
    return readFileSync(join(given.workspace, "made.txt"), "utf8");
  } catch {
    return null;
  }
};

const sha = async (text: string): Promise<string> => (await import("node:crypto")).hash("sha256", text, "hex");

/** Somebody else takes the gate for writing `made.txt`, and lives until it is told to go. */
async function holder(given: TestJournal, before: string | null, after: string) {
  const facts = { kind: "change", workspace: given.workspace, path: "made.txt", before, after };
  const code = `
    import { takeGate } from ${JSON.stringify(moduleUrl("infra/journal/gate.js"))};
    import { identifyProcess } from ${JSON.stringify(moduleUrl("infra/redis/process-identity.js"))};
    await takeGate(${JSON.stringify(given.state.gates)}, { v: 1, effect: ${JSON.stringify(EFFECT)},
      inputHash: ${JSON.stringify(inputHashOf(write))}, holder: identifyProcess(process.pid), at: "now",
      facts: ${JSON.stringify(facts)} });
    process.stdout.write("taken");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return {
    async die() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

describe("a call nobody has the gate of", () => {
  it("never happened, and its sleeping worker can never make it happen any more", async () => {
    for (const [tool, input] of [
      ["Write", write],
      ["Bash", bash],
    ] as const) {
      const given = await openTestJournal();
      const answer = await find(given, tool, input);
      expect(answer.event).toEqual({ type: "tool.reconciled", call: "c", happened: false });
      expect(answer.entries).toBeUndefined();
      expect(answer.told).toEqual([{ type: "tool.reconciled", effect: EFFECT, call: "c", tool, happened: false }]);
      // The zombie wakes up.
      const late = await act(given, tool, input);
      expect(late.event).toMatchObject({ type: "tool.unknown", effect: EFFECT, place: given.journal.place });
      expect(made(given)).toBeNull();
      expect(linesIn(join(given.workspace, "ran"))).toEqual([]);
      expect((await find(given, tool, input)).event).toMatchObject({ happened: false });
    }
  });
});

describe("a change whose worker died", () => {
  it("between gate and deed did not happen", async () => {
    const given = await openTestJournal();
    await (await holder(given, null, await sha(write.content))).die();
    expect((await find(given, "Write", write)).event).toEqual({ type: "tool.reconciled", call: "c", happened: false });
  });

  it("after the deed happened, and the model is told", async () => {
    const given = await openTestJournal();
    await (await holder(given, null, await sha(write.content))).die();
    writeFileSync(join(given.workspace, "made.txt"), write.content);
    const answer = await find(given, "Write", write);
    expect(answer.event).toEqual({ type: "tool.reconciled", call: "c", happened: true });
    expect(JSON.stringify(answer.entries)).toContain("made.txt");
  });

  it("and whose file is neither as it was nor as it was to be is interrupted, with all three hashes", async () => {
    const given = await openTestJournal();
    const [before, after, now] = await Promise.all([sha("old"), sha(write.content), sha("somebody else's")]);
    await (await holder(given, before, after)).die();
    writeFileSync(join(given.workspace, "made.txt"), "somebody else's");
    const { event } = await find(given, "Write", write);
    expect(event).toMatchObject({ type: "tool.interrupted", call: "c" });
    for (const hash of [before, after, now]) expect(JSON.stringify(event)).toContain(hash.slice(0, 16));
  });

  it("is judged only once the worker is dead", async () => {
    const given = await openTestJournal();
    const worker = await holder(given, null, await sha(write.content));
    const answer = toolReconcile({
      box: (workspace) => openBox(workspace),
      journal: given.journal,
      holderWaitMs: 60_000,
    })(
      {
        type: "tool.reconcile",
        call: "c",
        tool: "Write",
        inputHash: inputHashOf(write),
        effect: EFFECT,
        place: given.journal.place,
      },
      { ...context(given, "Write", write), effectId: "r_one/a_goal/0.4:0" },
    );
    await worker.die();
    expect((await answer).event).toMatchObject({ happened: false });
  });

  it("and that lives on in silence is interrupted, because it may still act", async () => {
    const given = await openTestJournal();
    await holder(given, null, await sha(write.content));
    const { event } = await find(given, "Write", write);
    expect(event).toMatchObject({ type: "tool.interrupted" });
    expect(JSON.stringify(event)).toContain("may still do it");
  });
});

describe("a call under another input", () => {
  it("is interrupted, never adopted", async () => {
    const given = await openTestJournal();
    await act(given, "Write", write);
    expect(made(given)).toBe(write.content);
    const { event } = await find(given, "Write", write, undefined, "another");
    expect(event).toMatchObject({ type: "tool.interrupted" });
    expect(JSON.stringify(event)).toContain("another");
  });
});

describe("a call that was finished but not told", () => {
  it("is told as it ended: a change as done, a command with its exit code and output", async () => {
    const first = await openTestJournal();
    await act(first, "Write", write);
    writeFileSync(join(first.workspace, "made.txt"), "changed since");
    expect((await find(first, "Write", write)).event).toMatchObject({ type: "tool.reconciled", happened: true });
    const second = await openTestJournal();
    await act(second, "Bash", bash);
    const answer = await find(second, "Bash", bash);
    expect(answer.event).toEqual({ type: "tool.finished", call: "c", ok: true });
    expect(JSON.stringify(answer.entries)).toContain("exit code 0\\nsaid");
    expect(answer.told).toMatchObject([{ type: "tool.finished", effect: EFFECT }]);
    expect(linesIn(join(second.workspace, "ran"))).toHaveLength(1);
  });

  it("is told as failed where it broke after its gate and the world shows that nothing was changed", async () => {
    const given = await openTestJournal();
    writeFileSync(join(given.workspace, "made.txt"), "old");
    const real = await openBox(given.workspace);
    const box: WorkspaceBox = {
      ...real,
      async replace(_path, _content, options) {
        await options.before({ path: "made.txt", before: await sha("old"), after: await sha(write.content) });
        throw new Error("the disk is full");
      },
    };
    const deps = { box: () => Promise.resolve(box), journal: given.journal, monotonicMs: () => 0 };
    const order = { type: "tool.run", call: "c", tool: "Write", inputHash: inputHashOf(write) } as const;
    const asked = context(given, "Write", write);
    const seen = { role: "user" as const, content: [], saw: { path: "made.txt", sha256: await sha("old") } };
    const answer = await toolRun(deps)(order, { ...asked, entries: [seen, ...asked.entries] });
    expect(answer.event).toMatchObject({ type: "tool.finished", ok: false });
    const found = await find(given, "Write", write);
    expect(found.event).toMatchObject({ type: "tool.finished", ok: false });
    expect(JSON.stringify(found.entries)).toContain("the disk is full");
    expect(made(given)).toBe("old");
  });

  it("is not known where it broke after its gate and the world shows the change: the machine has to find out", async () => {
    const given = await openTestJournal();
    const real = await openBox(given.workspace);
    const box: WorkspaceBox = {
      ...real,
      async replace(path, content, options) {
        await real.replace(path, content, options);
        throw new Error("the disk is full");
      },
    };
    const deps = { box: () => Promise.resolve(box), journal: given.journal, monotonicMs: () => 0 };
    const order = { type: "tool.run", call: "c", tool: "Write", inputHash: inputHashOf(write) } as const;
    expect((await toolRun(deps)(order, context(given, "Write", write))).event).toMatchObject({ type: "tool.unknown" });
    expect((await find(given, "Write", write)).event).toMatchObject({ type: "tool.reconciled", happened: true });
  });
});

describe("a change that its text allows", () => {
  it("is not made where a link leads to what no rule allows, and its gate stays free", async () => {
    const given = await openTestJournal();
    mkdirSync(join(given.workspace, "out"));
    writeFileSync(join(given.workspace, "secret.txt"), "safe");
    symlinkSync("../secret.txt", join(given.workspace, "out/link.txt"));
    const input = { file_path: "out/link.txt", content: "bad" };
    const limited = context(given, "Write", input);
    const run = {
      ...limited.run,
      config: { ...limited.run.config, permissions: { allow: ["Write(out/**)"], ask: [], deny: [] } },
    };
    const deps = { box: openBox, journal: given.journal, monotonicMs: () => 0 };
    const order = { type: "tool.run", call: "c", tool: "Write", inputHash: inputHashOf(input) } as const;
    const answer = await toolRun(deps)(order, { ...limited, run });
    expect(answer.event).toMatchObject({ type: "tool.finished", ok: false });
    expect(JSON.stringify(answer.entries)).toContain("no rule allows");
    expect(readFileSync(join(given.workspace, "secret.txt"), "utf8")).toBe("safe");
    expect(await given.journal.look(EFFECT)).toBeNull();
  });
});

describe("a command that runs", () => {
  const slow = { command: "echo x >> ran; while [ ! -e go ]; do sleep 0.02; done; echo end" };
  const running = async () => {
    const given = await openTestJournal();
    const worker = new AbortController();
    const first = act(given, "Bash", slow, worker.signal);
    first.catch(() => {});
    await eventually("it runs", () => linesIn(join(given.workspace, "ran")).length === 1);
    return { given, worker, first };
  };

  it("is left alone when its worker lets go, and reattached to by the next one", async () => {
    const { given, worker, first } = await running();
    worker.abort(new EffectAborted(EFFECT, "left"));
    await expect(first).rejects.toThrow(EffectAborted);
    const answer = find(given, "Bash", slow);
    writeFileSync(join(given.workspace, "go"), "");
    expect((await answer).event).toEqual({ type: "tool.finished", call: "c", ok: true });
    expect(linesIn(join(given.workspace, "ran"))).toHaveLength(1);
  });

  it("ends when the call is cancelled, whoever watches it", async () => {
    for (const watcher of ["its worker", "the one who reattached"]) {
      const { given, worker, first } = await running();
      const seen = await given.journal.look(EFFECT);
      if (watcher === "its worker") worker.abort(new EffectAborted(EFFECT, "cancelled"));
      else {
        worker.abort(new EffectAborted(EFFECT, "left"));
        await first.catch(() => {});
        const next = new AbortController();
        const answer = find(given, "Bash", slow, next.signal);
        answer.catch(() => {});
        next.abort(new EffectAborted(EFFECT, "cancelled"));
        await expect(answer).rejects.toThrow(EffectAborted);
      }
      await expect(first).rejects.toThrow(EffectAborted);
      const after = await given.journal.look(EFFECT);
      expect(seen?.holderLives, watcher).toBe(true);
      expect(after?.holderLives, watcher).toBe(false);
      expect(after?.outcome, watcher).toMatchObject({ stopped: "called_off" });
    }
  });
});
