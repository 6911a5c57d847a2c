/**
 * Commands of the built command line without a process each: by the same entry, one after the other, in one process per
 * test process that has it all loaded. For what a test asks on the side; a start of its own costs a third of a second.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finished } from "./swarm-cli.ts";

const program = fileURLToPath(new URL("swarm-host.mjs", import.meta.url));

interface Command {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A command that takes longer never ends. In milliseconds. */
const PATIENCE_MS = 120_000;

let host: ChildProcess | undefined;
let hosted: string | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Fails where the command ended its process, as one that is told to by a signal does: such a command needs `run`. */
export function askHost(main: string, command: Command): Promise<Finished> {
  const answer = last.then(() => carriedOut(main, command));
  last = answer.catch(() => {});
  return answer;
}

function carriedOut(main: string, command: Command): Promise<Finished> {
  const child = living(main);
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(patience);
      host = undefined;
      reject(new Error(`"${command.args.join(" ")}" ended the process of all commands: ${signal ?? code}`));
    };
    const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    child.once("exit", onExit);
    child.once("message", (finished: Finished | { readonly failed: string }) => {
      clearTimeout(patience);
      child.off("exit", onExit);
      child.channel?.unref();
      if ("failed" in finished) reject(new Error(`"${command.args.join(" ")}": ${finished.failed}`));
      else resolve(finished);
    });
    child.channel?.ref();
    child.send(command, (error) => error !== null && reject(error));
  });
}

/** Started anew where it was killed, or is another build's; gone with this process, whose end it notices. */
function living(main: string): ChildProcess {
  const lives = host?.connected === true && host.exitCode === null && host.signalCode === null;
  if (host !== undefined && lives && hosted === main) return host;
  host?.kill("SIGKILL");
  hosted = main;
  host = fork(program, [main], {
    cwd: "/",
    env: { PATH: process.env.PATH ?? "", HOME: "/" },
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  host.unref();
  return host;
}
