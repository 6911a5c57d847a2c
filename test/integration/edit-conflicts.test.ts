/** Laws of overwriting: only what the agent has seen as it is now, whoever changed it, and whatever it was told before. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Entry, messagesOf } from "../../actors/runtime/conversation.ts";
import { toolReconcile } from "../../actors/runtime/effects/tool-reconcile.ts";
import { toolRun } from "../../actors/runtime/effects/tool-run.ts";
import { inputHashOf } from "../../actors/runtime/judge.ts";
import type { PerformContext } from "../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { general } from "../../actors/types/general.ts";
import { sha256 } from "../../infra/ids.ts";
import { openHostState } from "../../infra/journal/host-state.ts";
import { openJournal } from "../../infra/journal/journal.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import { temporaryFolder, writeFiles } from "../support/workspace.ts";

/** One workspace, and agents in it, each with a conversation of its own. */
async function given(files: Readonly<Record<string, string>>) {
  const root = temporaryFolder();
  writeFiles(root, files);
  const journal = openJournal({ state: await openHostState([temporaryFolder()]), env: {}, recorder: "none" });
  let calls = 0;
  const run = {
    workspace: root,
    config: runConfigSchema.parse({ permissions: { allow: ["Write", "Edit"] } }),
  } as unknown as PerformContext["run"];
  const agent = (name: string) => {
    const said: Entry[] = [];
    const context = (call: string): PerformContext => ({
      address: { run: "r_one", actor: name, type: "general" },
      run,
      rights: general.rights,
      effectId: `r_one/${name}/0.${call}:0`,
      session: null,
      // As it is when it comes back from the store.
      entries: JSON.parse(JSON.stringify(said)) as Entry[],
      grant: null,
      signal: new AbortController().signal,
    });
    const order = (call: string, tool: string, input: unknown) => ({ call, tool, inputHash: inputHashOf(input) });
    const begin = (tool: string, input: unknown): string => {
      calls += 1;
      const call = String(calls);
      said.push({ role: "assistant", content: [{ type: "tool_use", id: call, name: tool, input }] });
      return call;
    };
    return {
      said,
      async use(tool: string, input: Record<string, unknown>): Promise<string> {
        const call = begin(tool, input);
        const deps = { box: (path: string) => openBox(path), journal, monotonicMs: () => 0 };
        const answer = await toolRun(deps)({ type: "tool.run", ...order(call, tool, input) }, context(call));
        said.push(...(answer.entries ?? []));
        return String(answer.entries?.[0]?.content[0]?.content);
      },
      /** Its worker dies behind the deed; another one finds out. */
      async loseThenFind(input: { file_path: string; content: string }): Promise<void> {
        const call = begin("Write", input);
        const deps = { box: (path: string) => openBox(path), journal, monotonicMs: () => 0 };
        await toolRun(deps)({ type: "tool.run", ...order(call, "Write", input) }, context(call));
        const effect = `r_one/${name}/0.${call}:0`;
        const answer = await toolReconcile({ box: (path) => openBox(path), journal })(
          { type: "tool.reconcile", ...order(call, "Write", input), effect, place: journal.place },
          context(call),
        );
        expect(answer.event).toMatchObject({ type: "tool.reconciled", happened: true });
        said.push(...(answer.entries ?? []));
      },
    };
  };
  return {
    agent,
    gates: journal,
    at: (path: string): string => join(root, path),
    read: (path: string): string => readFileSync(join(root, path), "utf8"),
    write: (path: string, text: string): void => writeFileSync(join(root, path), text),
  };
}

const UNREAD = /exists and you have not read it: read it first/;
const CHANGED = /has changed since you read it: read it again/;
const edit = (old_string: string, new_string: string, file_path = "a.txt") => ({ file_path, old_string, new_string });

