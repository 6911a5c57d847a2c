// A session is stored in two parts, of which agents of one type share the larger; it comes back byte for byte or not at all.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PerformContext } from "../../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { assemble } from "../../../actors/runtime/session.ts";
import type { AgentType } from "../../../actors/types/define.ts";
import { agentTypes } from "../../../actors/types/index.ts";
import { asGiven } from "../../../infra/redis/latin1.ts";
import { isShared, laidSession, sessionTextFrom, sharedName } from "../../../infra/redis/stored-session.ts";

const row = { model: "m", workspace: "/work", config: runConfigSchema.parse({}) } as PerformContext["run"];
const sessionOf = (task: string, type = "general"): string => {
  const { session } = assemble(
    agentTypes.find(({ name }) => name === type) as AgentType,
    { id: task, agentType: type, goal: "g" },
    row,
    [],
  );
  const tree = { workspace: `/trees/${task}`, tree: `/trees/${task}`, gitDir: "/g", base: "0" };
  return JSON.stringify({ ...session, tree });
};
const stored = (text: string) => {
  const { own, shared } = laidSession(text);
  return { own: asGiven(own) as Buffer, shared: shared === null ? null : Buffer.from(asGiven(shared.laid)) };
};

describe("a session", () => {
  it("of another task differs from its sisters in a few bytes, and shares the rest with them", () => {
    const [one, two] = [laidSession(sessionOf("one")), laidSession(sessionOf("two"))];
    expect(one.shared?.name).toMatch(/^s:[\w-]{22}$/);
    expect(two.shared).toEqual(one.shared);
    expect(one.own.latin1.length).toBeLessThan(sessionOf("one").length / 20);
    expect(laidSession(sessionOf("one", "explore")).shared?.name).not.toBe(one.shared?.name);
    expect(isShared(one.shared?.name ?? "")).toBe(true);
    expect(isShared("0b5d".repeat(16))).toBe(false);
  });

  it("comes back byte for byte, whatever stands in it", () => {
    const keys = fc.constantFrom(
      ',"model":',
      ',"standsOn":',
      "s:",
      "- ",
      " ",
      "\n",
      "7 ",
      "x".repeat(600),
      sessionOf("a"),
    );
    const texts = fc.array(fc.oneof(keys, fc.string({ unit: "binary", maxLength: 30 })), { maxLength: 8 });
    fc.assert(
      fc.property(texts, (parts) => {
        const text = Buffer.from(parts.join("")).toString();
        const { own, shared } = stored(text);
        expect(sharedName(own) === null).toBe(shared === null);
        expect(sessionTextFrom(own, shared)).toBe(text);
      }),
      { numRuns: 30 },
    );
    expect(stored(sessionOf("b")).shared).not.toBeNull();
  });

  it("of which a part is gone, or is another's, is refused", () => {
    const text = sessionOf("one").replace("You are one agent", "You are a lonely agent");
    const { own, shared } = stored(text);
    expect(() => sessionTextFrom(own, null)).toThrow(/is gone/);
    expect(() => sessionTextFrom(own, stored(sessionOf("one", "explore")).shared)).toThrow(/or is another/);
    expect(sessionTextFrom(own, shared)).toBe(text);
    expect(() => sessionTextFrom(Buffer.from("s:x"), shared)).toThrow(/nobody knows/);
  });
});
