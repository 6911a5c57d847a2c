/** The laws of a conversation that is made shorter, as stories: when it is, what it may cost, and what it may never do. */
import { expect } from "vitest";
import { COMPACTION_COOL_TURNS, COMPACTION_FAILURES_MAX } from "../../machines/compaction-due.ts";
import type { Story } from "./given.ts";
import {
  answered,
  cancel,
  compacted,
  compactionFailed,
  delivered,
  failed,
  finished,
  full,
  overflowed,
  pause,
  read,
  resume,
  thinking,
} from "./given-agent.ts";
import type { Law } from "./given-agent-laws.ts";

const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });
const summary = (turn: number) => ({ type: "transcript.compact", turn, by: "summary" });
const rule = (turn: number) => ({ type: "transcript.compact", turn, by: "rule" });
const ask = (turn: number, attempt = 0) => ({ type: "model.call", turn, attempt });
const asked = (story: Story, type: string): number => story.told.filter((order) => order.type === type).length;
const broke = { tokensLeft: 7, nanoUsdLeft: null };
const TOO_LONG = "model: the conversation no longer fits the context window";

/** An agent whose first answer filled its conversation, and whose calls of it have ended. */
const compacting = (machine: Parameters<Law["holds"]>[0], limits = {}): Story =>
  thinking(machine, limits).whenAll(full(0, [read("r1")]), finished("r1"));
const reasonsOf = ({ state }: Story): unknown => state.snapshot.context.reasons;

