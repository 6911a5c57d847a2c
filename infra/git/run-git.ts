/**
 * Git as a child process that nothing in a repository can turn into something else: no hooks, no pager, no prompts, no
 * monitor, filter, merge program or helper that its configuration names, no transport, and never longer than its time.
 */
import { execFile } from "node:child_process";
import { LIST_PROGRAMS, programsOff } from "./repository-programs.ts";

export interface GitSetting {
  /** Folder the command works in. */
  readonly cwd: string;
  /**
   * Where the folder's repository data lie, as they were found when the tree was made: what a `.git` inside the tree says
   * by now may be an agent's, and would bring a configuration of the agent's along. Absent: git looks for itself.
   */
  readonly gitDir?: string;
  /** What git sees of the environment; credentials have no business in it. */
  readonly env: Readonly<Record<string, string>>;
}

export interface GitAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Longest that one git command may take, in milliseconds. */
const GIT_MS_MAX = 120_000;
/** Most that one may print, in bytes: a diff that is longer is cut by whoever asks for it. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * A worktree of another user's is opened although git calls its ownership dubious: the person named the folder, and
 * nothing that its configuration could start is left on.
 */
const TAMED = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.pager", "cat"],
  ["commit.gpgSign", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["safe.directory", "*"],
  ["user.useConfigOnly", "false"],
  ["merge.verifySignatures", "false"],
  ["merge.renormalize", "false"],
  ["merge.conflictStyle", "merge"],
  // A repository inside a working tree has a configuration of its own, and git would start another git in there.
  ["diff.ignoreSubmodules", "all"],
  ["submodule.recurse", "false"],
] as const;

/** Git could not be started, was stopped, or printed more than {@link OUTPUT_BYTES_MAX}. */
export class GitBroke extends Error {
  override readonly name = "GitBroke";
}

/** Resolves whatever the exit code is. @throws GitBroke, or the signal's reason. */
export async function runGit(setting: GitSetting, args: readonly string[], signal?: AbortSignal): Promise<GitAnswer> {
  // Asked each time: the configuration is not ours, and may be another one by now.
  const named = await start(setting, [], LIST_PROGRAMS, signal);
  return start(setting, programsOff(named.out), args, signal);
}

function start(
  { cwd, env, gitDir }: GitSetting,
  off: readonly string[],
  args: readonly string[],
  signal?: AbortSignal,
): Promise<GitAnswer> {
  const tamed = [...TAMED.map(([name, value]) => `${name}=${value}`), ...off];
  const settings = tamed.flatMap((setting) => ["-c", setting]);
  return new Promise((resolve, reject) => {
    execFile(
      "git",
      ["--no-pager", ...settings, ...args],
      {
        cwd,
        env: {
          ...env,
          ...(gitDir === undefined ? {} : { GIT_DIR: gitDir, GIT_WORK_TREE: cwd }),
          LC_ALL: "C.UTF-8",
          GIT_TERMINAL_PROMPT: "0",
          GIT_OPTIONAL_LOCKS: "0",
          // An object that is missing is not fetched: whatever a remote's entry names would be started for it.
          GIT_ALLOW_PROTOCOL: "none",
          GIT_NO_LAZY_FETCH: "1",
          GIT_EDITOR: "false",
        },
        timeout: GIT_MS_MAX,
        maxBuffer: OUTPUT_BYTES_MAX,
        killSignal: "SIGKILL",
        ...(signal === undefined ? {} : { signal }),
      },
      (error, out, err) => {
        if (signal?.aborted) return reject(signal.reason);
        if (error === null) return resolve({ code: 0, out, err });
        if (typeof error.code === "number") return resolve({ code: error.code, out, err });
        reject(new GitBroke(`git ${args[0] ?? ""}: ${error.message.slice(0, 500)}`, { cause: error }));
      },
    );
  });
}

/** What it printed, without the last line end. @throws GitBroke where it failed, with its own words. */
export async function gitOutput(setting: GitSetting, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const { code, out, err } = await runGit(setting, args, signal);
  if (code !== 0)
    throw new GitBroke(`git ${args.join(" ").slice(0, 200)}: ${err.trim().slice(0, 500) || `exit ${code}`}`);
  return out.replace(/\n$/, "");
}
