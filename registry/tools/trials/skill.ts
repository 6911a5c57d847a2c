/** What Skill does, as calls on a shelf that holds one skill. */
import type { Shelf } from "../../shelf.ts";
import type { ToolExample } from "../../tool.ts";

const shelf: Shelf = {
  search: () => [],
  tool: () => undefined,
  offered: (name) => name === "Read",
  skills: [{ name: "release-notes", description: "How release notes are written here." }],
  openSkill: async (name, file) => {
    if (name !== "release-notes") throw new Error(`There is no skill ${name} for this agent.`);
    const text = file === undefined ? "# Release notes\n\nOne line a change, newest first.\n" : "- Added: …\n";
    const tools = ["Read", "Bash(git log:*)"];
    return { name, folder: "/project/swarm.skills/release-notes", text, files: ["template.md"], tools, needs: [] };
  },
};

export const examples: readonly ToolExample[] = [
  {
    title: "a skill is told with its files, and which of the tools it asks for the agent has not",
    files: {},
    shelf,
    input: { skill: "release-notes" },
    ok: true,
    says: ["One line a change", "template.md", "You do not have: Bash"],
  },
  {
    title: "one of its files is told by its name",
    files: {},
    shelf,
    input: { skill: "release-notes", file: "template.md" },
    ok: true,
    says: ["Added"],
  },
  {
    title: "a skill that there is not is refused",
    files: {},
    shelf,
    input: { skill: "deploy" },
    ok: false,
    says: ["There is no skill deploy"],
  },
];
