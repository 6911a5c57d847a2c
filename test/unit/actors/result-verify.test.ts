/** Laws of level one: what an agent says of its work counts for nothing; what the runtime wrote down beside its calls does. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry } from "../../../actors/runtime/conversation.ts";
import { type ResultVerifyDeps, resultVerify } from "../../../actors/runtime/effects/result-verify.ts";
import type { PerformContext } from "../../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { ACTING_CONTRACT } from "../../../actors/types/contract.ts";
import { openBox } from "../../../infra/sandbox/workspace-box.ts";
import { type Envelope, NO_PROVENANCE } from "../../../machines/brief.ts";

let workspace: string;
beforeEach(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), "statehive-verify-")));
  mkdirSync(join(workspace, "src"));
  writeFileSync(join(workspace, "src/main.ts"), "const one = 1;\nexport const two = one + one;\n");
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
type Did = Partial<NonNullable<Entry["did"]>>;
/** One call and its result, as the runtime stores them; without `did` it was refused. */
const call = (name: string, input: unknown, text: string, did?: Did, saw?: Entry["saw"], id = "c1"): Entry[] => [
  { role: "assistant", content: [{ type: "tool_use", id, name, input }] },
  {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: id, content: text }],
    ...(did === undefined ? {} : { did: { effect: `r/a/0.1:${id}`, tool: name, ok: true, ...did } }),
    ...(saw === undefined ? {} : { saw }),
  },
];
const bash = (command: string, exitCode: number | null, id = "c1"): Entry[] =>
  call("Bash", { command }, `exit code ${exitCode}\n`, { ok: exitCode === 0, exitCode }, undefined, id);
const wrote = (path: string, id = "c1"): Entry[] =>
  call("Write", { file_path: path, content: "x" }, "Wrote", {}, { path, sha256: hash("x") }, id);

interface Given {
  readonly evidence?: readonly unknown[];
  readonly value?: unknown;
  readonly outcome?: "done" | "blocked";
  readonly type?: string;
  readonly contract?: unknown;
  readonly standsOn?: readonly string[];
  readonly deps?: Partial<ResultVerifyDeps>;
}

/** The reasons for which a report is rejected; none where it is verified. */
async function reasons(entries: readonly Entry[], given: Given = {}): Promise<string[]> {
  const { evidence = [], value = { summary: "It adds." }, outcome = "done", type = "general", standsOn = [] } = given;
  const input = { outcome, value, evidence, notDone: [] };
  const performer = resultVerify({ box: (folder) => openBox(folder), ...given.deps });
  const answer = await performer({ type: "result.verify", call: "r" }, {
    address: { run: "r", actor: "a", type },
    run: { workspace, config: runConfigSchema.parse({}) },
    session: { contract: given.contract ?? JSON.parse(JSON.stringify(ACTING_CONTRACT)), standsOn },
    entries: [...entries, { role: "assistant", content: [{ type: "tool_use", id: "r", name: "Report", input }] }],
    signal: new AbortController().signal,
    effectId: "r/a/0.9:0",
  } as unknown as PerformContext);
  return (answer.event as { reasons?: string[] }).reasons ?? [];
}

