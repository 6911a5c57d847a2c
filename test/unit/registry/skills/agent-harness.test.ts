// The skill that comes with statehive: our own loader takes it, and its words cover what the command knows.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commands } from "../../../../apps/cli/command-table.ts";
import { questions } from "../../../../apps/cli/design/questions.ts";
import { readSkillFolder } from "../../../../infra/skills/read-folder.ts";
import { primitiveIds } from "../../../../registry/probes/finding.ts";
import { SKILL_FILE, skillOf } from "../../../../registry/skills/skill-folder.ts";

const folder = fileURLToPath(new URL("../../../../docs/skills/agent-harness", import.meta.url));
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

test("it loads as a skill, whole: nothing dropped, nothing ignored", async () => {
  const contents = await readSkillFolder(folder, [SKILL_FILE]);
  const { skill, problems } = skillOf({ ...contents, text: contents.texts.get(SKILL_FILE) ?? null }, "");
  expect(problems).toEqual([]);
  expect(skill).toMatchObject({ name: "agent-harness", byModel: true });
  expect(skill?.files.map(({ path }) => path).sort()).toEqual([
    "SKILL.md",
    "references/design.md",
    "references/rubric.md",
  ]);
});

test("its head keeps the limits of Agent Skills", () => {
  const [, head = ""] = read(SKILL_FILE).split("---\n");
  const description = /^description: (.+)$/m.exec(head)?.[1] ?? "";
  expect(description.length).toBeGreaterThan(100);
  expect(description.length).toBeLessThanOrEqual(1_024);
  expect(/^compatibility: (.+)$/m.exec(head)?.[1]?.length ?? 0).toBeLessThanOrEqual(500);
});

test("each file that it refers to is there", () => {
  const links = [...read(SKILL_FILE).matchAll(/\]\(([^)]+)\)/g)].map(([, path = ""]) => path);
  expect(links.length).toBeGreaterThan(1);
  for (const path of links) expect(read(path).length, path).toBeGreaterThan(500);
});

test("each command and flag that it calls exists", () => {
  const calls = [...read(SKILL_FILE).matchAll(/`swarm (design|evaluate)( [^`]*)`/g)];
  expect(calls.length).toBeGreaterThan(2);
  for (const [, name = "", rest = ""] of calls) {
    const flags =
      commands.find(({ usage }) => usage.split(" ")[0] === name)?.options.map((option) => option.flags) ?? [];
    for (const [flag] of rest.matchAll(/--[a-z-]+/g))
      expect(
        flags.some((known) => known.split(" ")[0] === flag),
        `${name} ${flag}`,
      ).toBe(true);
  }
});

test("the rubric has a row for every primitive, and the design every question with every answer", () => {
  const rubric = read("references/rubric.md");
  for (const id of primitiveIds) expect(rubric).toContain(`| \`${id}\` |`);
  const design = read("references/design.md");
  for (const { id, options } of questions) {
    const row = design.split("\n").find((line) => line.startsWith(`| \`${id}\``)) ?? "";
    for (const option of options) expect(row, `${id}: ${option.id}`).toContain(`\`${option.id}\``);
  }
});
