#!/usr/bin/env node
/**
 * The command line. This file knows the commands' names and flags and nothing else: what a command needs is imported
 * when it runs, so that `swarm --help` costs next to nothing.
 */
import { Command, CommanderError, Option } from "commander";
import { VERSION } from "../../infra/version.ts";

type Act = (args: readonly string[], flags: Record<string, unknown>) => Promise<number>;

const program = new Command("swarm")
  .description("A durable agent swarm: every message committed, every effect journaled, every result verified.")
  .version(VERSION, "-V, --version")
  .showHelpAfterError("(swarm --help lists the commands)")
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

/** A command whose module is loaded only when it is called for; its exit code becomes the process's. */
function command(usage: string, summary: string, load: () => Promise<{ act: Act }>): Command {
  return program
    .command(usage)
    .description(summary)
    .action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command;
      process.exitCode = await guarded(await load(), self.args, self.opts());
    });
}

async function guarded(
  { act }: { act: Act },
  args: readonly string[],
  flags: Record<string, unknown>,
): Promise<number> {
  try {
    return await act(args, flags);
  } catch (cause) {
    const { printError } = await import("./print-error.ts");
    return printError(cause, flags.json === true || flags.jsonl === true);
  }
}

/** An option that may be given several times. */
const many = (value: string, all: string[]): string[] => [...all, value];

const json = new Option("--json", "print one JSON document on stdout");
const jsonl = new Option("--jsonl", "print one JSON event per line on stdout");

command(
  "evaluate <path>",
  "which of the 12 primitives of an agent harness a codebase has, with evidence",
  () => import("./commands/evaluate.ts"),
)
  .addOption(json)
  .option("--html <file>", "also write a self-contained report")
  .option("--fail-on <level>", "exit 3 where a primitive is at this level or worse: partial, absent, unknown")
  .option("--only <ids>", "these primitives only, with commas between")
  .option("--analyst <which>", "local: never ask a model, whatever credentials are set")
  .option("--max-tokens <n>", "tokens of the whole run, at most")
  .option("--budget <usd>", "US dollars of the whole run, at most");

command("run <goal>", "run a goal with one agent", () => import("./commands/run.ts"))
  .addOption(json)
  .addOption(jsonl)
  .option("--workspace <dir>", "folder the agent works in", ".")
  .option("--add-dir <dir>", "another folder its tools may write; may be given again", many, [])
  .option("--agent <type>", "agent type", "general")
  .option("--mode <mode>", "what it may do at all: read-only, plan, edit", "edit")
  .option("--deny-tool <name>", "take a tool away; may be given again", many, [])
  .option("--worktree <when>", "a git working tree of the run's own: auto, always, never", "auto")
  .option("--approve <how>", "calls that no rule allows: ask, deny, allow-safe (default: ask on a terminal, else deny)")
  .option("--model <id>", "model to ask")
  .option("--max-turns <n>", "model answers, at most")
  .option("--max-tokens <n>", "tokens of the whole run, at most")
  .option("--budget <usd>", "US dollars of the whole run, at most")
  .option("--detach", "print the run id and return");

command("worker [types...]", "host actors in the foreground", () => import("./commands/worker.ts"))
  .addOption(jsonl)
  .option("--concurrency <n>", "activations of one type at once", "64")
  .addOption(new Option("--idle-exit <seconds>", "end when there has been nothing to do for so long").hideHelp());

command("ps", "runs, and the workers that live", () => import("./commands/ps.ts")).addOption(json);
command("show <id>", "one run in full", () => import("./commands/show.ts"))
  .addOption(json)
  .option("--effects", "did it happen? every effect, its state and its last sign of life")
  .option("--verify", "with --effects: look at the world again")
  .option("--blob <sha256>", "print one long output as it was; the log names it");
command("logs <id>", "what a run did", () => import("./commands/logs.ts"))
  .addOption(jsonl)
  .option("-f, --follow", "go on as it grows")
  .option("--since <seq>", "events after this number")
  .option("--type <types>", "these event types only, with commas between");
command("stop <id>", "park a run: running steps end, nothing new begins", () => import("./commands/stop.ts"))
  .addOption(json)
  .option("--cancel", "end it for good instead");
command(
  "approvals [action] [id]",
  "what waits for a person: list, show <id>; with --granted what was given; revoke <id>",
  () => import("./commands/approvals.ts"),
)
  .addOption(json)
  .option("--run <id>", "of this run only, answered ones too")
  .option("--granted", "with list: rights that were given, and the rules of the configuration")
  .option("--reason <text>", "with revoke: why");
