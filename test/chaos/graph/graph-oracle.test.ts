// The oracle of graph runs must be able to fail: each law is broken by hand, and the breach is reported by its own words.
import { describe, expect, test } from "vitest";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { type GraphFacts, graphViolations } from "./graph-oracle.ts";

const RUN = "r_judged";
const TAG = "t0-x00000001";
const call = { effect: "e1", call: "c1", tool: "Bash" };

const numbered = (events: readonly object[]): LoggedEvent[] =>
  events.map((event, index) => ({ v: 1, at: "", run: RUN, seq: index + 1, ...event }) as LoggedEvent);

const EVENTS = [
  { type: "budget.reserved", actor: "a_t1", effect: "m1", tokens: 20, nanoUsd: 0 },
  { type: "budget.reserved", actor: "a_t0.2", effect: "m2", tokens: 20, nanoUsd: 0 },
  { type: "budget.settled", actor: "a_t0.2", effect: "m2", tokens: 7, nanoUsd: 0 },
  { type: "result.revoked", actor: "a_coordinator", result: "res_t0", task: "t0", root: "res_t0", reason: "", by: "" },
  { type: "actor.fenced", actor: "a_coordinator", fenced: "a_t1", reason: "" },
  { type: "tool.intended", actor: "a_t0.2", ...call, input: { command: `echo ${TAG} >> t0.log` } },
  { type: "tool.finished", actor: "a_t0.2", ...call },
  { type: "result.verified", actor: "a_t0.2", result: "res_t0.2", task: "t0" },
  { type: "run.completed", actor: "a_coordinator" },
] as const;

const good: GraphFacts = {
  run: RUN,
  row: { status: "completed", seq: String(EVENTS.length) },
  events: numbered(EVENTS),
  replayed: null,
  budget: { tokens: "27", heldTokens: "0", heldNano: "0" },
  leftovers: [],
  envelopes: [
    { id: "res_t0", task: "t0", actor: "a_t0", status: "revoked", standsOn: [] },
    { id: "res_t0.2", task: "t0", actor: "a_t0.2", status: "verified", standsOn: [] },
  ],
  files: { "shared.txt": "three\n", "t0.log": `${TAG}\n` },
  joined: ["res_t0.2"],
  branches: [],
  trees: [],
  names: [],
  locks: [],
  unclean: [],
};

/** The run's last words stay its last. */
const also = (...events: object[]): Partial<GraphFacts> => ({
  events: numbered([...EVENTS.slice(0, -1), ...events, ...EVENTS.slice(-1)]),
  row: { ...good.row, seq: String(EVENTS.length + events.length) },
});
const failed: Partial<GraphFacts> = {
  row: { ...good.row, status: "failed" },
  events: numbered([...EVENTS.slice(0, -1), { type: "run.failed", actor: "a_coordinator" }]),
  files: { "shared.txt": "three\n" },
};
const [root, redone] = good.envelopes as [GraphFacts["envelopes"][number], GraphFacts["envelopes"][number]];

