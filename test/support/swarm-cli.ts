/**
 * Runs the built command line as its users do: real processes, a data folder and a home of its own, nothing inherited
 * from this machine's environment. Whatever a test starts is gone when it ends, however it ends.
 * `SWARM_TEST_CLI` names another build's `main.js` (an unpacked package, say) to be tested instead of `dist/`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { identifyProcess, isAlive, type ProcessIdentity, signalProcess } from "../../infra/redis/process-identity.ts";
import { redisServerBinary } from "./redis.ts";
import { sandboxEnv } from "./sandbox.ts";
import { askHost } from "./swarm-host.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

let built: string | undefined;

/** The command's entry file; built first where `dist/` is out of date. */
function entryFile(): string {
  const given = process.env.SWARM_TEST_CLI;
  if (given !== undefined) return given;
  if (built === undefined) {
    execFileSync(process.execPath, [join(root, "test/support/build.mjs")], { stdio: "inherit" });
    built = join(root, "dist/apps/cli/main.js");
  }
  return built;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly done: Promise<Finished>;
  stdout(): string;
  stderr(): string;
  /** Resolves once the stream has said something that fits; fails when the process ends or time runs out before. */
  said(pattern: RegExp, stream?: "stdout" | "stderr"): Promise<RegExpExecArray>;
  signal(signal: NodeJS.Signals): boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface StartOptions {
  /** Over the swarm's own; undefined takes a variable away. */
  readonly env?: Environment;
  readonly cwd?: string;
  readonly uid?: number;
  /** Arguments of node itself. */
  readonly node?: readonly string[];
  /** All that there is to be read from stdin; absent: it is closed. */
  readonly input?: string;
}

export interface Swarm {
  /** Folder of everything that belongs to this swarm; removed in the end. */
  readonly home: string;
  readonly cwd: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  start(args: readonly string[], options?: StartOptions): Running;
  run(args: readonly string[], options?: StartOptions): Promise<Finished>;
  /**
   * As `run`, by the same entry, but in a process that others were carried out in before, one at a time: for what is asked
   * on the side. Not for what reads stdin, gets a signal or goes on at the same time as another, and not after a
   * `swarm.config.mjs` was changed: a module is read once.
   */
  ask(args: readonly string[], options?: Pick<StartOptions, "env" | "cwd">): Promise<Finished>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** How long a fact may take to come true before the test gives up, in milliseconds: two busy cores are slow. */
export const PATIENCE_MS = 120_000;

/** What takes long is asked for less often: to ask takes time from whom it is about. In milliseconds. */
const LOOK_MIN_MS = 15;
const LOOK_MAX_MS = 60;

/** Asks again until the answer is neither null, undefined nor false. */
export async function eventually<Fact>(
  what: string,
  ask: () => Promise<Fact | null | undefined | false> | Fact | null | undefined | false,
  patienceMs = PATIENCE_MS,
): Promise<Fact> {
  const deadlineMs = performance.now() + patienceMs;
  let pauseMs = LOOK_MIN_MS;
  for (;;) {
    const fact = await ask();
    if (fact !== null && fact !== undefined && fact !== false) return fact;
    if (performance.now() > deadlineMs) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await pause(pauseMs);
    pauseMs = Math.min(LOOK_MAX_MS, pauseMs * 1.1);
  }
}

export interface SwarmOptions {
  readonly env?: Environment;
}

export async function openSwarm({ env = {} }: SwarmOptions = {}): Promise<Swarm> {
  const main = entryFile();
  const home = mkdtempSync(join(tmpdir(), "swarm-cli-"));
  const cwd = join(home, "work");
  const dataDir = join(home, "data");
  const runtimeDir = join(home, "run");
  mkdirSync(cwd);
  mkdirSync(runtimeDir, { mode: 0o700 });
  const own = defined({
    PATH: process.env.PATH,
    HOME: home,
    LANG: "C.UTF-8",
    TMPDIR: tmpdir(),
    XDG_RUNTIME_DIR: runtimeDir,
    SWARM_DATA_DIR: dataDir,
    SWARM_REDIS_BIN: await redisServerBinary(),
    ...(await sandboxEnv()),
    ...env,
  });
  const started = new Set<Running>();
  const start = (args: readonly string[], options: StartOptions = {}): Running => {
    const child = spawn(process.execPath, [...(options.node ?? []), main, ...args], {
      cwd: options.cwd ?? cwd,
      env: defined({ ...own, ...options.env }),
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    // Whoever refuses its flags does not read to the end.
    child.stdin?.on("error", () => {}).end(options.input);
    const running = launch(child, args.join(" "));
    started.add(running);
    const forget = (): boolean => started.delete(running);
    running.done.then(forget, forget);
    return running;
  };
  return {
    home,
    cwd,
    dataDir,
    env: own,
    start,
    run: (args, options) => start(args, options).done,
    ask: (args, options = {}) =>
      askHost(main, { args, env: defined({ ...own, ...options.env }), cwd: options.cwd ?? cwd }),
    [Symbol.asyncDispose]: async () => {
      const commands = [...started];
      for (const command of commands) command.signal("SIGKILL");
      await Promise.all(commands.map(({ done }) => done));
      await killAllOf(home);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const defined = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));

function launch(child: ChildProcess, what: string): Running {
  const text = { stdout: "", stderr: "" };
  let ended = false;
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8").on("data", (chunk: string) => {
      text[stream] += chunk;
    });
  }
  const done = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      ended = true;
      resolve({ code, signal, ...text });
    });
  });
  return {
    pid: child.pid ?? -1,
    done,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    said: (pattern, stream = "stderr") =>
      eventually(`"${what}" says ${pattern} on ${stream}`, () => {
        const match = pattern.exec(text[stream]);
        if (match === null && ended)
          throw new Error(`"${what}" ended without saying ${pattern}:\n${text.stdout}\n${text.stderr}`);
        return match;
      }),
    signal: (signal) => child.kill(signal),
  };
}

