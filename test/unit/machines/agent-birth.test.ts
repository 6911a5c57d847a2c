/** What an agent remembers, as an object: XState copies it in every assignment. */
import { describe, expect, it } from "vitest";
import { newAgent } from "../../../machines/agent-birth.ts";

/** From 20 on, Node 20 copies nine times slower (decision 0143). */
const KEYS_MAX = 19;

describe("an agent's context", () => {
  it("has few enough keys to be copied fast", () => {
    const keys = Object.keys(newAgent(undefined));
    expect(keys).toContain("input");
    expect(keys.length).toBeLessThanOrEqual(KEYS_MAX);
  });
});
