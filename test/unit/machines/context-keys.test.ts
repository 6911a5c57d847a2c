/** What agents and coordinators remember, as an object: XState copies it in every assignment. */
import { describe, expect, it } from "vitest";
import { newAgent } from "../../../machines/agent-birth.ts";
import { coordinatorMachine } from "../../../machines/coordinator-machine.ts";
import { fold } from "../../../machines/fold.ts";

/** From 20 on, Node 20 copies nine times slower (decision 0143). */
const KEYS_MAX = 19;

describe("a context has few enough keys to be copied fast", () => {
  it("of an agent", () => {
    const keys = Object.keys(newAgent(undefined));
    expect(keys).toContain("input");
    expect(keys.length).toBeLessThanOrEqual(KEYS_MAX);
  });

  it("of a coordinator", () => {
    const input = { actor: "a_coordinator", graph: [], parallelMax: 1, tolerateFailures: false };
    const { context } = fold(coordinatorMachine, null, { version: 1, cause: { input } }).state.snapshot;
    expect(Object.keys(context)).toContain("tasks");
    expect(Object.keys(context).length).toBeLessThanOrEqual(KEYS_MAX);
  });
});
