// docs/agents.md has a table that a hand made: each row says of its type what the catalogue says.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ownContract } from "../../../actors/types/contract.ts";
import { agentTypeNamed, listedTypes } from "../../../actors/types/index.ts";
import { planSchema } from "../../../machines/task-plan.ts";

const page = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const names = (cell = ""): string[] => cell.split(", ").filter((name) => name !== "none");
const quoted = (text = ""): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

it("the table of agent types says what the catalogue says", () => {
  const rows = page("agents.md")
    .split("\n")
    .filter((line) => /^\| `/.test(line))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
  expect(rows.map(([name]) => quoted(name)[0])).toEqual(listedTypes.map(({ name }) => name));
  for (const [index, [, , changes, tools, plugins, tier, contract]] of rows.entries()) {
    const type = listedTypes[index] as (typeof listedTypes)[number];
    const agent = agentTypeNamed(type.name);
    expect([type.name, names(tools)]).toEqual([type.name, [...type.tools].sort()]);
    expect([type.name, plugins]).toEqual([type.name, type.rights.plugins]);
    expect([type.name, tier]).toEqual([type.name, agent?.modelTier ?? "none"]);
    if (agent === undefined) continue;
    expect([type.name, changes === "nothing"]).toEqual([type.name, !agent.acts]);
    const fields = Object.keys(ownContract(agent).properties as object);
    expect([type.name, quoted(contract)]).toEqual([type.name, fields]);
  }
});

it("the fields of a plan's task stand there as they are", () => {
  const said = /"tasks":\[\{([^}]+)\}\]/.exec(page("agents.md"))?.[1] ?? "";
  const told = [...said.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  expect(told).toEqual(Object.keys(planSchema.shape.tasks.element.shape));
});

it("the page that the statusline agent copies from has the setting of Claude Code as valid JSON", () => {
  const [, block = ""] = /## Claude Code[\s\S]*?```json\n([\s\S]*?)```/.exec(page("status-line.md")) ?? [];
  expect(JSON.parse(block)).toEqual({ statusLine: { type: "command", command: "swarm status --line", padding: 0 } });
  expect(agentTypeNamed("statusline")?.prompt).toContain('"status-line.md"');
});
