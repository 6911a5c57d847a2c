/** Commands that tell what a run did, and why it does nothing. */
import { type CommandRow, json, jsonl, option } from "./command-row.ts";

export const logCommands: readonly CommandRow[] = [
  {
    usage: "why <id>",
    summary: "why a run or an agent does not move, and the command that unblocks it",
    options: [json],
    load: () => import("./commands/why.ts"),
  },
  {
    usage: "logs <id>",
    summary: "what a run did",
    options: [
      jsonl,
      option("-f, --follow", "go on as it grows"),
      option("--since <seq>", "events after this number"),
      option("--type <types>", "these event types only, with commas between"),
      option("--level <level>", "events of this weight or more: info, warn, error"),
      option("--system", "what was done, without the events that tell what was said"),
      option("--conversation", "what was said: the words of each agent and to each, as they are stored"),
    ],
    load: () => import("./commands/logs.ts"),
  },
];
