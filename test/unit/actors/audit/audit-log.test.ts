// The audit as readers want it: a page at a time, each row with the words of its own call and of no other.
import { describe, expect, it } from "vitest";
import { auditDocument } from "../../../../actors/runtime/audit/audit-document.ts";
import { type AuditSource, auditOf, type RecordedRow } from "../../../../actors/runtime/audit/audit-log.ts";
import { auditRowFrom, isRuntimes, kindOf } from "../../../../actors/runtime/audit/audit-row.ts";
import { inputHashOf } from "../../../../actors/runtime/judge.ts";
import { approvalId, type Proposed, proposalHash } from "../../../../infra/approval.ts";
import { SwarmError } from "../../../../infra/errors.ts";
import { AUDIT_PAGE, isBefore, type RawAuditRow } from "../../../../infra/redis/audit-reader.ts";

const stored = (over: Record<string, unknown> = {}) => ({
  actor: "a_one",
  call: "c1",
  tool: "Read",
  agentType: "general",
  handler: "worker",
  policy: "p1",
  inputHash: inputHashOf({ file_path: "a" }),
  decision: "allow",
  risk: "read-only",
  rule: "built-in.read-only",
  reason: "it reads",
  said: 0,
  ...over,
});

const raw = (atMs: number, over: Record<string, unknown> = {}, number = 0): RawAuditRow => ({
  id: `${atMs}-${number}`,
  json: JSON.stringify(stored(over)),
});

/** A run whose rows and conversations are given; counts what is asked of it. */
function source(rows: readonly RawAuditRow[], said: readonly unknown[] = [], approvals: Record<string, string> = {}) {
  const asked = { pages: 0, entries: 0, approvals: 0 };
  const newestFirst = [...rows].sort((a, b) => (isBefore(a.id, b.id) ? 1 : -1));
  const reader: AuditSource = {
    run: async (run) => ({ run, fields: { status: "running" } }),
    async approvals() {
      asked.approvals += 1;
      return approvals;
    },
    async audit(_run, { sinceMs, untilMs, before }) {
      asked.pages += 1;
      return newestFirst
        .filter(({ id }) => Number(id.split("-")[0]) >= sinceMs && Number(id.split("-")[0]) <= untilMs)
        .filter(({ id }) => before === null || isBefore(id, before))
        .slice(0, AUDIT_PAGE);
    },
    async said(_run, actor, places) {
      asked.entries += places.length;
      return new Map(
        places.flatMap((place) =>
          actor === "a_one" && said[place] !== undefined ? [[place, JSON.stringify(said[place])]] : [],
        ),
      );
    },
  };
  return { reader, asked };
}

const answer = (...calls: readonly { id: string; input: unknown }[]) => ({
  role: "assistant",
  content: calls.map(({ id, input }) => ({ type: "tool_use", id, name: "Read", input })),
});

