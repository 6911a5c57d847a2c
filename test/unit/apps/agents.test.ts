// Who can work here, as `swarm agents` tells it: every type, every profile of a file, and every file that is none.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { listedTypes } from "../../../actors/types/index.ts";
import { agentDocument, agentRow } from "../../../apps/cli/agents/agent-document.ts";
import { agentNamed, type KnownAgents, knownAgents } from "../../../apps/cli/agents/known-agents.ts";
import { nearestNames } from "../../../apps/cli/nearest-names.ts";
import { readConfig } from "../../../infra/config.ts";

let workspace: string;
beforeEach(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), "swarm-agents-")));
  onTestFinished(() => rmSync(workspace, { recursive: true, force: true }));
});

const known = async (): Promise<KnownAgents> =>
  knownAgents(await readConfig(workspace, { HOME: join(workspace, "home"), PATH: "" }), workspace);

function agentFile(name: string, text: string): void {
  mkdirSync(join(workspace, "swarm.agents"), { recursive: true });
  writeFileSync(join(workspace, "swarm.agents", name), text);
}

describe("the list", () => {
  test("has every type that a run can have in it, the coordinator too", async () => {
    const { agents, problems } = await known();
    expect(agents.map(({ name }) => name)).toEqual(listedTypes.map(({ name }) => name));
    expect(problems).toEqual([]);
    expect(
      agents
        .map(agentRow)
        .filter(({ mayChange }) => mayChange)
        .map(({ name }) => name),
    ).toContain("general");
    expect(agents.map(agentRow).find(({ name }) => name === "explore")).toMatchObject({ mayChange: false });
  });

  test("has the profiles of agent files, never with more than their base, and tells every file that is none", async () => {
    agentFile(
      "reader.md",
      "---\nname: reader\ndescription: Reads and says what it read.\ntools: Read, Bash\n---\nRead.\n",
    );
    agentFile("broken.md", "---\nname: [\n---\n");
    const { agents, problems } = await known();
    const reader = agents.find(({ name }) => name === "reader");
    if (reader === undefined) throw new Error("the profile is not there");
    const row = agentRow(reader);
    expect(row).toMatchObject({ kind: "profile", source: join(workspace, "swarm.agents/reader.md") });
    const base = agentRow(agentNamed(row.base ?? "", { agents, problems }));
    expect(row.tools.filter((tool) => !base.tools.includes(tool))).toEqual([]);
    expect(row.machine).toBe(base.machine);
    expect(problems.filter(({ weight }) => weight === "dropped").map(({ path }) => path)).toEqual([
      join(workspace, "swarm.agents/broken.md"),
    ]);
  });
});

describe("one agent", () => {
  test("is told with its prompt, its tools and the chart that it lives by", async () => {
    const document = agentDocument(agentNamed("explore", await known()));
    expect(document).toMatchObject({
      v: 1,
      name: "explore",
      limits: { turnsMax: expect.any(Number) },
      chart: { v: 1 },
    });
    expect(document.prompt).toMatch(/cannot change anything/);
    expect(document.chart.edges.length).toBeGreaterThan(30);
    expect(document.firstClass.filter((tool) => !document.tools.includes(tool))).toEqual([]);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  test("may be a machine that no agent lives in", async () => {
    expect(agentDocument(agentNamed("breaker", await known()))).toMatchObject({
      kind: "machine",
      prompt: null,
      limits: null,
      chart: { machine: "breaker" },
    });
  });

  test("that there is none of is refused with what is near", async () => {
    const all = await known();
    expect(() => agentNamed("exlpore", all)).toThrow(
      expect.objectContaining({
        code: "agents.unknown",
        exit: 2,
        hint: expect.stringMatching(/Did you mean explore\?/),
      }),
    );
    expect(() => agentNamed("zzz", all)).toThrow(
      expect.objectContaining({ hint: expect.not.stringMatching(/Did you mean/) }),
    );
  });
});

test("near is what one slip of the hand, or a beginning, leads to", () => {
  const names = ["explore", "general", "guide", "plan", "verify"];
  expect(nearestNames("exlpore", names)).toEqual(["explore"]);
  expect(nearestNames("veri", names)).toEqual(["verify"]);
  expect(nearestNames("PLAN", names)).toEqual(["plan"]);
  expect(nearestNames("", names)).toEqual([]);
  expect(nearestNames("x".repeat(10_000), names)).toEqual([]);
});
