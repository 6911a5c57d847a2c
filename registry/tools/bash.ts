/** Bash: one shell command in the workspace, under a recorder that outlives the worker. */
import { defineTool } from "../tool.ts";
import { type BashInput, bashInput, commandMsDefault, commandMsMax } from "./input/bash.ts";

export const bash = defineTool<BashInput>({
  name: "Bash",
  tier: "built-in",
  category: "shell",
  summary: "One shell command in the workspace",
  description: [
    "Runs a command with bash in the workspace's folder and returns its exit code and its output, standard error included.",
    "Each call is a shell of its own: folder and variables do not carry over, and there is no terminal and no input.",
    `It is stopped after ${commandMsDefault / 1_000} s unless timeout (milliseconds, at most ${commandMsMax}) says otherwise; whatever it left running in the background ends with it.`,
    "Of long output the beginning and the end are shown, and the answer says how much is missing.",
    "Where the answer says interrupted, nobody knows whether it ran: look before you run it again.",
  ].join(" "),
  source: "tools/run/bash.ts",
  words: [
    "run",
    "command",
    "terminal",
    "execute",
    "test",
    "build",
    "install",
    "script",
    "program",
    "process",
    "git",
    "npm",
    "make",
    "shell",
    "start",
  ],
  risk: "destructive",
  repeat: "unsafe",
  input: bashInput,
  timeoutMs: commandMsMax,
  loadExamples: async () => (await import("./trials/bash.ts")).examples,
  loadDeed: async () => (await import("./run/bash.ts")).run,
});
