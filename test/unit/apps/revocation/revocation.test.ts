// What `swarm revoke` says before and after: what would fall is what the coordinator's own rows say, what cannot be taken back
// is named, and nothing is done that nobody agreed to.
import { describe, expect, test } from "vitest";
import { takenIn } from "../../../../apps/cli/revocation/awaited.ts";
import { fallOf, isDoneAgain, tasksFrom } from "../../../../apps/cli/revocation/fall.ts";
import { fallLines, mergedOf, revokedLines } from "../../../../apps/cli/revocation/lines.ts";
import { refusal } from "../../../../apps/cli/revocation/refusal.ts";
import { REASON_MAX, wishOf } from "../../../../apps/cli/revocation/wish.ts";
import { SwarmError } from "../../../../infra/errors.ts";
import { onlyResult } from "../../../../infra/redis/result-index.ts";
import type { LoggedEvent } from "../../../../machines/run-event.ts";

type Row = Readonly<Record<string, unknown>>;

/** A diamond: b and c stand on a, d on both; x on nothing. */
const rows = (over: Readonly<Record<string, Row>> = {}): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({ a: [], b: ["a"], c: ["a"], d: ["b", "c"], x: [] } as Record<string, string[]>).map(
      ([id, needs], order) => [
        id,
        JSON.stringify({
          ...{ id, agentType: "general", needs, order, status: "verified", attempt: 1, actor: `a_${id}` },
          ...{ result: `res_${id}`, reasons: [], limits: {}, attemptsMax: 1, ...over[id] },
        }),
      ],
    ),
  );

describe("what falls with a result", () => {
  test("is all that stands on it, through others too, and nothing else", () => {
    const fall = fallOf(tasksFrom(rows()), "res_a");
    expect(fall?.results.map(({ task }) => task).sort()).toEqual(["a", "b", "c", "d"]);
    expect(fall?.results[0]).toEqual({ result: "res_a", task: "a" });
    expect(fallOf(tasksFrom(rows()), "res_d")?.results).toEqual([{ result: "res_d", task: "d" }]);
  });

  test("are results, agents that work, and tasks that wait, each told as what it is", () => {
    const mixed = rows({
      b: { status: "joining" },
      c: { status: "running", result: null, actor: "a_c.2" },
      d: { status: "planned", result: null, actor: null },
    });
    expect(fallOf(tasksFrom(mixed), "res_a")).toEqual({
      task: "a",
      results: [
        { result: "res_a", task: "a" },
        { result: "res_b", task: "b" },
      ],
      agents: [{ agent: "a_c.2", task: "c" }],
      waiting: ["d"],
    });
  });

  test("is nothing where nobody counts on it: unknown, failed, or of an earlier attempt", () => {
    for (const result of ["res_none", "res_b"]) {
      expect(fallOf(tasksFrom(rows({ b: { status: "failed" } })), result)).toBeNull();
    }
  });

  test("rows that are no coordinator's are refused, not guessed at", () => {
    expect(() => tasksFrom(new Map([["a", '{"id":"a"}']]))).toThrow();
  });
});

describe("the words of a revocation", () => {
  const about = { runId: "r_1", result: "res_a", redo: true, ended: false, merged: null };
  const fall = fallOf(tasksFrom(rows({ c: { status: "running", result: null } })), "res_a");
  const effect = {
    actor: "a_b",
    tool: "Bash",
    input: { command: "curl x" },
    state: "maybe",
    why: "a command may reach",
  } as const;
  if (fall === null) throw new Error("nothing falls");

  test("name everything that falls before anything does, and what happens next", () => {
    const text = fallLines(about, fall, [effect]).join("\n");
    expect(text).toContain("revoking res_a (task a) of run r_1");
    for (const word of ["res_b (task b)", "res_d (task d)", "a_c (task c)"]) expect(text).toContain(`  ${word}`);
    expect(text).toContain('  a_b may have run Bash {"command":"curl x"}: a command may reach');
    expect(text).toContain("done again, and told why: a, b, d");
    expect(text).not.toContain("(task x)");
  });

  test("of one that nothing is done for again, or of a run that is over, say so", () => {
    expect(fallLines({ ...about, redo: false }, fall, []).join("\n")).toContain("not done again: a ends as failed");
    expect(fallLines({ ...about, ended: true }, fall, []).at(-1)).toMatch(
      /^the run has ended: .* swarm fork r_1 --at N/,
    );
  });

  test("name a commit that is in somebody's folder already: no revocation takes it out again", () => {
    const merged = { commit: "c0ffee", source: "/src" };
    expect(fallLines({ ...about, merged }, fall, []).join("\n")).toContain("git -C /src show c0ffee");
    expect(fallLines(about, fall, []).join("\n")).toContain("nothing that these agents did is known to last");
  });

  test("afterwards name what fell and who was stopped; hundreds of them are counted", () => {
    const results = Array.from({ length: 300 }, (_, at) => ({ result: `res_${at}`, task: `t${at}` }));
    const stopped = [{ agent: "a_c", task: "c" }];
    const lines = revokedLines({ ...about, results, stopped, irreversible: [] });
    expect(lines[0]).toBe("revoked: res_a of run r_1");
    expect(lines).toContain("  … and 280 more");
    expect(lines).toContain("  a_c (task c)");
    expect(lines.length).toBeLessThan(30);
  });
});

