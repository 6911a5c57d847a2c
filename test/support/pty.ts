/**
 * A command on a real terminal: its standard streams are one, it hears of its size by SIGWINCH, and what is typed comes in
 * by it. Made of `script` and `stty`, which every Debian has.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./swarm-cli.ts";

/** False on systems with another `script`, or none: such tests are skipped there. */
export const hasTerminals = spawnSync("script", ["--version"]).status === 0;

export interface Terminal {
  /** All that was ever written to it. */
  written(): string;
  type(text: string): void;
  resize(size: Size): void;
  /** Resolves once something that fits was written after the place `from`; fails where the command ends before. */
  shows(pattern: RegExp, from?: number): Promise<void>;
  /** Its exit code. */
  readonly done: Promise<number | null>;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface TerminalOptions extends Size {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Whoever starts it sees to the end of what it starts. */
export function openTerminal(words: readonly string[], { columns, rows, env, cwd }: TerminalOptions): Terminal {
  const folder = mkdtempSync(join(tmpdir(), "swarm-tty-"));
  const name = join(folder, "name");
  const command = `stty cols ${columns} rows ${rows}; tty > ${quoted(name)}; exec ${words.map(quoted).join(" ")}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd,
    env: { TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let written = "";
  let isOver = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    written += chunk;
  });
  child.stdin.on("error", () => {});
  const done = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      isOver = true;
      rmSync(folder, { recursive: true, force: true });
      resolve(code);
    });
  });
  return {
    done,
    written: () => written,
    type: (text) => void child.stdin.write(text),
    resize: (size) => {
      const device = readFileSync(name, "utf8").trim();
      execFileSync("/bin/stty", ["-F", device, "cols", String(size.columns), "rows", String(size.rows)]);
    },
    shows: async (pattern, from = 0) => {
      await eventually(`the terminal shows ${pattern}`, () => {
        if (pattern.test(written.slice(from))) return true;
        if (isOver) throw new Error(`it ended without showing ${pattern}:\n${written}`);
        return false;
      });
    },
  };
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
