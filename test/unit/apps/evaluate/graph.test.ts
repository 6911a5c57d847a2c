import { describe, expect, test as law } from "vitest";
import { contractProblems } from "../../../../actors/runtime/contract-check.ts";
import { explore } from "../../../../actors/types/explore.ts";
import { agentTypeNamed } from "../../../../actors/types/index.ts";
import { verify } from "../../../../actors/types/verify.ts";
import { exploreValueSchema, verifyValueSchema } from "../../../../apps/cli/evaluate/finding.ts";
import { evaluationGraph } from "../../../../apps/cli/evaluate/graph.ts";
import { primitives } from "../../../../apps/cli/evaluate/primitives.ts";
import { rubric } from "../../../../apps/cli/evaluate/rubric.ts";
import { SwarmError } from "../../../../infra/errors.ts";
import { type Brief, briefSchema } from "../../../../machines/brief.ts";
import { graphProblems } from "../../../../machines/task-graph.ts";
import { primitiveIds } from "../../../../registry/probes/finding.ts";
import { anchor, claim, finding, verdict } from "./claims.ts";

const { graph, briefs } = evaluationGraph();
const briefOf = (task: string): Brief => briefSchema.parse(JSON.parse(briefs[task] ?? "null"));
/** As it travels: written into a brief, stored as text, parsed again by whoever checks a report. */
const exploreContract = briefOf("explore-token-budget").contract ?? {};
const verifyContract = briefOf("verify-token-budget").contract ?? {};

describe("the graph", () => {
  law("every primitive is explored by one agent and verified by another that waits for it", () => {
    expect(graphProblems(graph)).toEqual([]);
    expect(graph.map(({ id, agentType, needs }) => [id, agentType, needs])).toEqual(
      primitiveIds.flatMap((id) => [
        [`explore-${id}`, "explore", []],
        [`verify-${id}`, "verify", [`explore-${id}`]],
      ]),
    );
  });

  law("limits are those of the agent type, and each type exists", () => {
    for (const task of graph) {
      expect(task.limits).toEqual(agentTypeNamed(task.agentType)?.limits);
      expect(task.attemptsMax).toBe(2);
    }
    expect(new Set(graph.map(({ limits }) => limits))).toEqual(new Set([explore.limits, verify.limits]));
  });

  law("every task has a brief under its own id that names its primitive and what its levels mean", () => {
    expect(Object.keys(briefs).sort()).toEqual(graph.map(({ id }) => id).sort());
    for (const { id, agentType } of graph) {
      const brief = briefOf(id);
      const primitive = primitiveIds.find((one) => id.endsWith(one)) ?? "tool-registry";
      expect(brief).toMatchObject({ id, agentType, input: { primitive } });
      for (const meaning of Object.values(rubric[primitive])) expect(brief.goal).toContain(meaning);
    }
  });

  law("all explorers share one contract, and so do all verifiers: the front of their prompts stays the same", () => {
    for (const type of ["explore", "verify"]) {
      const contracts = graph
        .filter(({ agentType }) => agentType === type)
        .map(({ id }) => JSON.stringify(briefOf(id).contract));
      expect(contracts).toHaveLength(12);
      expect(new Set(contracts).size).toBe(1);
    }
  });

  law("the catalogue is the probes' own list, in its order, eight of them for day one", () => {
    expect(primitives.map(({ id }) => id)).toEqual([...primitiveIds]);
    expect(primitives.filter(({ tier }) => tier === "day one").map(({ id }) => id)).toEqual(primitiveIds.slice(0, 8));
    for (const { purpose } of primitives) expect(purpose.length).toBeLessThanOrEqual(80);
  });
});

describe("--only", () => {
  law("it keeps what it names, once each, in the catalogue's order", () => {
    const few = evaluationGraph({ only: ["token-budget", "tool-registry", "token-budget"] });
    expect(few.graph.map(({ id }) => id)).toEqual([
      "explore-tool-registry",
      "verify-tool-registry",
      "explore-token-budget",
      "verify-token-budget",
    ]);
    expect(Object.keys(few.briefs)).toHaveLength(4);
  });

  law.each([[["token-budget", "tokens"]], [["Token-Budget"]], [[""]], [[]]])(
    "a name that does not exist, or none, is a usage error that lists the twelve: %j",
    (only) => {
      const wrong = only.find((name) => name !== "token-budget");
      try {
        evaluationGraph({ only });
        expect.unreachable();
      } catch (error) {
        if (!(error instanceof SwarmError)) throw error;
        expect(error).toMatchObject({ code: "evaluate.unknown_primitive", exit: 2, retry: false });
        if (wrong !== undefined) expect(error.message).toContain(JSON.stringify(wrong));
        for (const id of primitiveIds) expect(error.hint).toContain(id);
      }
    },
  );
});

describe("the contracts, once they have travelled as JSON Schema", () => {
  const claimed = claim("token-budget", { findings: [finding(1, { strength: "effect" }), anchor(2)] });

  law("accept what an agent should report", () => {
    expect(contractProblems(exploreContract, claimed)).toEqual([]);
    expect(contractProblems(verifyContract, verdict(claimed))).toEqual([]);
    expect(contractProblems(verifyContract, { ...verdict(claimed), why: "all seen again" })).toEqual([]);
  });

  const { why: _, ...withoutWhy } = claimed;
  const broken: readonly [string, unknown][] = [
    ["nothing", null],
    ["free text", "present"],
    ["a field missing", withoutWhy],
    ["a field too many", { ...claimed, score: 9 }],
    ["a primitive that does not exist", { ...claimed, primitive: "vibes" }],
    ["a level that does not exist", { ...claimed, level: "mostly" }],
    ["a maturity beyond four", { ...claimed, maturity: 5 }],
    ["half a maturity", { ...claimed, maturity: 1.5 }],
    [
      "more findings than anybody reads",
      { ...claimed, findings: Array.from({ length: 41 }, (__, line) => finding(line + 1)) },
    ],
    ["line zero", { ...claimed, findings: [finding(0)] }],
    ["a line as text", { ...claimed, findings: [{ ...finding(1), line: "1" }] }],
    ["an empty path", { ...claimed, findings: [finding(1, { path: "" })] }],
    ["a quote as long as a file", { ...claimed, findings: [finding(1, { quote: "x".repeat(2_001) })] }],
  ];
  law.each(broken)("refuse %s, exactly as the schema they were made from does", (_name, value) => {
    expect(contractProblems(exploreContract, value)).not.toEqual([]);
    expect(exploreValueSchema.safeParse(value).success).toBe(false);
  });

  law("refuse verdicts that name no finding or say nothing", () => {
    const checked = verdict(claimed);
    for (const wrong of [{ index: -1 }, { index: 40 }, { index: 0.5 }, { holds: "yes" }, { why: "" }]) {
      const value = { ...checked, verdicts: [{ ...checked.verdicts[0], ...wrong }] };
      expect(contractProblems(verifyContract, value)).not.toEqual([]);
      expect(verifyValueSchema.safeParse(value).success).toBe(false);
    }
  });

  law("carry no $schema of their own, since they become part of a tool's schema", () => {
    expect(exploreContract).not.toHaveProperty("$schema");
    expect(verifyContract).not.toHaveProperty("$schema");
    expect(exploreContract).toMatchObject({ type: "object" });
  });
});