async function all(rows: AsyncIterable<RecordedRow>): Promise<RecordedRow[]> {
  const found: RecordedRow[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

describe("the rows of a run", () => {
  it("come newest first, over pages, none twice and none left out, also where many share one millisecond", async () => {
    const rows = Array.from({ length: AUDIT_PAGE * 2 + 7 }, (_, index) =>
      raw(1_000 + Math.floor(index / 900), {}, index % 900),
    );
    const { reader, asked } = source(rows);
    const found = await all(auditOf(reader, "r_one"));
    expect(found).toHaveLength(rows.length);
    expect(new Set(found.map(({ id }) => id)).size).toBe(rows.length);
    const times = found.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(asked.pages).toBe(3);
  });

  it("between two times are those of both, and those in between", async () => {
    const { reader } = source([raw(1), raw(2), raw(3), raw(4)]);
    expect((await all(auditOf(reader, "r", { sinceMs: 2, untilMs: 3 }))).map(({ atMs }) => atMs)).toEqual([3, 2]);
  });

  it("are not read on once nobody wants more", async () => {
    const { reader, asked } = source(Array.from({ length: AUDIT_PAGE * 3 }, (_, index) => raw(index)));
    for await (const _row of auditOf(reader, "r")) break;
    expect(asked.pages).toBe(1);
  });

  it("have an id that is the same whenever they are read, and that no other row has", () => {
    const [one, again] = [auditRowFrom("r_one", raw(5)), auditRowFrom("r_one", raw(5))];
    expect(one.id).toBe(again.id);
    expect(one.id).toMatch(/^d_[0-9a-f]{12}$/);
    expect(new Set([one.id, auditRowFrom("r_two", raw(5)).id, auditRowFrom("r_one", raw(5, {}, 1)).id]).size).toBe(3);
  });

  it("that are damaged, or none of ours, are an error that names them, never passed over", async () => {
    for (const json of [
      "{",
      "{}",
      JSON.stringify(stored({ decision: "maybe" })),
      JSON.stringify(stored({ rule: 1 })),
    ]) {
      const { reader } = source([raw(1), { id: "2-0", json }]);
      const found = all(auditOf(reader, "r_one"));
      await expect(found).rejects.toThrow(SwarmError);
      await expect(found).rejects.toThrow(/row 2-0 of the audit of run r_one/);
    }
  });
});

describe("the input of a row", () => {
  it("is what its own call asked for, fetched for the rows alone that are wanted", async () => {
    const rows = [
      raw(1, { call: "c1", said: 0 }),
      raw(2, { call: "c2", said: 0, inputHash: inputHashOf({ file_path: "b" }), tool: "Write" }),
      raw(3, { call: "c3", said: 2, inputHash: inputHashOf({ file_path: "c" }) }),
    ];
    const said = [
      answer({ id: "c1", input: { file_path: "a" } }, { id: "c2", input: { file_path: "b" } }),
      { role: "user", content: [] },
      answer({ id: "c3", input: { file_path: "c" } }),
    ];
    const { reader, asked } = source(rows, said);
    expect((await all(auditOf(reader, "r"))).map(({ recorded }) => recorded)).toEqual([
      { input: { file_path: "c" } },
      { input: { file_path: "b" } },
      { input: { file_path: "a" } },
    ]);
    expect([asked.entries, asked.approvals]).toEqual([2, 0]);
    const written = await all(auditOf(reader, "r", { wants: ({ tool }) => tool === "Write" }));
    expect(written.map(({ recorded }) => recorded)).toEqual([{ input: { file_path: "b" } }]);
    expect(asked.entries).toBe(3);
  });

  it("is not taken from words that were changed since, or that are not there", async () => {
    const said = [
      answer({ id: "c1", input: { file_path: "forged" } }),
      answer({ id: "other", input: { file_path: "a" } }),
    ];
    for (const place of [0, 1, 2]) {
      const { reader } = source([raw(1, { said: place })], said);
      const [row] = await all(auditOf(reader, "r"));
      expect(row?.recorded).toBeUndefined();
      expect(auditDocument(row as RecordedRow).input).toBeNull();
    }
  });

  it("of an approval's answer is what was proposed", async () => {
    const input = { command: "make" };
    const approval = approvalId("e", "c9");
    const of = { run: "r", agent: "a_one", call: "c9", tool: "Bash", input };
    const proposal: Proposed = {
      ...of,
      v: 1,
      order: 0,
      agentType: "general",
      inputHash: inputHashOf(input),
      hash: proposalHash(of),
      risk: "mutating",
      rule: "silence",
      reason: "why",
      touches: [],
      policy: "p",
    };
    const fields = { [approval]: JSON.stringify(proposal), [`${approval}#s`]: "1 2 hash a_one/general c9" };
    const row = {
      ...stored({ call: "c9", rule: "approval", handler: "interactive", approval, answeredBy: "me", latencyMs: 5 }),
    };
    const { said: _, ...answered } = row;
    const { reader } = source([{ id: "9-0", json: JSON.stringify(answered) }], [], fields);
    const [found] = await all(auditOf(reader, "r"));
    expect(found?.recorded).toEqual({ input });
    expect(auditDocument(found as RecordedRow)).toMatchObject({ answeredBy: "me", latencyMs: 5, input, approval });
  });
});

describe("a document", () => {
  it("cuts a long input between characters and says how long it was", async () => {
    const input = { file_path: "ü".repeat(5_000) };
    const { reader } = source([raw(1, { inputHash: inputHashOf(input) })], [answer({ id: "c1", input })]);
    const [row] = await all(auditOf(reader, "r"));
    const { input: shown } = auditDocument(row as RecordedRow) as { input: { cut: string; bytes: number } };
    expect(shown.bytes).toBe(Buffer.byteLength(JSON.stringify(input)));
    expect(Buffer.byteLength(shown.cut)).toBeLessThanOrEqual(4_096);
    expect(JSON.stringify(input).startsWith(shown.cut)).toBe(true);
    expect(shown.cut.length).toBeGreaterThan(2_000);
  });
});

describe("kinds of rows", () => {
  it("are told apart by their rule", () => {
    const rules = [
      "built-in.read-only",
      "config.ask Bash",
      "approval",
      "approval.late",
      "grant.revoked",
      "grant Bash(x)",
    ];
    expect(rules.map((rule) => kindOf({ rule }))).toEqual([
      "decision",
      "decision",
      "answer",
      "notice",
      "notice",
      "decision",
    ]);
    expect(["registry.input", "session.not-offered", "silence"].map((rule) => isRuntimes({ rule }))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