describe("a file that is there", () => {
  it("is neither written nor edited before it was read, and is after", async () => {
    const { agent, read } = await given({ "a.txt": "one\n" });
    const me = agent("a_me");
    expect(await me.use("Write", { file_path: "a.txt", content: "mine" })).toMatch(UNREAD);
    expect(await me.use("Edit", edit("one", "two"))).toMatch(UNREAD);
    expect(read("a.txt")).toBe("one\n");
    await me.use("Read", { file_path: "a.txt" });
    expect(await me.use("Edit", edit("one", "two"))).toMatch(/^Edited/);
    expect(await me.use("Write", { file_path: "a.txt", content: "three" })).toMatch(/^Wrote/);
    expect(read("a.txt")).toBe("three");
  });

  it("that changed since it was read is left as it is, until it was read again", async () => {
    const { agent, read, write } = await given({ "a.txt": "one\n" });
    const me = agent("a_me");
    await me.use("Read", { file_path: "a.txt" });
    write("a.txt", "one, and a person's work\n");
    expect(await me.use("Edit", edit("one", "two"))).toMatch(CHANGED);
    expect(await me.use("Write", { file_path: "a.txt", content: "mine" })).toMatch(CHANGED);
    expect(read("a.txt")).toBe("one, and a person's work\n");
    await me.use("Read", { file_path: "a.txt" });
    expect(await me.use("Edit", edit("one", "two"))).toMatch(/^Edited/);
    expect(read("a.txt")).toBe("two, and a person's work\n");
  });

  it("that is read between two changes of one length and time is still told apart", async () => {
    const { agent, read, write } = await given({ "a.txt": "aaaa" });
    const me = agent("a_me");
    await me.use("Read", { file_path: "a.txt" });
    write("a.txt", "bbbb");
    expect(await me.use("Write", { file_path: "a.txt", content: "cccc" })).toMatch(CHANGED);
    expect(read("a.txt")).toBe("bbbb");
  });

  it("is the same under every name that leads to it", async () => {
    const { agent, at, read } = await given({ "a.txt": "one\n" });
    symlinkSync("a.txt", at("link.txt"));
    const me = agent("a_me");
    expect(await me.use("Write", { file_path: "link.txt", content: "mine" })).toMatch(UNREAD);
    await me.use("Read", { file_path: "./link.txt" });
    expect(await me.use("Edit", edit("one", "two", at("a.txt")))).toMatch(/^Edited/);
    expect(read("a.txt")).toBe("two\n");
  });
});

describe("a file that is not there", () => {
  it("is made without being read, and is known from then on", async () => {
    const { agent, read } = await given({});
    const me = agent("a_me");
    expect(await me.use("Write", { file_path: "new/a.txt", content: "one" })).toMatch(/^Wrote/);
    expect(await me.use("Edit", edit("one", "two", "new/a.txt"))).toMatch(/^Edited/);
    expect(read("new/a.txt")).toBe("two");
  });

  it("and that somebody else makes first is not overwritten", async () => {
    const { agent, read, write } = await given({});
    const me = agent("a_me");
    expect(await me.use("Read", { file_path: "a.txt" })).toContain("does not exist");
    write("a.txt", "theirs");
    expect(await me.use("Write", { file_path: "a.txt", content: "mine" })).toMatch(UNREAD);
    expect(read("a.txt")).toBe("theirs");
  });
});

describe("of two agents", () => {
  it("that have read the same file the second to write is refused", async () => {
    const { agent, read } = await given({ "a.txt": "one\n" });
    const [first, second] = [agent("a_first"), agent("a_second")];
    await first.use("Read", { file_path: "a.txt" });
    await second.use("Read", { file_path: "a.txt" });
    expect(await first.use("Edit", edit("one", "first"))).toMatch(/^Edited/);
    expect(await second.use("Edit", edit("one", "second"))).toMatch(CHANGED);
    expect(read("a.txt")).toBe("first\n");
  });

  it("one's reading is not the other's", async () => {
    const { agent } = await given({ "a.txt": "one\n" });
    await agent("a_first").use("Read", { file_path: "a.txt" });
    expect(await agent("a_second").use("Edit", edit("one", "two"))).toMatch(UNREAD);
  });
});

describe("what an agent knows of a file", () => {
  it("includes what it wrote before its worker was lost", async () => {
    const { agent, read } = await given({});
    const me = agent("a_me");
    await me.loseThenFind({ file_path: "a.txt", content: "one" });
    expect(await me.use("Edit", edit("one", "two"))).toMatch(/^Edited/);
    expect(read("a.txt")).toBe("two");
  });

  it("stands in the conversation and is never sent to a model", async () => {
    const { agent } = await given({ "a.txt": "one\n" });
    const me = agent("a_me");
    await me.use("Read", { file_path: "a.txt" });
    expect(me.said.at(-1)?.saw).toEqual({ path: "a.txt", sha256: sha256("one\n") });
    expect(JSON.stringify(messagesOf(me.said))).not.toContain(sha256("one\n"));
    expect(JSON.stringify(messagesOf(me.said))).not.toContain("saw");
  });

  it("is not taken from a refused call: it leaves the gate free and the knowledge as it was", async () => {
    const { agent, gates } = await given({ "a.txt": "one\n" });
    const me = agent("a_me");
    await me.use("Write", { file_path: "a.txt", content: "mine" });
    expect(me.said.at(-1)?.saw).toBeUndefined();
    expect(await gates.look("r_one/a_me/0.1:0")).toBeNull();
  });
});
