/** Laws of what a result says it was made of. */
import { describe, expect, it } from "vitest";
import type { Entry } from "../../../actors/runtime/conversation.ts";
import { provenanceOf, substitutesIn } from "../../../actors/runtime/provenance.ts";
import { isSameModel } from "../../../infra/model/model-id.ts";
import { envelopeSchema, NO_PROVENANCE } from "../../../machines/brief.ts";

type Did = Partial<NonNullable<Entry["did"]>>;
const call = (name: string, input: unknown, text: string, did: Did = {}, saw?: Entry["saw"], id = "c1"): Entry[] => [
  { role: "assistant", content: [{ type: "tool_use", id, name, input }], model: "claude-a-1" },
  {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: id, content: text }],
    did: { effect: `r/a/0.1:${id}`, tool: name, ok: true, ...did },
    ...(saw === undefined ? {} : { saw }),
  },
];
const sawFile = (path: string, byte: string) => ({ path, sha256: byte.repeat(64) });
const quote = (path: string, line = 1) => ({ kind: "file" as const, path, line, quote: "const one = 1;" });

describe("provenance", () => {
  it("names files by what the agent knew last, tools by count, and commands by their end", () => {
    const entries = [
      ...call("Read", { file_path: "a.ts" }, "1", {}, sawFile("a.ts", "0")),
      ...call("Write", { file_path: "a.ts" }, "ok", {}, sawFile("a.ts", "1")),
      ...call("Bash", { command: "make" }, "exit code 2", { ok: false, exitCode: 2 }),
      ...call("Bash", { command: "sleep 9" }, "interrupted", { ok: null }),
    ];
    expect(provenanceOf(entries, [])).toEqual({
      files: [sawFile("a.ts", "1")],
      tools: { Bash: 1, Read: 1, Write: 1 },
      commands: [{ command: "make", exitCode: 2 }],
      unseen: [],
      cut: false,
    });
  });

  it("names quotes of files that no tool of the agent opened or named", () => {
    const entries = [
      ...call("Read", { file_path: "read.ts" }, "1", {}, sawFile("read.ts", "0")),
      ...call("Grep", { pattern: "one" }, "found.ts:1:const one = 1;"),
    ];
    const evidence = [quote("read.ts"), quote("./found.ts"), quote("guessed.ts", 7)];
    expect(provenanceOf(entries, evidence).unseen).toEqual(["guessed.ts:7"]);
  });

  it("is of limited length, and says where it was cut", () => {
    const entries = Array.from({ length: 60 }, (_, at) =>
      call("Bash", { command: `${at} ${"x".repeat(300)}` }, "", { exitCode: 0 }),
    ).flat();
    const { commands, cut } = provenanceOf(entries, []);
    expect([commands.length, commands[0]?.command.length, cut]).toEqual([50, 200, true]);
    expect(commands.at(-1)?.command).toMatch(/^59 /);
  });

  it("of a result from before there was any is an empty one, and nothing stood in", () => {
    const old = { v: 1, id: "res_a", task: "a", actor: "a_a", status: "verified", value: 1, evidence: [], reasons: [] };
    const read = envelopeSchema.parse({ ...old, notDone: [], standsOn: [], model: "m" });
    expect([read.provenance, read.substitutes]).toEqual([NO_PROVENANCE, []]);
  });
});

describe("a substitute", () => {
  it("is each other model that answered, and each sandbox that was not full, once", () => {
    const bash = (sandbox: "full" | "partial" | "none") => call("Bash", { command: "x" }, "", { exitCode: 0, sandbox });
    const entries = [...bash("full"), ...bash("partial"), ...bash("partial")];
    expect(substitutesIn(entries, "claude-a-1")).toEqual([{ kind: "sandbox", asked: "full", used: "partial" }]);
    expect(substitutesIn(entries, "claude-b-1")[0]).toEqual({ kind: "model", asked: "claude-b-1", used: "claude-a-1" });
    expect(substitutesIn(entries, "claude-b-1")).toHaveLength(2);
  });

  it.each([
    ["claude-sonnet-5-5", "claude-sonnet-5-5-20260901", true],
    ["claude-sonnet-5-5", "Claude-Sonnet-5-5", true],
    ["claude-haiku-4-5-latest", "claude-haiku-4-5-20251001", true],
    ["claude-sonnet-5-5", "us.anthropic.claude-sonnet-5-5-20260901-v1:0", true],
    ["anthropic/claude-sonnet-5-5", "claude-sonnet-5-5@20260901", true],
    ["claude-sonnet-5-5", "claude-sonnet-5", false],
    ["claude-sonnet-5-5", "claude-haiku-5-5", false],
    ["claude-opus-5-5", "claude-opus-5-6", false],
    ["local", "local-2", false],
  ])("%s and %s are one model: %s", (one, other, same) => {
    expect(isSameModel(one, other)).toBe(same);
    expect(isSameModel(other, one)).toBe(same);
  });
});