command("approve <id>", "let a call that waits run, exactly as it was proposed", () => import("./commands/approve.ts"))
  .addOption(json)
  .option("--reason <text>", "for the audit")
  .option("--scope <scope>", "once, agent or run: give the right to make exactly this call again")
  .option("--for <hours>", "with --scope agent or run: the right ends after so long, or with the run")
  .option("--touch <name>", "what is at stake, by its name, where the call destroys or is not understood")
  .option("--hash <hash>", "of what you saw: anything else is refused")
  .option("--similar", "also all others of the run that wait with the same words");
command("deny <id>", "refuse a call that waits; the agent is told why and goes on", () => import("./commands/deny.ts"))
  .addOption(json)
  .option("--reason <text>", "what the agent is told")
  .option("--hash <hash>", "of what you saw: anything else is refused")
  .option("--similar", "also all others of the run that wait with the same words");
command("resume <id>", "let a run go on, and watch it", () => import("./commands/resume.ts"))
  .addOption(json)
  .addOption(jsonl)
  .option("--html <file>", "where it is an evaluation: also write the report")
  .option("--detach", "do not watch");
command("replay <id>", "fold the log again and compare every step with it", () => import("./commands/replay.ts"))
  .addOption(json)
  .option("--to <seq>", "show the moment after the commit that has this event in it");
command("fork <id>", "a new run that goes on from a moment of this one", () => import("./commands/fork.ts"))
  .addOption(json)
  .addOption(jsonl)
  .option("--at <seq>", "after the commit that has this event in it (required)")
  .option("--model <id>", "model to ask from there on")
  .option("--deny-tool <name>", "take a tool away; may be given again", many, [])
  .option("--max-turns <n>", "model answers of an agent, at most, those before the fork included")
  .option("--max-tokens <n>", "tokens of the fork, at most; the source's limit where absent")
  .option("--budget <usd>", "US dollars of the fork, at most; the source's limit where absent")
  .option("--message <text>", "say this to the agent at work")
  .option("--edit <text>", "say this to the agent at work instead of what it was told last")
  .option("--actor <id>", "the agent that --message or --edit is for, where several are at work")
  .option("--detach", "print the run id and return");
command("archive [ids...]", "put ended runs into files of JSON lines", () => import("./commands/archive.ts"))
  .addOption(json)
  .option("--all-ended", "every run that has ended")
  .option("--dir <folder>", "write them there instead of the data folder");
command(
  "dlq <action> [id]",
  "dead letters: list, show <id>, requeue <id>, drop <id>",
  () => import("./commands/dlq.ts"),
)
  .addOption(json)
  .option("--to <type>", "with requeue: give the task to a new agent of this type");
command(
  "audit <action>",
  "permission decisions: query, replay (under another policy), meter; classify calls from stdin",
  () => import("./commands/audit.ts"),
)
  .addOption(json)
  .option("--run <id>", "of this run only")
  .option("--agent <id>", "of this agent; the beginning of its id is enough")
  .option("--type <type>", "of agents of this type")
  .option("--tool <name>", "about this tool")
  .option("--decision <which>", "allow, ask or deny")
  .option("--handler <which>", "interactive, coordinator or worker")
  .option("--risk <level>", "read-only, mutating, destructive or unknown")
  .option("--rule <text>", "whose rule has this in it")
  .option("--since <time>", "a date, or how long ago: 30m, 2h, 7d")
  .option("--until <time>", "likewise")
  .option("--limit <n>", "at most so many, the newest; 100 where people read, all with --json")
  .option("--policy <file>", 'with replay: the policy to try, {"permissions":{…}}')
  .option("--fail-on <what>", "with replay: exit 3 where something is widened, or changed")
  .addOption(jsonl)
  .option("--workspace <dir>", "with classify: whose configuration counts, and where relative paths begin");
command("doctor", "effective settings, and what this machine offers", () => import("./commands/doctor.ts")).addOption(
  json,
);
command("down", "stop workers and the private Redis of this data folder", () => import("./commands/down.ts")).addOption(
  json,
);
command(
  "redis <action>",
  "`swarm redis install`: a private Redis without root",
  () => import("./commands/redis.ts"),
).addOption(json);

// Whoever reads stdout may stop reading (`swarm logs … | head`): that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause;
  // Help and version end with 0; everything else that commander refuses is a mistake in the usage.
  process.exitCode = cause.exitCode === 0 ? 0 : 2;
  if (process.exitCode === 2 && process.argv.some((word) => word === "--json" || word === "--jsonl")) {
    const { printError } = await import("./print-error.ts");
    printError(cause, true);
  }
}