export const compactionLaws: readonly Law[] = [
  law(
    "a full conversation is made shorter once the calls of its turn have ended, before the next model call",
    (machine) => {
      const story = thinking(machine).when(full(0, [read("r1")]));
      expect([story.path, asked(story, "transcript.compact")]).toEqual(["executing", 0]);
      const now = story.when(finished("r1"));
      expect([now.path, now.effects]).toEqual(["compacting.summarising", [summary(1)]]);
      const after = now.when(compacted(1));
      expect([after.path, after.effects]).toEqual(["thinking.calling", [ask(1)]]);
    },
  ),
  law("one that is not full is left as it is", (machine) => {
    const story = thinking(machine).whenAll(answered(0, [read("r1")]), finished("r1"));
    expect(story.effects).toEqual([ask(1)]);
  }),
  law("a conversation that was made shorter is not at once made shorter again", (machine) => {
    const story = compacting(machine).whenAll(compacted(1), failed(1)).whenTimerFires();
    expect(story.effects).toEqual([ask(1, 1)]);
    const next = story.when(answered(1, [], { stop: "pause_turn" }));
    expect(next.effects).toEqual([ask(2)]);
    expect(next.when(full(2)).effects[0]).toEqual(summary(3));
  }),
  law(
    "a compaction that fails ends nothing: the agent goes on with what it has, and tries again a turn later",
    (machine) => {
      const story = compacting(machine).when(compactionFailed(1));
      expect([story.path, story.effects]).toEqual(["thinking.calling", [ask(1)]]);
      expect(story.whenAll(full(1, [read("r2")]), finished("r2")).effects).toEqual([summary(2)]);
    },
  ),
  law("after three failures in a row nothing is tried for ten turns; then one try decides", (machine) => {
    let story = thinking(machine, { turnsMax: 60 });
    const tries: number[] = [];
    for (let turn = 0; turn < 40; turn += 1) {
      story = story.whenAll(full(turn, [read(`r${turn}`)]), finished(`r${turn}`));
      if (story.path !== "compacting.summarising") continue;
      tries.push(turn + 1);
      story = story.when(tries.length < 5 ? compactionFailed(turn + 1) : compacted(turn + 1));
    }
    expect([COMPACTION_FAILURES_MAX, COMPACTION_COOL_TURNS]).toEqual([3, 10]);
    // 13 and 23 are probes; the one that succeeds closes the breaker.
    expect(tries.slice(0, 7)).toEqual([1, 2, 3, 13, 23, 24, 25]);
  }),
  law("where nobody can pay for a summary, a rule makes it shorter, and the agent goes on", (machine) => {
    const story = thinking(machine)
      .when(full(0, [read("r1")]))
      .when(finished("r1"), broke);
    expect([story.path, story.effects]).toEqual(["compacting.dropping", [rule(1)]]);
    expect(story.when(compacted(1)).effects).toEqual([ask(1)]);
    expect(story.when(compactionFailed(1)).effects).toEqual([ask(1)]);
  }),
  law(
    "a model that cannot take the conversation is asked again with a shorter one, under a number of its own",
    (machine) => {
      const story = thinking(machine).when(overflowed(0));
      expect([story.path, story.effects]).toEqual(["compacting.dropping", [rule(0)]]);
      expect(story.when(compacted(0)).effects).toEqual([ask(0, 1)]);
    },
  ),
  law("it ends as exhausted where that does not help, or cannot be done, and never as a failure", (machine) => {
    const again = thinking(machine).whenAll(overflowed(0), compacted(0), overflowed(0));
    expect([again.path, reasonsOf(again)]).toEqual(["exhausted", [TOO_LONG]]);
    const stuck = thinking(machine).whenAll(overflowed(0), compactionFailed(0));
    expect([stuck.path, reasonsOf(stuck)]).toEqual(["exhausted", [`${TOO_LONG}, and no summary`]]);
  }),
  law("an overflow of another turn changes nothing", (machine) => {
    expect(thinking(machine).when(overflowed(1)).decision.changed).toBe(false);
  }),
  law("a later overflow is met again, and a later failure of a summary is no overflow", (machine) => {
    const later = thinking(machine).whenAll(overflowed(0), compacted(0), answered(0, [], { stop: "pause_turn" }));
    expect(later.when(overflowed(1)).effects).toEqual([rule(1)]);
    const full1 = thinking(machine).whenAll(overflowed(0), compacted(0), full(0));
    expect(full1.when(compactionFailed(1)).path).toBe("thinking.calling");
  }),
  law(
    "an answer that the window cut is told so and goes on in a shorter conversation; without one it ends",
    (machine) => {
      const story = thinking(machine).when(answered(0, [], { stop: "model_context_window_exceeded" }));
      expect(story.effects).toEqual([rule(1), { type: "prompt.append", note: { kind: "answer_cut" } }]);
      expect(story.when(compacted(1)).effects).toEqual([ask(1)]);
      expect(story.when(compactionFailed(1)).path).toBe("exhausted");
    },
  ),
  law("calls of an answer that the window cut are not run: the agent ends as exhausted", (machine) => {
    const stop = "model_context_window_exceeded";
    const story = thinking(machine).when(answered(0, [read("r1")], { stop }));
    expect([story.path, reasonsOf(story), asked(story, "tool.run")]).toEqual(["exhausted", [TOO_LONG], 0]);
    const report = { call: "r", outcome: "done" as const, notDone: [] };
    expect(thinking(machine).when(answered(0, [], { stop, report })).path).toBe("exhausted");
  }),
  law("nothing is made shorter for an agent that has no turn left", (machine) => {
    const story = compacting(machine, { turnsMax: 1 });
    expect([story.path, asked(story, "transcript.compact")]).toEqual(["exhausted", 0]);
  }),
  law("an answer to the compaction of another turn changes nothing", (machine) => {
    const story = compacting(machine);
    for (const late of [compacted(0), compactionFailed(0), compacted(2), compactionFailed(2)]) {
      expect(story.when(late).decision.changed).toBe(false);
    }
    const dropping = thinking(machine).when(overflowed(0));
    for (const late of [compacted(1), compactionFailed(1)]) expect(dropping.when(late).decision.changed).toBe(false);
  }),
  law("one is never begun inside another, and no model is asked meanwhile", (machine) => {
    const story = compacting(machine);
    for (const other of [full(1), overflowed(1), finished("r1"), answered(1)]) {
      expect(story.when(other).effects).toEqual([]);
    }
  }),
  law("what is heard meanwhile is told with the next model call", (machine) => {
    const story = compacting(machine).when(delivered("p1"));
    expect(story.effects).toEqual([]);
    expect(story.when(compacted(1)).effects).toContainEqual(
      expect.objectContaining({ type: "prompt.append", note: expect.objectContaining({ kind: "post" }) }),
    );
  }),
  law("a pause lets it come to its end and then holds; a cancel ends the agent at once", (machine) => {
    const story = compacting(machine).whenAll(pause, compacted(1));
    expect([story.path, story.when(resume).effects]).toEqual(["paused", [ask(1)]]);
    expect(compacting(machine).when(cancel).path).toBe("cancelled");
  }),
];