describe("what one step took back", () => {
  const event = (seq: number, more: Row): LoggedEvent =>
    ({
      v: 1,
      seq,
      at: "2026-11-21T10:00:00.000Z",
      run: "r_1",
      actor: "a_coordinator",
      ...more,
    }) as unknown as LoggedEvent;
  const gone = (seq: number, task: string, root: string): LoggedEvent =>
    event(seq, { type: "result.revoked", result: `res_${task}`, task, root, reason: "", by: "" });

  test("is what was revoked for the sake of this root, with whoever was stopped in that step", () => {
    const step = [
      gone(1, "a", "res_a"),
      gone(2, "b", "res_a"),
      event(3, { type: "actor.fenced", fenced: "a_c", reason: "" }),
    ];
    expect(takenIn(step, "res_a")).toEqual({
      results: [
        { result: "res_a", task: "a" },
        { result: "res_b", task: "b" },
      ],
      stopped: ["a_c"],
    });
  });

  test("of another root is not it", () => {
    expect(
      takenIn([gone(1, "b", "res_b"), event(2, { type: "actor.fenced", fenced: "a_c", reason: "" })], "res_a"),
    ).toBeNull();
  });
});

describe("the id of a result", () => {
  const found = ["r_1/res_a", "r_1/res_a.2", "r_2/res_a", "r_2/res_bee"].map((place) => {
    const [run = "", result = ""] = place.split("/");
    return { run, result };
  });
  const inRun = (run: string) => found.filter((one) => one.run === run);

  test("may be cut short while it is unique, and a whole one goes before those that begin with it", () => {
    expect(onlyResult("res_b", found)).toEqual({ run: "r_2", result: "res_bee" });
    expect(onlyResult("res_a", inRun("r_1"))).toEqual({ run: "r_1", result: "res_a" });
    expect(onlyResult("res_a.", inRun("r_1")).result).toBe("res_a.2");
  });

  test.each<[string, RegExp]>([
    ["res_a", /it fits 2 results: r_1\/res_a, r_2\/res_a$/],
    ["res_", /it fits 4 results/],
    ["res_none", /there is none of that id/],
    ["r_1", /that is no id of a result/],
    ["", /that is no id of a result/],
    ["res_*", /that is no id of a result/],
  ])("%s is refused with the way out", (id, problem) => {
    const refused = thrown(() => onlyResult(id, found));
    expect(refused).toMatchObject({ code: "result.unknown", exit: 2 });
    expect(refused.message).toMatch(problem);
    expect(refused.hint).toContain("RUN/RESULT");
  });
});

describe("the flags", () => {
  test("name run and result together or apart, never twice", () => {
    expect(wishOf("@last/res_a", {})).toMatchObject({
      run: "@last",
      result: "res_a",
      redo: true,
      yes: false,
      reason: null,
    });
    expect(wishOf("res_a", { run: "r_1", redo: false, yes: true, reason: " wrong " })).toMatchObject({
      ...{ run: "r_1", result: "res_a", redo: false, yes: true, reason: "wrong" },
    });
    expect(thrown(() => wishOf("r_1/res_a", { run: "r_2" }))).toMatchObject({ code: "usage.revoke", exit: 2 });
  });

  test.each([
    ["nothing", " "],
    ["a novel", "x".repeat(REASON_MAX + 1)],
  ])("a reason of %s is none", (_, reason) => {
    expect(thrown(() => wishOf("res_a", { reason }))).toMatchObject({ code: "usage.reason", exit: 2 });
  });
});

describe("what the store answers", () => {
  const place = { run: "r_1", result: "res_a" };

  test.each([["asked"], ["asked_before"]] as const)("%s is no refusal", (kind) => {
    expect(refusal(place, { kind })).toBeNull();
  });

  test.each<[Parameters<typeof refusal>[1], string, number]>([
    [{ kind: "unknown" }, "result.unknown", 2],
    [{ kind: "archived" }, "run.archived", 2],
    [{ kind: "no_run" }, "run.gone", 2],
    [{ kind: "not_verified", status: "failed" }, "result.not_verified", 2],
    [{ kind: "full" }, "run.full", 1],
  ])("%o is refused by name, with the way out", (outcome, code, exit) => {
    const refused = refusal(place, outcome);
    expect(refused).toMatchObject({ code, exit });
    expect(refused?.hint).toBeTruthy();
  });
});

function thrown(act: () => unknown): SwarmError {
  try {
    act();
  } catch (cause) {
    if (cause instanceof SwarmError) return cause;
    throw cause;
  }
  throw new Error("nothing was thrown");
}

test("a merge that brought nothing is no work in the folder, and nobody is sent to look at it", () => {
  const work = { where: "merged" as const, files: 1, commit: "c0ffee", source: "/repo" };
  expect(mergedOf(work)).toEqual({ commit: "c0ffee", source: "/repo" });
  expect(mergedOf({ ...work, files: 0 })).toBe(null);
  expect(mergedOf({ ...work, where: "left" })).toBe(null);
  expect(mergedOf(null)).toBe(null);
});

test("nobody is told that it is done again where the coordinator has given it up", () => {
  expect(isDoneAgain(tasksFrom(rows({ a: { status: "planned" } })), "a")).toBe(true);
  expect(isDoneAgain(tasksFrom(rows({ a: { status: "failed" } })), "a")).toBe(false);
});
