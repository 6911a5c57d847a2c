/** Builtins and small programs that say something and touch nothing, and those that only start another. */

import { isSeveral } from "../match-options.ts";
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";

const help = "--help --version";

function readOnly(names: string, reason: string, more: Partial<Program> = {}): Program {
  return { names, risk: "read-only", reason, flags: help, ...more };
}

/** `date` with anything but a format sets the clock. */
function onlyFormat({ operands }: GivenCall): Finding | undefined {
  return operands.every(({ head }) => head.startsWith("+")) ? undefined : unknown("it sets the clock");
}

/** The format comes first; an option in its place (`-v`) sets a variable, and a subscript there is run. */
function formatFirst({ operands: [format] }: GivenCall): Finding | undefined {
  const isFormat = format !== undefined && format.literal !== null && !/^-./.test(format.literal);
  if (!isFormat) return unknown("its format is not certain");
  // %n puts a number into the variable that the next word names.
  return /%[^%A-Za-z]*[hjlLtz]*n/.test(format.literal.replaceAll("%%", ""))
    ? unknown("its format sets a variable")
    : undefined;
}

const unary = new Set("-b -c -d -e -f -g -h -k -L -p -r -s -S -t -u -w -x -n -z -N -O -G".split(" "));
const binary = new Set("= == != < > -eq -ne -lt -le -gt -ge -nt -ot -ef".split(" "));
const onFiles = new Set("-b -c -d -e -f -g -h -k -L -p -r -s -S -u -w -x -N -O -G".split(" "));

/**
 * Plain conditions joined by `-a`, `-o` and `!`, with operators that are written out. `-v` and `-R` evaluate what they
 * are given, and so does arithmetic on names.
 */
function conditions({ program, operands }: GivenCall): Finding | undefined {
  const words = [...operands];
  if (words.some(isSeveral)) return unknown("a word could turn out to be several: quote it");
  if (program === "[" && words.pop()?.literal !== "]") return unknown("] is missing");
  const paths: { path: string; access: "read" }[] = [];
  while (words.length > 0) {
    while (words[0]?.literal === "!") words.shift();
    const [one, two, three] = words;
    if (one === undefined) return unknown("a condition is missing");
    if (two?.literal && binary.has(two.literal) && three) {
      if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(two.literal) && !(isNumber(one) && isNumber(three))) {
        return unknown("what it compares are not numbers");
      }
      words.splice(0, 3);
    } else if (one.literal && unary.has(one.literal) && two) {
      if (onFiles.has(one.literal)) paths.push({ path: two.shown, access: "read" });
      words.splice(0, 2);
    } else if (one.literal !== null && !one.literal.startsWith("-") && (!two || /^-[ao]$/.test(two.literal ?? ""))) {
      words.shift();
    } else {
      return unknown("a condition is not one of the plain ones");
    }
    const join = words.shift();
    if (join && join.literal !== "-a" && join.literal !== "-o")
      return unknown("a condition is not one of the plain ones");
    if (join && words.length === 0) return unknown("a condition is missing");
  }
  return { paths };
}

