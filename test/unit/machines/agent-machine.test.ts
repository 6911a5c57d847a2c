// The agent's life, told of the shared machine and of every agent type's own.
import { describe, expect, it } from "vitest";
import { agentTypes } from "../../../actors/types/index.ts";
import { agentShape } from "../../../machines/agent-birth.ts";
import { changeOf } from "../../../machines/snapshot.ts";
import { given } from "../../support/given.ts";
import { agentInput, answered, anyAgent, assembled, finished, post, read } from "../../support/given-agent.ts";
import { agentLaws } from "../../support/given-agent-laws.ts";

describe("an agent", () => {
  for (const { title, holds } of agentLaws) it(title, () => holds(anyAgent));
});

describe.each(agentTypes)("the $name agent", (type) => {
  it("lives by every law of the shared machine", () => {
    expect(agentLaws.length).toBeGreaterThanOrEqual(50);
    for (const { title, holds } of agentLaws) {
      try {
        holds(type.machine.machine);
      } catch (cause) {
        throw new Error(`law broken: ${title}`, { cause });
      }
    }
  });

  it("names in its chart exactly the tools it may run", () => {
    expect(type.machine.machine.states.executing?.meta).toEqual({ tools: type.tools, plugins: type.plugins ?? "none" });
    expect(type.tools.length).toBeGreaterThan(0);
  });
});

it("an agent that nobody speaks to stores nothing of it, and its terms in its first step only", () => {
  const terms = {
    brief: "b1",
    results: [],
    deadlineMs: null,
    budget: null,
    model: null,
    earlier: [],
    topics: ["found"],
  };
  const shape = agentShape();
  const born = given(anyAgent, { ...agentInput(), terms });
  expect(changeOf(null, born.state, shape).rowsSet.get("birth")).toContain('"topics":["found"]');
  let story = born.when(assembled);
  for (const event of [answered(0, [read("r1")]), finished("r1"), answered(1, [post("p1")])]) {
    const before = story.state;
    story = story.when(event);
    const { core, rowsSet } = changeOf(before, story.state, shape);
    expect([...rowsSet.keys()]).toEqual([]);
    expect(core).not.toMatch(/posts|missed|terms|topics|"body"/);
  }
});