const planted: Readonly<Record<string, readonly [Partial<GraphFacts>, RegExp]>> = {
  "a run that goes on": [{ row: { ...good.row, status: "running" } }, /did not end/],
  "a replay that differs": [{ replayed: "another hash" }, /replay: another hash/],
  "a fenced agent that acts": [also({ type: "tool.intended", actor: "a_t1", ...call, call: "c9" }), /was fenced at 5/],
  "a fenced agent whose result counts": [
    also({ type: "result.verified", actor: "a_t1", result: "x" }),
    /was fenced at 5/,
  ],
  "a result of a fenced agent": [
    { envelopes: [root, redone, { ...root, id: "res_t1", actor: "a_t1", status: "verified" }] },
    /a_t1 was fenced at 5, and res_t1 is verified/,
  ],
  "a revoked result that counts": [
    { envelopes: [{ ...root, status: "verified" }, redone] },
    /res_t0 was revoked, and is verified/,
  ],
  "a result on top of a revoked one": [
    { envelopes: [root, { ...redone, standsOn: ["res_t0"] }] },
    /is verified and stands on revoked res_t0/,
  ],
  "a result that is verified twice": [also(EVENTS[7]), /verified 2 times/],
  "a call that ends twice": [also(EVENTS[6]), /came to 2 ends/],
  "a call that never ends": [also({ ...EVENTS[5], call: "c2" }), /c2 of a_t0\.2 never came to an end/],
  "a command that ran twice": [{ files: { ...good.files, "t0.log": `${TAG}\n${TAG}\n` } }, /is 2 times in t0\.log/],
  "work that is lost": [{ files: { "shared.txt": "three\n" } }, /is 0 times in t0\.log/],
  "work of nobody that counts": [
    { files: { ...good.files, "shared.txt": "three t0-x00000009\n" } },
    /which no result that counts wrote/,
  ],
  "a commit of a revoked result": [{ joined: ["res_t0", "res_t0.2"] }, /work of res_t0 came home, which is revoked/],
  "a commit made twice": [{ joined: ["res_t0.2", "res_t0.2"] }, /came home twice/],
  "a conflict mark": [{ files: { ...good.files, "shared.txt": "<<<<<<< x\n" } }, /conflict mark/],
  "a failed run that was merged": [{ ...failed, files: good.files }, /was merged/],
  "tokens that nobody accounts for": [{ budget: { ...good.budget, tokens: "28" } }, /28 tokens spent, and 27/],
  "tokens still held": [{ budget: { ...good.budget, heldTokens: "1" } }, /still holds heldTokens 1/],
  "a call settled twice": [also(EVENTS[2]), /m2 was settled twice/],
  "a branch": [{ branches: [`swarm/${RUN}`] }, /branch swarm\/r_judged is left/],
  "an agent's branch that was not told": [{ ...failed, branches: [`swarm/${RUN}.a_t1`] }, /a_t1 is left/],
  "a tree of a run that went well": [{ trees: [`/x/${RUN}`] }, /working tree/],
  "an agent's tree": [{ ...failed, trees: [`/x/${RUN}.a_t1`] }, /working tree .*a_t1 is left/],
  "a name in git": [{ names: ["refs/swarm/x"] }, /refs\/swarm\/x is left/],
  "a lock": [{ locks: ["index.lock"] }, /lock index\.lock is left/],
  "an unclean repository": [{ unclean: [" M a"] }, /is unclean/],
  "a dead letter of nobody": [{ leftovers: ["a dead letter: x"] }, /left over: a dead letter/],
};

test("a call that was out when its agent ended is charged what it may have cost; one of an agent that goes on is not", () => {
  const out = { type: "budget.reserved", actor: "a_t5", effect: "m5", tokens: 13, nanoUsd: 0 };
  const ended = { type: "agent.ended", actor: "a_t5", status: "cancelled", reason: "", state: "" };
  const budget = { ...good.budget, tokens: "40" };
  expect(graphViolations({ ...good, ...also(out, ended), budget })).toEqual([]);
  expect(graphViolations({ ...good, ...also(out), budget })).toContainEqual(
    expect.stringMatching(/40 tokens spent, and 27 accounted for/),
  );
});

test("a call that was done, as the world says, has come to its end; one that was not has not", () => {
  const asked = (happened: boolean): GraphFacts => {
    const events = good.events.map((event) =>
      event.type === "tool.finished" ? { ...event, type: "tool.reconciled" as const, happened } : event,
    );
    return { ...good, events: events as GraphFacts["events"] };
  };
  expect(graphViolations(asked(true))).toEqual([]);
  expect(graphViolations(asked(false))).toContainEqual(expect.stringMatching(/never came to an end/));
});

test("a run that did well breaks no law, nor one that failed and waits to be opened again", () => {
  expect(graphViolations(good)).toEqual([]);
  const waiting = { trees: [`/x/${RUN}`, `/x/${RUN}.json`, `/x/${RUN}.index`], branches: [`swarm/${RUN}`] };
  expect(graphViolations({ ...good, ...failed, ...waiting })).toEqual([]);
});

describe("the oracle of graphs reports", () => {
  test.each(Object.entries(planted))("%s", (_, [change, says]) => {
    const found = graphViolations({ ...good, ...change });
    expect(found).toContainEqual(expect.stringMatching(says));
    expect(found.length).toBeLessThanOrEqual(2);
  });
});
