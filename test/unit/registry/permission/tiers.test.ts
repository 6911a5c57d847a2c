/** Laws of trust: the same call by a built-in tool, by a plugin's and by a skill's. */
import { describe, expect, it } from "vitest";
import {
  bash,
  type Circumstance,
  decided,
  grant,
  pluginTool,
  read,
  verdict,
  write,
} from "../../../support/permission-question.ts";

type Tier = "built-in" | "plugin" | "skill";
const TIERS: readonly Tier[] = ["built-in", "plugin", "skill"];
const outcomes = (
  call: (given: Circumstance) => { decision: string; rule: string; risk: string },
  given: Circumstance,
) =>
  TIERS.map((tier) => {
    const { decision, rule, risk } = call({ ...given, tier });
    return `${decision} ${rule} ${risk}`;
  });

const reading = (given: Circumstance) => read("src/a.ts", given);
const writing = (given: Circumstance) => write("src/a.ts", given);
const listing = (given: Circumstance) => bash("ls -la", given);

describe("the same call under the three tiers", () => {
  it.each([
    [
      "reading, by nobody's rule",
      reading,
      {},
      ["allow built-in.read-only read-only", "ask tier.plugin read-only", "ask tier.skill read-only"],
    ],
    [
      "reading, where nobody can be asked",
      reading,
      { approve: "deny" },
      ["allow built-in.read-only read-only", "deny tier.plugin read-only", "deny tier.skill read-only"],
    ],
    [
      "reading, where what is safe is allowed",
      reading,
      { approve: "allow-safe", sandbox: "full" },
      ["allow built-in.read-only read-only", "deny tier.plugin read-only", "allow approve.allow-safe read-only"],
    ],
    [
      "writing, allowed by a rule",
      writing,
      { allow: ["Write(src/**)"] },
      [
        "allow config.allow Write(src/**) mutating",
        "allow config.allow Write(src/**) mutating",
        "ask tier.skill mutating",
      ],
    ],
    [
      "writing, denied by a rule",
      writing,
      { deny: ["Write"] },
      ["deny config.deny Write mutating", "deny config.deny Write mutating", "deny config.deny Write mutating"],
    ],
    [
      "writing in an isolated tree",
      writing,
      { isolated: true },
      ["allow policy.isolated mutating", "ask tier.plugin mutating", "ask tier.skill mutating"],
    ],
    [
      "a harmless command",
      listing,
      {},
      ["allow shell.ls read-only", "ask tier.plugin destructive", "ask tier.skill read-only"],
    ],
    [
      "a protected file",
      (given: Circumstance) => write(".bashrc", given),
      { allow: ["Write"] },
      ["ask protected.write destructive", "ask protected.write destructive", "ask protected.write destructive"],
    ],
  ] satisfies readonly (readonly [
    string,
    (given: Circumstance) => ReturnType<typeof read>,
    Circumstance,
    readonly string[],
  ])[])("%s", (_title, call, given, expected) => {
    expect(outcomes(call, given)).toEqual(expected);
  });
});

describe("a plugin's tool", () => {
  it("is never better than asked without a rule that names it, whatever it says of itself", () => {
    for (const risk of ["read-only", "mutating", "destructive"] as const) {
      for (const given of [
        {},
        { isolated: true, sandbox: "full" },
        { approve: "allow-safe", sandbox: "full", isolated: true },
      ] as const) {
        const { decision } = decided(pluginTool("mcp__git__status", risk), {}, given);
        expect(decision, risk).not.toBe("allow");
      }
    }
    expect(verdict(decided(pluginTool("mcp__git__status"), {}, { allow: ["mcp__git__status"] }))).toBe(
      "allow config.allow mcp__git__status",
    );
  });

  it("has the risk that the operator gave it: only what they call read-only passes where nothing may change", () => {
    for (const risk of ["read-only", "mutating", "destructive"] as const) {
      expect(decided(pluginTool("mcp__a__b", risk), {}).risk).toBe(risk);
      for (const mode of ["read-only", "plan"] as const) {
        const found = verdict(decided(pluginTool("mcp__a__b", risk), {}, { mode, allow: ["mcp__a"] }));
        expect(found).toBe(risk === "read-only" ? "allow config.allow mcp__a" : `deny mode.${mode}`);
      }
    }
  });
});

describe("a skill's tool", () => {
  it("is never better than its caller, and a grant to its caller is what opens it", () => {
    for (const given of [{ deny: ["Read"] }, { typeTools: [] }, { deniedTools: ["Read"] }]) {
      expect(read("a", { ...given, tier: "skill" }).decision).toBe("deny");
    }
    expect(write("a", { tier: "skill", approve: "deny" }).decision).toBe("deny");
    expect(read("a", { tier: "skill", grants: [grant("Read(a)")] }).decision).toBe("allow");
  });
});
