/** Laws of the judgement of an answer's calls: what the machine is told of them, what is asked, what the audit keeps. */

import { expect, it } from "vitest";
import { ASKING_MAX } from "../../../actors/runtime/approvals.ts";
import { judge } from "../../../actors/runtime/judge.ts";
import type { Given } from "../../../actors/runtime/permission-question.ts";
import { type RunConfig, runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { agentTypeNamed } from "../../../actors/types/index.ts";
import type { ContentBlock } from "../../../infra/model/message.ts";
import { startable } from "../../../machines/agent-calls.ts";
import { grant } from "../../support/permission-question.ts";
import { plainSession } from "../../support/plain-session.ts";

const type = agentTypeNamed("general");
if (type === undefined) throw new Error("no general agent");
const session = (offered: readonly string[] = type.tools) => plainSession(offered);
const use = (name: string, input: unknown, id = `c_${name}`): ContentBlock =>
  ({ type: "tool_use", id, name, input }) as ContentBlock;
const judged = (
  content: readonly ContentBlock[],
  config: RunConfig = {},
  given: Given = {},
  offered?: readonly string[],
) =>
  judge(
    content,
    type,
    session(offered),
    { workspace: "/work/project", config: runConfigSchema.parse(config) },
    { ...given, actor: "a_goal" },
  );

const bash = (command: string, id: string) => use("Bash", { command }, id);
const write = (path: string, id: string) => use("Write", { file_path: path, content: "x" }, id);

it("commands that only look run beside each other and behind their gates; what changes runs alone and in its order", () => {
  const content = [
    bash("git status", "1"),
    write("a", "2"),
    bash("ls", "3"),
    bash("touch b", "4"),
    use("Read", { file_path: "a" }, "5"),
  ];
  const { calls } = judged(content, { permissions: { allow: ["Write", "Bash"] } });
  expect(calls.map(({ risk, repeat, status }) => [risk, repeat, status])).toEqual([
    ["read-only", "unsafe", "judged"],
    ["mutating", "unsafe", "judged"],
    ["read-only", "unsafe", "judged"],
    ["mutating", "unsafe", "judged"],
    ["read-only", "safe", "judged"],
  ]);
  expect(startable(calls, 8).map(({ id }) => id)).toEqual(["1", "2", "3", "5"]);
});

it("what nobody understood is run like what destroys", () => {
  const { calls } = judged([bash("some-unknown-program", "1")], { permissions: { allow: ["Bash"] } });
  expect(calls).toMatchObject([{ risk: "destructive", status: "judged" }]);
});

it("what the rules ask is put to a person in full, and its call waits", () => {
  const { calls, approvals, entries, audit } = judged([bash("rm -rf build", "1"), write("a", "2")], { approve: "ask" });
  expect(calls.map(({ id, status }) => [id, status])).toEqual([
    ["1", "asking"],
    ["2", "asking"],
  ]);
  expect(entries).toEqual([]);
  expect(approvals[0]).toMatchObject({
    call: "1",
    tool: "Bash",
    input: { command: "rm -rf build" },
    inputHash: calls[0]?.inputHash,
    agentType: "general",
    risk: "destructive",
    policy: "p",
  });
  expect(approvals[0]?.touches.join()).toContain("build");
  expect(audit.map(({ decision, handler }) => `${decision} ${handler}`)).toEqual([
    "ask interactive",
    "ask interactive",
  ]);
});

it("where nobody can be asked the model is told so, and nobody is", () => {
  const { calls, approvals, entries, audit } = judged([write("a", "1")], { approve: "deny" });
  expect(calls).toMatchObject([{ status: "refused" }]);
  expect(approvals).toEqual([]);
  expect(JSON.stringify(entries)).toContain("nobody can be asked");
  expect(audit).toMatchObject([
    { decision: "deny", handler: "worker", rule: "silence", sandbox: "none", mode: "edit" },
  ]);
});

it("no answer asks without end", () => {
  const content = Array.from({ length: ASKING_MAX + 2 }, (_, index) => write(`f${index}`, `c${index}`));
  const { calls, approvals, audit } = judged(content, { approve: "ask" });
  expect(approvals).toHaveLength(ASKING_MAX);
  expect(calls.filter(({ status }) => status === "asking")).toHaveLength(ASKING_MAX);
  expect(audit.slice(ASKING_MAX).map(({ rule }) => rule)).toEqual(["session.too-many-asked", "session.too-many-asked"]);
});

it("a tool that was not offered is refused although the rules would allow it, and the audit has it", () => {
  const { calls, audit } = judged([bash("ls", "1")], { permissions: { allow: ["Bash"] } }, {}, ["Read"]);
  expect(calls).toMatchObject([{ status: "refused" }]);
  expect(audit).toMatchObject([{ tool: "Bash", decision: "deny", rule: "session.not-offered", risk: "read-only" }]);
});

it("a grant answers for the run, and the audit names it, the sandbox and the mode", () => {
  const given = { grants: [grant("Write(src/**)", { id: "g_7" })], nowMs: 5, sandbox: "partial" } as const;
  const { calls, audit } = judged([write("src/a", "1")], {}, given);
  expect(calls).toMatchObject([{ status: "judged" }]);
  expect(audit).toMatchObject([
    { decision: "allow", handler: "coordinator", grant: "g_7", sandbox: "partial", mode: "edit" },
  ]);
});

it("rules that name the folder by its whole path speak of the run's own copy of it as well", () => {
  const isolation = { source: "/home/u/proj", tree: "/work", gitDir: "/x", branch: "b", base: "0" };
  const permissions = { deny: ["Edit(//home/u/proj/project/lock.txt)"] };
  const { audit } = judged([write("lock.txt", "1"), write("other.txt", "2")], { isolation, permissions });
  expect(audit.map(({ decision, rule }) => `${decision} ${rule}`)).toEqual([
    "deny config.deny Edit(//work/project/lock.txt)",
    "allow policy.isolated",
  ]);
});
