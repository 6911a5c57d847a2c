// The agent's life, told of the shared machine and of every agent type's own.
import { describe, expect, it } from "vitest";
import { agentTypes } from "../../../actors/types/index.ts";
import { anyAgent } from "../../support/given-agent.ts";
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
