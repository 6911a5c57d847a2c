/** SKILL.md: what the specification and its public users write is read, what is wrong is said by line, all at once. */
import { describe, expect, it } from "vitest";
import { type SkillText, skillText } from "../../../../registry/skills/skill-text.ts";

const BODY = "# Steps\n\n1. Look.\n";
const file = (head: string, body = BODY): string => `---\n${head}\n---\n${body}`;
const read = (head: string, folder = "wrap-gifts"): SkillText => {
  const found = skillText(file(head), folder);
  if (!("name" in found)) throw new Error(JSON.stringify(found));
  return found;
};
const problems = (text: string, folder = "wrap-gifts"): readonly { line: number | null; reason: string }[] => {
  const found = skillText(text, folder);
  return "name" in found ? [] : found;
};
const LEAST = "name: wrap-gifts\ndescription: Wraps gifts. Use it for presents.";

describe("a skill", () => {
  it("is read with the least that the specification wants", () => {
    expect(read(LEAST)).toMatchObject({
      name: "wrap-gifts",
      description: "Wraps gifts. Use it for presents.",
      tools: [],
      needs: [],
      byModel: true,
      body: BODY,
      ignored: [],
    });
  });

  it("is read with all that the specification has", () => {
    const head = `${LEAST}\nlicense: MIT\ncompatibility: needs paper\nmetadata:\n  author: somebody\n  version: "1.0"\nallowed-tools: Bash(git:*) Bash(npm run test:*) Read`;
    expect(read(head)).toMatchObject({ tools: ["Bash(git:*)", "Bash(npm run test:*)", "Read"], ignored: [] });
  });

  it.each([
    ["with commas", "allowed-tools: Read, Bash(ls *), Grep", ["Read", "Bash(ls *)", "Grep"]],
    ["as a list", "allowed-tools:\n  - Read\n  - Grep", ["Read", "Grep"]],
    ["as a list on one line", "allowed-tools: [Read, Grep]", ["Read", "Grep"]],
    ["not at all", "allowed-tools:", []],
  ])("names its tools in the ways that are in use: %s", (_how, line, tools) => {
    expect(read(`${LEAST}\n${line}`).tools).toEqual(tools);
  });

  it("that only a person may call for says so, and other programs' fields are named as doing nothing", () => {
    const found = read(
      `${LEAST}\ndisable-model-invocation: true\nwhen_to_use: At Christmas.\nhooks: {Stop: []}\nmodel: opus\nversion: 2\nargument-hint: "[x]"`,
    );
    expect(found).toMatchObject({ byModel: false, description: "Wraps gifts. Use it for presents. At Christmas." });
    expect(found.ignored.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      "6 hooks does nothing here: hooks of a skill are never run",
      "7 model does nothing here: the model is the agent's",
      "8 version does nothing here",
      "9 argument-hint does nothing here",
    ]);
  });

  it("says which others it needs", () => {
    expect(read(`${LEAST}\nmetadata:\n  needs-skills: fold-paper tie-ribbons, fold-paper`).needs).toEqual([
      "fold-paper",
      "tie-ribbons",
    ]);
  });

  it("with a longer description than the specification has is used up to there, and that is said", () => {
    const found = read(`name: wrap-gifts\ndescription: ${"x".repeat(1_500)}`);
    expect(found.description).toHaveLength(1_024);
    expect(found.ignored).toEqual([{ line: 3, reason: expect.stringContaining("1500 characters; the first 1024") }]);
  });

  it.each([
    ["no head", "# Wrap\n", 1, "no head"],
    ["no name", file("description: x"), 1, "no name"],
    ["no description", file("name: wrap-gifts"), 1, "no description"],
    ["an empty description", file('name: wrap-gifts\ndescription: "  "'), 3, "no description"],
    ["another name than its folder's", file("name: other\ndescription: x"), 2, 'its folder\'s "wrap-gifts"'],
    ["capitals", file("name: Wrap-Gifts\ndescription: x"), 2, "a-z"],
    ["two hyphens", file("name: wrap--gifts\ndescription: x"), 2, "a-z"],
    ["a hyphen at its end", file("name: wrap-\ndescription: x"), 2, "a-z"],
    ["a path for a name", file('name: "../wrap"\ndescription: x'), 2, "a-z"],
    ["too long a name", file(`name: ${"a".repeat(65)}\ndescription: x`), 2, "at most 64"],
    ["a list for a description", file("name: wrap-gifts\ndescription: [a]"), 3, "no text"],
    ["too long a compatibility", file(`${LEAST}\ncompatibility: ${"x".repeat(501)}`), 4, "at most 500"],
    ["metadata that is none", file(`${LEAST}\nmetadata: some`), 4, "metadata"],
    ["needs that are none", file(`${LEAST}\nmetadata:\n  needs-skills: [a]`), 4, "needs-skills"],
    ["tools that are none", file(`${LEAST}\nallowed-tools: {Read: true}`), 4, "allowed-tools"],
    ["a switch that is neither on nor off", file(`${LEAST}\ndisable-model-invocation: maybe`), 4, "neither true"],
    ["more than anybody reads", file(LEAST, "x".repeat(140_000)), null, "at most 131072"],
    ["no text", file(LEAST, "\n \n"), 5, "says nothing"],
    ["words that nobody sees", file(LEAST, "# A\n\nDo \u{e0064}this\n"), 7, "U+E0064"],
  ])("with %s is none, and the line is told", (_what, text, line, reason) => {
    expect(problems(text)).toContainEqual({ line, reason: expect.stringContaining(reason) });
  });

  it.each(["all", "none", "swarm", "statehive"])("may not be called %s", (name) => {
    expect(problems(file(`name: ${name}\ndescription: x`), name)).toEqual([
      { line: 2, reason: expect.stringContaining("reserved") },
    ]);
  });

  it("with several faults is told all of them", () => {
    expect(problems(file("name: X\nmetadata: 1\nallowed-tools: 3", "")).length).toBeGreaterThanOrEqual(5);
  });

  it("keeps a line that a program would run as what it is: text", () => {
    const body = `Run this first: !\`touch /tmp/x\` and $ARGUMENTS in \${CLAUDE_SKILL_DIR}\n`;
    const found = skillText(file(LEAST, body), "wrap-gifts");
    expect(found).toMatchObject({ body });
  });
});
