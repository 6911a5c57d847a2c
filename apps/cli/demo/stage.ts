/** The demo's surroundings: its model on a port of this process, and commands of this very program in its folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { environment } from "../../../infra/environment.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { startLocalServerThread } from "../../../infra/model/local/thread.ts";
import { MODEL } from "./story.ts";

export interface Stage {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command as a person would, in plain sight; answers its exit code. */
  swarm(...args: readonly string[]): Promise<number>;
  /** What a command prints on standard output. @throws SwarmError `demo.command` where it fails. */
  asked(...args: readonly string[]): Promise<string>;
  /** What somebody wanted to end the demo with; null until then. A second signal ends this process at once. */
  stoppedBy(): NodeJS.Signals | null;
  close(): Promise<void>;
}

/** Of the person's own settings: none is to change what the demo does, none of its keys is to be asked. */
const NOT_OURS = /^(REDIS_URL|SWARM_.*|ANTHROPIC_.*|XDG_CONFIG_HOME|OTEL_.*)$/;
/** Where a program lies that this machine has already. */
const OURS = /^SWARM_(REDIS_BIN|REDIS_INSTALL|BWRAP_BIN|SANDBOX_INSTALL|SANDBOX)$/;

/** @throws SwarmError `model.local_server` where the model does not come up. */
export async function openStage(folder: string): Promise<Stage> {
  const model = await startLocalServerThread({ analystModuleUrl: new URL("./brain.js", import.meta.url).href });
  const kept = Object.entries(environment).filter(([name]) => !NOT_OURS.test(name) || OURS.test(name));
  const env: Record<string, string> = {
    ...Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    ANTHROPIC_BASE_URL: model.baseUrl,
    ANTHROPIC_API_KEY: model.token,
    SWARM_MODEL: MODEL,
    XDG_CONFIG_HOME: join(folder, ".demo", "config"),
  };
  let current: ChildProcess | null = null;
  const start = (args: readonly string[], stdout: "inherit" | "pipe"): ChildProcess => {
    current = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...args], {
      cwd: folder,
      env,
      stdio: ["inherit", stdout, "inherit"],
    });
    return current;
  };
  let stoppedBy: NodeJS.Signals | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stoppedBy !== null) process.exit(128 + constants.signals[signal]);
    stoppedBy = signal;
    // Ctrl-C reaches the command by itself: a terminal sends it to everybody. Twice would be more than was asked.
    if (signal === "SIGTERM") current?.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    folder,
    env,
    swarm: (...args) => ended(start(args, "inherit")),
    async asked(...args) {
      const child = start(args, "pipe");
      const [said, code] = await Promise.all([text(child.stdout as NonNullable<typeof child.stdout>), ended(child)]);
      if (code !== 0) throw new SwarmError("demo.command", `swarm ${args.join(" ")} ended with ${code}`, { exit: 1 });
      return said;
    },
    stoppedBy: () => stoppedBy,
    async close() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      await model.close();
    },
  };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
