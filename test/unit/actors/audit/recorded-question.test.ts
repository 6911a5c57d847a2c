// A recorded decision asked again is asked as it was then: same call, same moment, same rights.

import { describe, expect, it } from "vitest";
import type { RecordedRow } from "../../../../actors/runtime/audit/audit-log.ts";
import { auditRowFrom } from "../../../../actors/runtime/audit/audit-row.ts";
import { replayed } from "../../../../actors/runtime/audit/policy-replay.ts";
import { type RecordedRun, recordedQuestion } from "../../../../actors/runtime/audit/recorded-question.ts";
import { judge } from "../../../../actors/runtime/judge.ts";
import { runConfigSchema } from "../../../../actors/runtime/run-row.ts";
import { agentTypeNamed } from "../../../../actors/types/index.ts";
import type { StoredGrant } from "../../../../infra/approval.ts";
import { tools } from "../../../../registry/tools/index.ts";
import { plainSession } from "../../../support/plain-session.ts";

const general = agentTypeNamed("general");
if (general === undefined) throw new Error("no type general");

const session = plainSession(
  tools.map(({ name }) => name),
  { deniedTools: ["Grep"] },
);

const config = (over: Record<string, unknown> = {}) =>
  runConfigSchema.parse({
    permissions: { allow: ["Write(/out/**)"], ask: ["WebFetch"], deny: ["Read(/secret/**)"] },
    deniedTools: ["Grep"],
    ...over,
  });

const calls = [
  { name: "Read", input: { file_path: "a.ts" } },
  { name: "Read", input: { file_path: "secret/key" } },
  { name: "Write", input: { file_path: "out/a.txt", content: "x" } },
  { name: "Write", input: { file_path: "b.txt", content: "x" } },
  { name: "Bash", input: { command: "git status" } },
  { name: "Bash", input: { command: "rm -rf /" } },
  { name: "WebFetch", input: { url: "https://a.example/" } },
  { name: "Grep", input: { pattern: "x" } },
  { name: "Nope", input: {} },
  { name: "Read", input: { nothing: 1 } },
];

/** What the runtime records of these calls, with their inputs as a reader finds them. */
function history(over: Record<string, unknown>, sandbox: "full" | "none", grants: readonly StoredGrant[] = []) {
  const run: RecordedRun = { row: { workspace: "/work/project", config: config(over) }, grants, ownDirs: ["/data"] };
  const content = calls.map(({ name, input }, index) => ({ type: "tool_use" as const, id: `c${index}`, name, input }));
  const given = { sandbox, ownDirs: ["/data"], actor: "a_one", nowMs: 500, grants };
  const rows = judge(content, general as NonNullable<typeof general>, session, run.row, given).audit;
  const recorded = rows.map((row, index): RecordedRow => {
    const read = auditRowFrom("r", { id: `500-${index}`, json: JSON.stringify({ actor: "a_one", ...row }) });
    return { ...read, recorded: { input: calls[Number(row.call.slice(1))]?.input } };
  });
  return { run, rows: recorded };
}

const grant = (over: Partial<StoredGrant> = {}): StoredGrant => ({
  id: "g1",
  rule: "WebFetch(domain:a.example)",
  actor: null,
  by: "me",
  origin: "x",
  atMs: 400,
  expiresAtMs: null,
  revoked: null,
  ...over,
});

describe("asked again under its own policy", () => {
  it("every decision is the one that was recorded, whatever the run had latched", () => {
    for (const sandbox of ["full", "none"] as const) {
      for (const over of [{}, { approve: "ask" }, { approve: "allow-safe" }, { mode: "read-only" }, { mode: "plan" }]) {
        const { run, rows } = history(over, sandbox);
        const asked = rows.flatMap((row) => {
          const found = recordedQuestion(row, run);
          return "question" in found ? [{ row, now: replayed(row.decision, found.question) }] : [];
        });
        expect(asked).toHaveLength(8);
        for (const { row, now } of asked) {
          expect([row.tool, row.call, now.now.decision, now.now.rule, now.now.risk]).toEqual([
            row.tool,
            row.call,
            row.decision,
            row.rule,
            row.risk,
          ]);
          expect(now.change).toBe("same");
        }
      }
    }
  });

  it("what the runtime refused itself, and what cannot be recovered, says why it is not asked", () => {
    const { run, rows } = history({}, "full");
    const lacking = rows.flatMap((row) => {
      const found = recordedQuestion(row, run);
      return "lacks" in found ? [[row.tool, found.lacks]] : [];
    });
    expect(lacking).toEqual([
      ["Nope", expect.stringContaining("the runtime refused it")],
      ["Read", expect.stringContaining("the runtime refused it")],
    ]);
    const [row] = rows as [RecordedRow];
    const { recorded: _, ...silent } = row;
    expect(recordedQuestion(silent, run)).toEqual({ lacks: expect.stringContaining("not recorded any more") });
    expect(recordedQuestion({ ...row, tool: "Gone" }, run)).toEqual({ lacks: "this version has no tool Gone" });
    expect(recordedQuestion({ ...row, agentType: "gone" }, run)).toEqual({
      lacks: "this version has no agent type gone",
    });
    expect(recordedQuestion({ ...row, rule: "approval" }, run)).toHaveProperty("lacks");
  });
});

