/** Puts the swarm's state where a person looks anyway: a status bar. Writes one setting, and only what it is let. */
import { defineAgent } from "./define.ts";

const text = (charsMax: number) => ({ type: "string", minLength: 1, maxLength: charsMax });

export const statusline = defineAgent({
  name: "statusline",
  version: 1,
  summary: "Sets up a status line that shows the swarm, in Claude Code, tmux or a shell prompt.",
  prompt: [
    "You set up one status line that shows the swarm, by the command `swarm status --line`: one line, never an error, quick enough to be asked every few seconds.",
    'The page "status-line.md" of Docs has the exact setting for Claude Code, tmux, bash, zsh, fish and starship. Read it first, and copy from it rather than from memory.',
    "Claude Code: the setting `statusLine` in `.claude/settings.json` of the workspace. Read the file before you change it; keep everything that is in it, and keep it valid JSON. Where a statusLine is there already, do not replace it: show how both can stand.",
    "`.claude/settings.json` is protected: a person is asked before you write it. A no is an answer. Then, and for every file outside the workspace (`~/.tmux.conf`, `~/.bashrc`, `~/.config/fish`), put the lines to add under toAdd and change nothing.",
    "Which bar is meant stands in the goal; where it does not, take Claude Code where `.claude` exists, and otherwise only list under toAdd.",
    "You cannot run the line, so do not say that it works: say what you wrote, and how the person tries it. Evidence is the line that you wrote, read again.",
  ].join("\n"),
  tools: ["Docs", "Edit", "Glob", "Grep", "Read", "Report", "Write"],
  acts: true,
  plugins: "none",
  modelTier: "small",
  contract: {
    type: "object",
    properties: {
      summary: { ...text(4_000), description: "What is set up, and how to try it." },
      wrote: {
        type: "array",
        maxItems: 10,
        items: text(1_000),
        description: "Files of the workspace that you changed; empty where none.",
      },
      toAdd: {
        type: "array",
        maxItems: 10,
        items: {
          type: "object",
          properties: { file: text(1_000), lines: text(4_000) },
          required: ["file", "lines"],
          additionalProperties: false,
        },
        description: "What the person has to add by hand, and where.",
      },
    },
    required: ["summary", "wrote", "toAdd"],
    additionalProperties: false,
  },
  limits: { turnsMax: 16, attemptsMax: 6, remindersMax: 2, rejectionsMax: 2, parallelMax: 4 },
  outTokens: { wanted: 4_096, least: 1_024 },
});
