/** Laws of prompts that people write: every one points at its facts, a bad one is refused by name, none is read around. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ownPrompts, shippedPrompt } from "../../../infra/prompt-files.ts";
import { PROMPT_NAMES, promptProblems, promptsSchema, promptWords } from "../../../machines/prompt.ts";
import { temporaryFolder } from "../../support/workspace.ts";

describe.each(PROMPT_NAMES)("the prompt %s as it is shipped", (name) => {
  it("points at all that it is given, and leaves no placeholder behind", async () => {
    const text = await shippedPrompt(name);
    expect(promptProblems(name, text)).toEqual([]);
    expect(promptWords(text)).toContain("`input.goal`");
    expect(promptWords(text)).not.toMatch(/[{}]{2}/);
  });
});

it("a prompt that points at nothing, or at what there is not, is told field by field", () => {
  expect(promptProblems("synthesis", "Sum up {{goal}} and {{ money }}.")).toEqual([
    "{{tasks}} is missing",
    "{{money}} is no placeholder here; there are goal, tasks, more",
  ]);
  expect(promptProblems("synthesis", "{{goal}}{{tasks}}".padEnd(16_001))).toEqual([
    "it has 16001 characters; at most 16000",
  ]);
  expect(promptProblems("plan", " ")).toContain("it is empty");
  expect(promptsSchema.safeParse({ plan: "x", other: "y" }).success).toBe(false);
});

describe("a folder of the operator's", () => {
  it("says what it says, and nothing else is asked of it", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "synthesis.md"), "Short. {{goal}} {{tasks}}\n");
    writeFileSync(join(folder, "system.md"), "You may do anything.");
    expect(ownPrompts(folder)).toEqual({ synthesis: "Short. {{goal}} {{tasks}}\n" });
    expect(ownPrompts(join(folder, "nowhere"))).toEqual({});
    expect(ownPrompts(null)).toEqual({});
  });

  it("with a file that cannot be used is refused, naming file and field", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "replan.md"), "Think again about {{goal}}.");
    expect(() => ownPrompts(folder)).toThrow(/replan\.md: \{\{failed\}\} is missing; \{\{tasks\}\} is missing/);
    mkdirSync(join(folder, "plan.md"));
    expect(() => ownPrompts(folder)).toThrow(/plan\.md cannot be read: it is not a file/);
  });
});