describe("rights that were given", () => {
  const heldBy = (grants: readonly StoredGrant[]): readonly string[] => {
    const { rows, run } = history({}, "full");
    const found = recordedQuestion(rows[0] as RecordedRow, { ...run, grants });
    return "question" in found ? found.question.grants.map(({ id }) => id) : ["lacks"];
  };

  it("count as they stood at that moment: not before they were given, nor after they ended", () => {
    expect(heldBy([grant()])).toEqual(["g1"]);
    expect(heldBy([grant({ atMs: 501 })])).toEqual([]);
    expect(heldBy([grant({ expiresAtMs: 499 })])).toEqual([]);
    expect(heldBy([grant({ expiresAtMs: 501 })])).toEqual(["g1"]);
    expect(heldBy([grant({ revoked: { by: "me", reason: "", atMs: 450 } })])).toEqual([]);
    expect(heldBy([grant({ revoked: { by: "me", reason: "", atMs: 501 } })])).toEqual(["g1"]);
    expect(heldBy([grant({ actor: "a_other" })])).toEqual([]);
    expect(heldBy([grant({ actor: "a_one" })])).toEqual(["g1"]);
  });

  it("let through again what they had let through", () => {
    const { run, rows } = history({ approve: "ask" }, "full", [grant()]);
    const fetched = rows.find(({ tool }) => tool === "WebFetch") as RecordedRow;
    expect([fetched.decision, fetched.grant]).toEqual(["allow", "g1"]);
    const found = recordedQuestion(fetched, run);
    expect("question" in found && replayed(fetched.decision, found.question).change).toBe("same");
    const without = recordedQuestion(fetched, { ...run, grants: [] });
    expect("question" in without && replayed(fetched.decision, without.question).change).toBe("narrowed");
  });
});

it("what the agent had read by then is part of the question: another policy answers as it would have then", () => {
  const run: RecordedRun = {
    row: { workspace: "/work/project", config: config({ permissions: { allow: ["WebFetch"] } }) },
    ...{ grants: [], ownDirs: [] },
  };
  const input = { url: "https://a.example/" };
  const taint = [{ source: "web" as const, label: "https://b.example/", turn: 1 }];
  const content = [{ type: "tool_use" as const, id: "c", name: "WebFetch", input }];
  const made = judge(content, general, session, run.row, { actor: "a_one", taint }).audit;
  const read = auditRowFrom("r", { id: "500-0", json: JSON.stringify({ actor: "a_one", ...made[0] }) });
  expect(read).toMatchObject({ decision: "deny", rule: "taint.reaches-out", taint });
  const found = recordedQuestion({ ...read, recorded: { input } }, run);
  expect("question" in found && replayed("deny", found.question).change).toBe("same");
  const { taint: _, ...clean } = read;
  const other = recordedQuestion({ ...clean, recorded: { input } }, run);
  expect("question" in other && replayed("deny", other.question).change).toBe("widened");
});

describe("asked under another policy", () => {
  it("only what that policy says is different", () => {
    const { run, rows } = history({ approve: "ask" }, "full");
    const none = { rules: { allow: [], ask: [], deny: [] } };
    const changes = (policy: Parameters<typeof recordedQuestion>[2]): string[] =>
      rows.flatMap((row) => {
        const found = recordedQuestion(row, run, policy);
        if (!("question" in found)) return [];
        const { change } = replayed(row.decision, found.question);
        return change === "same" ? [] : [`${change} ${row.tool} ${row.call}`];
      });
    expect(changes({ rules: run.row.config.permissions })).toEqual([]);
    expect(changes(none)).toEqual(["widened Read c1", "narrowed Write c2"]);
    expect(changes({ rules: { ...run.row.config.permissions, allow: ["Write"] } })).toEqual(["widened Write c3"]);
    expect(changes({ ...none, rules: run.row.config.permissions, deniedTools: [] })).toEqual(["widened Grep c7"]);
    expect(changes({ rules: run.row.config.permissions, mode: "read-only" })).toEqual(
      expect.arrayContaining(["narrowed Write c2", "shifted Write c3"]),
    );
    expect(changes({ rules: run.row.config.permissions, approve: "deny" })).toEqual(
      expect.arrayContaining(["shifted Write c3", "shifted WebFetch c6"]),
    );
  });
});