/** Processes of this swarm and nobody else: they live in its home by HOME (commands, workers) or by their working folder (the server). */
export function processesOf(home: string): ProcessIdentity[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const lives =
          readlinkSync(`/proc/${name}/cwd`).startsWith(`${home}/`) ||
          readFileSync(`/proc/${name}/environ`, "utf8").split("\0").includes(`HOME=${home}`);
        return lives ? (identifyProcess(Number(name)) ?? []) : [];
      } catch {
        return []; // gone meanwhile, or somebody else's
      }
    });
}

async function killAllOf(home: string): Promise<void> {
  await eventually(`all processes of ${home} are gone`, () => {
    const left = processesOf(home).filter(isAlive);
    for (const identity of left) signalProcess(identity, "SIGKILL");
    return left.length === 0;
  });
}

/** The one document of a command that was asked for `--json`; anything beside it on stdout is an error. */
export function documentOf<Document = Record<string, unknown>>({ stdout, stderr }: Finished): Document {
  const lines = stdout.split("\n");
  if (lines.length !== 2 || lines[1] !== "")
    throw new Error(`stdout is not one line of JSON:\n${stdout}\nstderr:\n${stderr}`);
  return JSON.parse(lines[0] as string) as Document;
}

export const linesOf = <Line = Record<string, unknown>>({ stdout }: Pick<Finished, "stdout">): Line[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

/** An empty folder inside the swarm's home that a test may fill; on its second try it gets another one. */
export function folderOf(swarm: Pick<Swarm, "home">, name: string): string {
  for (let count = 1; ; count += 1) {
    const folder = join(swarm.home, count === 1 ? name : `${name}-${count}`);
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length === 0) return folder;
  }
}

export const fixture = (name: string): string =>
  join(dirname(fileURLToPath(import.meta.url)), "fixture-repos", "fixtures", name);
