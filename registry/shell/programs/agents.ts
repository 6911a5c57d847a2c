/**
 * Agents may not steer the swarm that they belong to, nor start others beside it: an approval given by an agent would be
 * worth nothing.
 */
import { type Finding, type Program, unknown } from "../program.ts";
import { onlyShows } from "./rows.ts";

const starts: Finding = {
  ...unknown("it starts another agent, which this swarm does not watch", "agent"),
  hosts: ["*"],
};

export const agents: readonly Program[] = [
  {
    names: "swarm statehive",
    risk: "destructive",
    reason: "steers the swarm from inside: an agent may not approve, configure or end what it is part of",
    style: "words",
    operands: { rest: "text" },
    loses: "the meaning of every approval",
  },
  onlyShows("claude codex gemini aider goose opencode cursor-agent copilot amp q ollama llm", "-v --version", starts),
];
