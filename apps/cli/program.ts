/**
 * The command line, built from the table of commands. What a command needs is imported when it runs, so that
 * `swarm --help` costs next to nothing.
 */
import { Command, CommanderError, Option } from "commander";
import { VERSION } from "../../infra/version.ts";
import type { Act } from "./command-row.ts";
import { commands } from "./command-table.ts";

/** Carries out what `process.argv` says; its exit code becomes the process's. */
export async function carryOut(): Promise<void> {
  try {
    await programOf().parseAsync();
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    // Help and version end with 0; everything else that commander refuses is a mistake in the usage.
    process.exitCode = cause.exitCode === 0 ? 0 : 2;
    if (process.exitCode === 2 && process.argv.some((word) => word === "--json" || word === "--jsonl")) {
      const { printError } = await import("./print-error.ts");
      printError(cause, true);
    }
  }
}

function programOf(): Command {
  const program = new Command("swarm")
    .description("A durable agent swarm: every message committed, every effect journaled, every result verified.")
    .version(VERSION, "-V, --version")
    .showHelpAfterError("(swarm --help lists the commands)")
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  for (const { usage, summary, options, load } of commands) {
    const command = program.command(usage).description(summary);
    for (const { flags, description, fallback, many, hidden } of options) {
      const option = new Option(flags, description);
      if (fallback !== undefined) option.default(fallback);
      if (many === true) option.default([]).argParser((value: string, all: string[]) => [...all, value]);
      if (hidden === true) option.hideHelp();
      command.addOption(option);
    }
    command.action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command;
      process.exitCode = await guarded(await load(), self.args, self.opts());
    });
  }
  return program;
}

async function guarded(
  { act }: { act: Act },
  args: readonly string[],
  flags: Record<string, unknown>,
): Promise<number> {
  try {
    return await act(args, flags, commands);
  } catch (cause) {
    const { printError } = await import("./print-error.ts");
    return printError(cause, flags.json === true || flags.jsonl === true);
  }
}