describe("a command as evidence", () => {
  const command = (text: string, exitCode = 0) => ({ evidence: [{ kind: "command", command: text, exitCode }] });

  it("holds where the runtime wrote down that it ended so", async () => {
    expect(await reasons(bash("npm test", 0), command("npm test"))).toEqual([]);
    expect(await reasons(bash("npm test", 1), command("npm test", 1))).toEqual([]);
  });
  it("that ended otherwise, was never run, or was stopped does not", async () => {
    expect(await reasons(bash("npm test", 1), command("npm test"))).toEqual([
      'evidence[0]: command "npm test" did not end with exit code 0 but: exit code 1',
    ]);
    expect(await reasons([], command("npm test"))).toEqual(['evidence[0]: no command "npm test" was run']);
    expect((await reasons(bash("npm test", null), command("npm test"))).join()).toContain("did not end by itself");
  });
  it("is never believed for what an output says, also under an id that was used before", async () => {
    const refused = call("Bash", { command: "npm test" }, "denied (policy): no");
    const said = [
      refused,
      call("Bash", { command: "npm test" }, "exit code 0\nforged by a refusal's text"),
      [...refused, ...call("Grep", { pattern: "x" }, "exit code 0\nsrc/main.ts", {})],
      [...refused, ...bash("true", 0)],
      call("Bash", { command: "npm test" }, "exit code 0", { tool: "Read" }),
    ];
    for (const entries of said) {
      expect(await reasons(entries, command("npm test"))).toEqual(['evidence[0]: no command "npm test" was run']);
    }
  });
  it("is that of the call which was run, where one answer uses an id twice", async () => {
    const use = (text: string) => ({ type: "tool_use", id: "c1", name: "Bash", input: { command: text } });
    const [, ran] = bash("true", 0) as [Entry, Entry];
    const twice: Entry[] = [{ role: "assistant", content: [use("true"), use("npm test")] }, ran];
    expect(await reasons(twice, command("npm test"))).toEqual(['evidence[0]: no command "npm test" was run']);
    expect(await reasons(twice, command("true"))).toEqual([]);
  });
  it("is looked up in this host's journal, which goes before the conversation", async () => {
    const look = async (effect: string) =>
      ({ outcome: { kind: "command", code: effect === "r/a/0.1:c1" ? 3 : 0, stopped: null } }) as never;
    expect(await reasons(bash("npm test", 0), { ...command("npm test"), deps: { journal: { look } } })).toEqual([
      'evidence[0]: command "npm test" did not end with exit code 0 but: exit code 3',
    ]);
    const unknown = { journal: { look: async () => null } };
    expect(await reasons(bash("npm test", 0), { ...command("npm test"), deps: unknown })).toEqual([]);
  });
});

describe("a quote as evidence", () => {
  const quote = (line: number, words: string, path = "src/main.ts") => ({
    evidence: [{ kind: "file", path, line, quote: words }],
  });
  it("holds where it stands there now, and not where it was invented", async () => {
    expect(await reasons([], quote(2, "export const two = one + one;"))).toEqual([]);
    expect((await reasons([], quote(2, "export const two = 3;"))).join()).toMatch(/line 2 of .*reads otherwise/);
    expect((await reasons([], quote(9, "export const nine = 9;"))).join()).toContain("does not exist");
  });
  it("of a file that has changed since it was read is told as such", async () => {
    const saw = { path: "src/main.ts", sha256: hash("const old = 1;\n") };
    const read = call("Read", { file_path: "src/main.ts" }, "     1\tconst old = 1;", {}, saw);
    expect((await reasons(read, quote(1, "const old = 1;"))).join()).toContain("has changed since you last read");
    rmSync(join(workspace, "src/main.ts"));
    expect((await reasons(read, quote(1, "const old = 1;"))).join()).toContain("has changed since you last read");
  });
});

describe("an artifact as evidence", () => {
  it("holds by the hash that it has now; one that was never made does not", async () => {
    const artifact = (path: string, sha256: string) => ({ evidence: [{ kind: "artifact", path, sha256 }] });
    const text = "const one = 1;\nexport const two = one + one;\n";
    expect(await reasons([], artifact("src/main.ts", hash(text)))).toEqual([]);
    expect((await reasons([], artifact("src/main.ts", hash("x")))).join()).toContain(`its SHA-256 is ${hash(text)}`);
    expect((await reasons([], artifact("out.bin", hash("x")))).join()).toContain("there is no such file");
  });
});

describe("a result as evidence", () => {
  const row = (status: Envelope["status"]): string => {
    const envelope = { v: 1, id: "res_a", task: "a", actor: "a_a", status, value: null, evidence: [], reasons: [] };
    return JSON.stringify({ ...envelope, notDone: [], standsOn: [], model: null, provenance: NO_PROVENANCE });
  };
  const given = (status: Envelope["status"] | null, standsOn = ["res_a"]): Given => ({
    evidence: [{ kind: "result", id: "res_a" }],
    standsOn,
    deps: { results: async () => new Map(status === null ? [] : [["res_a", row(status)]]) },
  });
  it("holds where the task stands on it and it is verified still", async () => {
    expect(await reasons([], given("verified"))).toEqual([]);
    expect((await reasons([], given("rejected"))).join()).toContain("it is rejected, not verified");
    expect((await reasons([], given(null))).join()).toContain("not in the store");
    expect((await reasons([], given("verified", []))).join()).toContain("not among the results");
    expect((await reasons([], { ...given("verified"), deps: {} })).join()).toContain("not in the store");
  });
});

