/**
 * What bash really runs of a line: every call it would make is written down instead of being made. There is no PATH, so
 * that programs fall to bash's handler for those not found, and functions stand before the builtins that act.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the programs of the line would have said: their exit code, and what they print. */
export interface Answers {
  readonly exit: 0 | 1;
  readonly print: string;
}

export interface Recorded {
  /** Words of every call, in no order that counts. */
  readonly calls: readonly (readonly string[])[];
  /** What the folder it ran in held afterwards that it had not held before, or held no more. */
  readonly changed: readonly string[];
  /** What `$$` stood for: the one word that no two runs have in common. */
  readonly process: number;
}

/** `cd` stays, since it leads where names are looked up, and so does `builtin`, since the functions need it. */
const SHADOWED =
  "[ . alias bg bind caller command compgen complete compopt declare dirs disown echo enable eval exec exit export " +
  "false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray " +
  "readonly set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait";
const PATIENCE_MS = 120_000;
const FILES = ["a", "b.c", "-o", "x y", "sub/c"];

/**
 * False for a text with which a slip of the analysis could reach beyond the folder: no absolute path but the null
 * device, no way upward, nothing that bash makes such a path of. That loses inputs, never safety.
 */
export function isContained(text: string): boolean {
  const local = text.replaceAll("/dev/null", "");
  return !/(?:^|[^A-Za-z0-9_.])\/|\/(?:$|[^A-Za-z0-9_.*])|\.[\\'"{},*?[\]]*\.|\0/.test(local);
}

/**
 * Runs each text in a subshell and a folder of its own, and tells what was called.
 * @throws Error where a text is not contained, or the whole takes longer than two minutes.
 */
export function recordCalls(texts: readonly string[], answers: Answers): Recorded[] {
  const rogue = texts.find((text) => !isContained(text));
  if (rogue !== undefined) throw new Error(`not to be run: ${rogue}`);
  const home = mkdtempSync(join(tmpdir(), "statehive-bash-"));
  try {
    for (const [index, text] of texts.entries()) {
      mkdirSync(join(home, String(index), "in", "sub"), { recursive: true });
      for (const name of FILES) writeFileSync(join(home, String(index), "in", name), "");
      writeFileSync(join(home, String(index), "text"), text);
      writeFileSync(join(home, String(index), "calls"), "");
    }
    writeFileSync(join(home, "driver"), driver(texts.length, answers));
    const { status, error, pid } = spawnSync("/bin/bash", ["--noprofile", "--norc", join(home, "driver")], {
      cwd: home,
      env: { PATH: "/nowhere", HOME: "/nowhere", LC_ALL: "C.UTF-8" },
      stdio: "ignore",
      timeout: PATIENCE_MS,
      killSignal: "SIGKILL",
    });
    if (error !== undefined || status !== 0) throw new Error("bash did not come to an end", { cause: error });
    return texts.map((_, index) => readRecord(join(home, String(index)), pid));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** `eval` reads its text as `bash -c` does. The words of a call go out in one write: those of a pipeline happen at once. */
function driver(count: number, { exit, print }: Answers): string {
  return [
    "set +m",
    "__home=$PWD",
    `function __record { builtin printf '%s\\0' "$@" $'\\001end' 2>&- >> "$__home/$__n/calls"; builtin printf '%s' ${quoted(print)}; builtin return ${exit}; }`,
    'function command_not_found_handle { __record "$@"; }',
    ...SHADOWED.split(" ").map((name) => `function ${name} { __record ${quoted(name)} "$@"; }`),
    `for (( __n = 0; __n < ${count}; __n++ )); do`,
    '  IFS= builtin read -r -d "" __text < "$__home/$__n/text"',
    '  ( cd "$__home/$__n/in"; builtin eval "$__text" ) </dev/null >/dev/null 2>&1',
    "done",
    "builtin exit 0",
  ].join("\n");
}

function readRecord(place: string, pid: number): Recorded {
  const calls: string[][] = [];
  let words: string[] = [];
  for (const word of readFileSync(join(place, "calls"), "utf8").split("\0").slice(0, -1)) {
    if (word === "\u0001end") {
      calls.push(words);
      words = [];
    } else words.push(word);
  }
  const before = new Set([...FILES, "sub"]);
  const after = readdirSync(join(place, "in"), { recursive: true }).map(String);
  const lost = [...before].filter((name) => !after.includes(name));
  return { calls, changed: [...after.filter((name) => !before.has(name)), ...lost], process: pid };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
