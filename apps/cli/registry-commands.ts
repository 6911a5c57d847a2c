/** Commands about what there is: tools, skills, agent types and their charts. */
import { type CommandRow, json, many, option } from "./command-row.ts";

export const registryCommands: readonly CommandRow[] = [
  {
    usage: "tools <action> [words...]",
    summary:
      "what there is: list, search <words>, show <name>; check looks for what changed since it was approved; add <skill.zip|folder>",
    actions: ["list", "search", "show", "check", "add"],
    options: [
      json,
      option("--agent <type>", "with list: the pool of an agent of this type, and why it has not the rest"),
      option("--mode <mode>", "with list: likewise, of a run in this mode: read-only, plan, edit"),
      option("--kind <kind>", "only these: tool, skill, agent, command"),
      option("--category <name>", "only of this category"),
      option("--workspace <dir>", "folder whose plugins, skills and agents count", "."),
      option("--yes", "with check: approve what is new"),
      many("--approve <name>", "with check: approve this one as it is now; may be given again"),
    ],
    load: () => import("./commands/tools.ts"),
  },
  {
    usage: "agents <action> [type]",
    summary: "who can work here: list, show <type>",
    actions: ["list", "show"],
    options: [
      json,
      option("--svg", "with show: draw its machine"),
      option("--mermaid", "with show: its machine as a Mermaid diagram"),
      option("--workspace <dir>", "folder whose agent files count", "."),
    ],
    load: () => import("./commands/agents.ts"),
  },
  {
    usage: "status",
    summary: "what the swarm is doing now, in a few counts",
    options: [json, option("--line", "one line, for a status bar; always ends with 0")],
    load: () => import("./commands/status.ts"),
  },
  {
    usage: "report <id>",
    summary: "a run as one file to share: agents, timeline, charts, costs, result, audit; opens offline",
    options: [json, option("--html <file>", "where to write it (required)")],
    load: () => import("./commands/report.ts"),
  },
  {
    usage: "design",
    summary: "a dozen questions, and what an agent harness needs and can skip: HARNESS.md and harness.json",
    options: [
      json,
      option("--answers <file>", "answers in JSON or YAML instead of questions on the terminal"),
      option("--questions", "print the questions and what they may be answered, and ask nothing"),
      option("--out <dir>", "folder to write to", "."),
      option("--fresh", "begin anew where a walk was left unfinished"),
      option("--yes", "replace a HARNESS.md or harness.json that it did not write"),
    ],
    load: () => import("./commands/design.ts"),
  },
  {
    usage: "init",
    summary: "write a commented swarm.config.mjs, and keep the data folder out of git",
    options: [json, option("--force", "replace the one that is there")],
    load: () => import("./commands/init.ts"),
  },
  {
    usage: "completion <shell>",
    summary: "completion of commands and flags for bash, zsh or fish",
    actions: ["bash", "zsh", "fish"],
    options: [],
    load: () => import("./commands/completion.ts"),
  },
];