describe("a claim of work", () => {
  const says = (summary: string, more: Record<string, unknown> = {}): Given => ({ value: { summary, ...more } });
  const EDITED = says("I made 3 edits to src/main.ts.");
  const TESTED = says("All tests pass.");

  it("without an entry of the journal is rejected by name, with the count and the sentence", async () => {
    expect(await reasons([], EDITED)).toEqual(['claims 3 edits, journal shows 0: "I made 3 edits to src/main.ts."']);
    expect(await reasons([], TESTED)).toEqual([
      'claims passing tests, journal shows 0 commands that could have run them and ended with exit code 0: "All tests pass."',
    ]);
    expect(await reasons([], says("I ran `make all`."))).toEqual([
      'claims to have run "make all", journal shows 0 runs of it; no command was run: "I ran `make all`."',
    ]);
  });

  const honest: readonly (readonly [string, Given, readonly Entry[]])[] = [
    ["an edit that was made", EDITED, wrote("src/main.ts")],
    ["an edit by a command", EDITED, bash("sed -i s/a/b/ src/main.ts", 0)],
    ["an edit by a command that then failed", EDITED, bash("sed -i s/a/b/ src/main.ts && npm test", 1)],
    ["an edit that may have happened", EDITED, call("Write", { file_path: "a" }, "interrupted", { ok: null })],
    ["an edit by a plugin's tool", EDITED, call("mcp__files__edit", {}, "ok", {})],
    ["tests that were run", TESTED, bash("npm test -- --run", 0)],
    ["tests by a script of one's own", TESTED, bash("./check.sh", 0)],
    ["tests that failed before they passed", TESTED, [...bash("npm test", 1), ...bash("npm test", 0, "c2")]],
    ["a command in another folder", says("I ran `npm run test`."), bash("cd app && npm test --silent", 0)],
    ["a tool that is named like a program", says("I ran `grep add`."), call("Grep", { pattern: "add" }, "", {})],
    ["files that it lists", says("Done.", { changed: ["./src/main.ts"] }), wrote("src/main.ts")],
    ["commands that it lists", says("Done.", { ran: ["npm test"] }), bash("npm test", 1)],
  ];
  it.each(honest)("that the journal bears out is no problem: %s", async (_, given, entries) => {
    expect(await reasons(entries, given)).toEqual([]);
  });

  const lies: readonly (readonly [string, Given, readonly Entry[], RegExp])[] = [
    [
      "a write that was refused",
      EDITED,
      call("Write", { file_path: "a" }, "denied"),
      /claims 3 edits, journal shows 0/,
    ],
    [
      "a write that failed",
      EDITED,
      call("Write", {}, "no", { ok: false }, { path: "src/main.ts", sha256: hash("x") }),
      /claims 3 edits, journal shows 0/,
    ],
    ["only looking", EDITED, bash("cat src/main.ts", 0), /claims 3 edits, journal shows 0/],
    ["tests that only echo could have run", TESTED, bash('echo "All tests pass"', 0), /shows 0 commands/],
    ["tests that failed", TESTED, bash("npm test", 1), /the last run of them, "npm test", ended with exit code 1/],
    [
      "tests that failed last",
      TESTED,
      [...bash("npm test", 0), ...bash("npm test", 1, "c2")],
      /ended with exit code 1/,
    ],
    [
      "tests that failed, and something else",
      TESTED,
      [...bash("npm test", 1), ...bash("touch x", 0, "c2")],
      /npm test/,
    ],
    ["tests whose time was over", TESTED, bash("npm test", null), /did not end by itself/],
    ["a command that was only named to echo", says("I ran `npm test`."), bash("echo npm test", 0), /0 runs of it/],
    ["another command", says("I ran `npm test`."), bash("npm install", 0), /0 runs of it \(it ran "npm install"\)/],
    ["a file in its list", says("Done.", { changed: ["b.ts"] }), wrote("src/main.ts"), /changed b\.ts, journal shows/],
    ["a command in its list", says("Done.", { ran: ["npm test"] }), bash("npm run x", 0), /run "npm test", journal/],
  ];
  it.each(lies)("that it does not is rejected: %s", async (_, given, entries, reason) => {
    const found = await reasons(entries, given);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(reason);
  });

  it("is looked for where an agent that acts says in the default form that it is done, and nowhere else", async () => {
    expect(await reasons([], { ...EDITED, type: "explore" })).toEqual([]);
    expect(await reasons([], { ...EDITED, contract: { type: "object" } })).toEqual([]);
    expect(await reasons([], { ...EDITED, outcome: "blocked" })).toEqual([]);
  });
});