function isNumber(word: GivenCall["operands"][number]): boolean {
  if (word.literal !== null) return /^[+-]?\d+$/.test(word.literal);
  const [only, more] = word.pieces;
  return more === undefined && ((only?.kind === "variable" && /^[?#]$/.test(only.name)) || only?.kind === "output");
}

const conditionWords = { style: "words", operands: { rest: "text" }, globs: true, inspect: conditions } as const;

/** Names of variables that hold no secrets. */
function harmlessNames({ operands }: GivenCall): Finding | undefined {
  const known = /^(?:HOME|PWD|OLDPWD|USER|LOGNAME|SHELL|PATH|LANG|LC_\w+|TERM|HOSTNAME|TMPDIR|NODE_ENV|CI|EDITOR|TZ)$/;
  const all = operands.length > 0 && operands.every(({ literal }) => literal !== null && known.test(literal));
  return all ? undefined : unknown("it shows the environment, where secrets live");
}

export const everyday: readonly Program[] = [
  readOnly("echo", "prints its words", { style: "words", inert: true, operands: { rest: "text" } }),
  readOnly("printf", "prints its words", {
    style: "words",
    inert: true,
    operands: { rest: "text" },
    inspect: formatFirst,
  }),
  readOnly("true false :", "does nothing", { style: "words", inert: true, operands: { rest: "text" } }),
  readOnly("expr", "calculates", { style: "words", inert: true, operands: { rest: "text" } }),
  readOnly("test [", "looks at a condition", conditionWords),
  readOnly("printenv", "prints variables", { operands: { rest: "text" }, inspect: harmlessNames }),
  readOnly("which", "tells where a program lies", { flags: `-a --all -s ${help}`, operands: { rest: "text" } }),
  readOnly("type", "tells what a name is", { flags: "-a -f -p -P -t", operands: { rest: "text" } }),
  readOnly("hash", "tells where programs lie", { flags: "-l -t", operands: { rest: "text" } }),
  readOnly("uname arch", "tells which system this is", {
    flags: `-a --all -s --kernel-name -n --nodename -r --kernel-release -v --kernel-version -m --machine -p --processor -i --hardware-platform -o --operating-system ${help}`,
  }),
  readOnly("whoami logname tty", "tells who or what this is", { flags: `-s ${help}` }),
  readOnly("id groups", "tells who this is", {
    flags: `-a -g --group -G --groups -n --name -r --real -u --user -z --zero -Z ${help}`,
    operands: { rest: "text" },
  }),
  readOnly("hostname", "tells the name of this machine", { flags: `-s --short -I --all-ip-addresses ${help}` }),
  readOnly("uptime", "tells how long it has been up", { flags: `-p --pretty -s --since ${help}` }),
  readOnly("free", "tells how much memory there is", {
    flags: `-b -k -m -g --kilo --mega --giga --kibi --mebi --gibi -h --human --si -l --lohi -t --total -w --wide ${help}`,
  }),
  readOnly("nproc", "tells how many processors there are", { flags: `--all ${help}`, takes: { "--ignore": "text" } }),
  readOnly("lscpu lsblk", "tells about hardware", {
    flags: `-a --all -e -J --json -p -b --bytes -f --fs -l --list -n --noheadings ${help}`,
    takes: { "-o --output": "text" },
  }),
  readOnly("getconf", "tells limits of the system", { style: "words", operands: { rest: "text" } }),
  readOnly("locale", "tells the language settings", { flags: `-a --all-locales -m ${help}` }),
  readOnly("date", "tells the time", {
    flags: `-u --utc --universal -R --rfc-email --debug ${help}`,
    takes: { "-d --date": "text", "-r --reference": "read", "-f --file": "read", "--rfc-3339": "text" },
    mayTake: { "-I --iso-8601": "text" },
    operands: { rest: "text" },
    inspect: onlyFormat,
  }),
  readOnly("cal ncal", "prints a calendar", {
    digits: true,
    flags: `-1 -3 -y -m -s -j -h -w ${help}`,
    operands: { rest: "text" },
  }),
  readOnly("umask ulimit jobs", "tells limits or jobs of the shell", { flags: "-a -S -l -p -r -s" }),
  readOnly("whereis", "tells where a program lies", { flags: "-b -m -s", operands: { rest: "text" } }),
  readOnly("help", "prints help on a builtin", { flags: "-d -m -s", operands: { rest: "text" } }),
  readOnly("sleep", "waits", { operands: { rest: "text" } }),
  readOnly("seq", "counts", {
    digits: true,
    flags: `-w --equal-width ${help}`,
    takes: { "-f --format": "text", "-s --separator": "text" },
    operands: { rest: "text" },
  }),
  readOnly("factor numfmt", "calculates", {
    takes: {
      "--to": "text",
      "--from": "text",
      "--suffix": "text",
      "--padding": "text",
      "--field": "text",
      "-d --delimiter": "text",
    },
    operands: { rest: "text" },
  }),
  readOnly("tput", "tells about the terminal", { style: "words", operands: { first: [["cols", "lines", "colors"]] } }),
];

const signal = "text";

export const wrappers: readonly Program[] = [
  {
    names: "timeout",
    risk: "read-only",
    reason: "limits the time of a program",
    style: "posix",
    flags: "--foreground --preserve-status -v --verbose",
    takes: { "-k --kill-after": "text", "-s --signal": signal },
    operands: { first: ["text"] },
    wraps: "call",
  },
  {
    names: "nice",
    risk: "read-only",
    reason: "starts a program with lower priority",
    style: "posix",
    digits: true,
    takes: { "-n --adjustment": "text" },
    wraps: "call",
  },
  {
    names: "ionice",
    risk: "read-only",
    reason: "starts a program with lower priority",
    style: "posix",
    flags: "-t --ignore",
    takes: { "-c --class": "text", "-n --classdata": "text" },
    wraps: "call",
  },
  {
    names: "nohup",
    risk: "read-only",
    reason: "starts a program that outlives the terminal",
    style: "posix",
    wraps: "call",
  },
  {
    names: "stdbuf",
    risk: "read-only",
    reason: "starts a program with other buffers",
    style: "posix",
    takes: { "-i --input": "text", "-o --output": "text", "-e --error": "text" },
    wraps: "call",
  },
  {
    names: "time",
    risk: "read-only",
    reason: "measures a program",
    style: "posix",
    flags: "-p --portability -v --verbose",
    wraps: "call",
  },
  {
    names: "command",
    risk: "read-only",
    reason: "starts a program, or tells what it is",
    style: "posix",
    flags: "-v -V",
    wraps: "call",
    wrapsUnless: "-v -V",
  },
  { names: "builtin", risk: "read-only", reason: "starts a builtin", style: "posix", wraps: "call" },
  {
    names: "xargs",
    risk: "read-only",
    reason: "starts a program with its input as operands",
    style: "posix",
    flags: "-0 --null -r --no-run-if-empty -t --verbose -x --exit",
    takes: {
      "-d --delimiter": "text",
      "-I": "literal",
      "-L --max-lines": "text",
      "-n --max-args": "text",
      "-P --max-procs": "text",
      "-s --max-chars": "text",
      "-E": "text",
    },
    wraps: "xargs",
  },
];
