/**
 * An agent's life without a model, a queue or a Redis: facts go in, orders come out. Run it: npx tsx examples/walk-a-turn.ts
 */
import { defineAgent } from "../actors/types/define.ts";
import { type ActorState, type Cause, fold, statePath } from "../machines/fold.ts";

const reader = defineAgent({
  name: "reader",
  version: 1,
  summary: "Reads one file and says what is in it.",
  prompt: "Read the file you are given and report what it is for.",
  tools: ["Read", "Report"],
  acts: false,
  limits: { turnsMax: 3, attemptsMax: 2, remindersMax: 1, rejectionsMax: 1, parallelMax: 4 },
  outTokens: { wanted: 1_000, least: 100 },
});

const facts: readonly Cause[] = [
  {
    input: {
      actor: "a_1",
      task: "t",
      parent: "a_coordinator",
      parentType: "coordinator",
      standsOn: [],
      limits: reader.limits,
    },
  },
  { event: { type: "session.assembled" } },
  answered(0, [{ id: "c1", tool: "Read", inputHash: "1f", risk: "read-only", repeat: "safe", status: "judged" }], null),
  { event: { type: "tool.finished", call: "c1", ok: true } as { type: string } },
  answered(1, [], { call: "c2", outcome: "done", notDone: [] }),
  { event: { type: "result.verified" } },
];

let state: ActorState | null = null;
for (const [index, cause] of facts.entries()) {
  const decision = fold(reader.machine.machine, state, { version: index + 1, cause });
  state = decision.state;
  const orders = [...decision.outside, ...decision.inside].map(({ type }) => type).join(", ");
  process.stdout.write(`${"event" in cause ? cause.event.type : "born"} -> ${statePath(state)} [${orders}]\n`);
}

function answered(turn: number, calls: readonly unknown[], report: unknown): Cause {
  return { event: { type: "model.answered", turn, stop: "tool_use", calls, report } as { type: string } };
}
