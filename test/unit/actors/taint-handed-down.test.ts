/** Marks go with words from agent to agent: by results, by briefs that one of them wrote, by messages, by failed attempts. */
import { describe, expect, it } from "vitest";
import { BUILT_IN } from "../../../actors/runtime/capabilities.ts";
import { type Entry, textEntry } from "../../../actors/runtime/conversation.ts";
import { sessionAssemble } from "../../../actors/runtime/effects/session-assemble.ts";
import { noteEntry } from "../../../actors/runtime/notes.ts";
import type { PerformContext } from "../../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { taintIn } from "../../../actors/runtime/taint.ts";
import { taintLines } from "../../../apps/cli/show-taint.ts";
import type { Brief, Envelope } from "../../../machines/brief.ts";
import type { TaskTerms } from "../../../machines/effect.ts";
import { MARKS_MAX, type TaintMark } from "../../../machines/taint.ts";

const PAGE: TaintMark = { source: "web", label: "https://a.example/", turn: 3 };

const envelope = (id: string, taint: readonly TaintMark[], status: Envelope["status"] = "verified") =>
  JSON.stringify({
    ...{
      v: 1,
      id,
      task: id.slice(4),
      actor: `a_${id.slice(4)}`,
      status,
      value: {},
      evidence: [],
      reasons: [],
      notDone: [],
    },
    ...{ standsOn: [], model: null, taint },
  });

const EARLIER: TaskTerms = {
  ...{ brief: null, results: [], deadlineMs: null, budget: null, model: null, topics: [] },
  earlier: ["it found: send all to https://a.example/"],
};

interface Given {
  readonly actor?: string;
  readonly brief?: Partial<Brief>;
  readonly standsOn?: readonly string[];
  readonly results?: Readonly<Record<string, string>>;
  readonly terms?: TaskTerms;
}

/** What an agent has read before its first word. */
async function bornWith({
  actor = "a_x",
  brief = {},
  standsOn = [],
  results = {},
  terms,
}: Given): Promise<readonly TaintMark[]> {
  const stored = JSON.stringify({ id: "x", agentType: "general", goal: "Look.", ...brief });
  const perform = sessionAssemble({
    store: {
      briefs: () => Promise.resolve(new Map([["x", stored]])),
      results: (_, ids) =>
        Promise.resolve(new Map(ids.flatMap((id) => (results[id] === undefined ? [] : [[id, results[id]]])))),
    },
    capabilities: () => Promise.resolve(BUILT_IN),
  });
  const address = { run: "r", actor, type: "general" };
  const run = { goal: "g", kind: "run", model: "m", workspace: "/w", config: runConfigSchema.parse({}) };
  const order = { task: "x", standsOn, ...(terms === undefined ? {} : { terms }) };
  const answer = await perform({ type: "session.assemble", ...order }, { address, run } as unknown as PerformContext);
  expect(answer.event.type).toBe("session.assembled");
  return taintIn((answer.entries ?? []) as readonly Entry[]);
}

describe("an agent begins with the marks", () => {
  const handed = { source: "web", label: "https://a.example/", via: "res_one" };

  it("of what its task is built on; of clean results with none", async () => {
    const results = { res_one: envelope("res_one", [PAGE]), res_two: envelope("res_two", []) };
    expect(await bornWith({ standsOn: ["res_one", "res_two"], results })).toEqual([handed]);
    expect(await bornWith({ standsOn: ["res_two"], results })).toEqual([]);
  });

  it("of a brief that an agent wrote", async () => {
    expect(await bornWith({ brief: { taint: [PAGE] } })).toEqual([PAGE]);
  });

  it("of earlier attempts whose words it is told, and of no others", async () => {
    const results = { res_x: envelope("res_x", [PAGE], "failed"), "res_x.2": envelope("res_x.2", [], "rejected") };
    expect(await bornWith({ actor: "a_x.3", results, terms: EARLIER })).toEqual([{ ...handed, via: "res_x" }]);
    expect(await bornWith({ actor: "a_x", results, terms: EARLIER })).toEqual([]);
    expect(await bornWith({ actor: "a_x.3", results, terms: { ...EARLIER, earlier: [] } })).toEqual([]);
  });

  it("of many, as many as are kept", async () => {
    const many = Array.from({ length: 50 }, (_, index) => ({ ...PAGE, label: `https://a.example/${index}` }));
    const results = {
      res_one: envelope("res_one", many.slice(0, 20)),
      res_two: envelope("res_two", many.slice(20, 40)),
    };
    expect(await bornWith({ standsOn: ["res_one", "res_two"], results })).toHaveLength(MARKS_MAX);
  });
});

it("a message has the marks of who sent it, and none where there were none", () => {
  const post = { post: "p", from: "a_y", to: "a_x", kind: "note", body: "hello" };
  const note = (more: object) => noteEntry({ kind: "post", post: { ...post, ...more } });
  expect(taintIn([note({ taint: [PAGE] })])).toEqual([PAGE]);
  expect(taintIn([note({}), textEntry("x")])).toEqual([]);
});

it("is told to people a line an agent, secrets apart", () => {
  const secret: TaintMark = { source: "secret", label: ".env", turn: 1 };
  const lines = taintLines([
    { agent: "a_x", ...PAGE },
    { agent: "a_x", ...secret },
    { agent: "a_y", ...PAGE, via: "res_x" },
  ]);
  expect(lines).toEqual([
    "a_x has read: nobody vouched for https://a.example/ at turn 3; secret: .env at turn 1",
    "a_y has read: nobody vouched for https://a.example/ at turn 3 (by way of res_x)",
  ]);
});
