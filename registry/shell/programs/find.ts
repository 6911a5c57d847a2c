/** find: its expression word by word. What it starts is judged as a call with the files it picks. */
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";
import type { ShellPath } from "../verdict.ts";
import { type Piece, type ShellWord, wordOf } from "../word.ts";

export const find: readonly Program[] = [
  {
    names: "find gfind",
    risk: "read-only",
    reason: "lists files",
    style: "words",
    operands: { rest: "text" },
    lists: true,
    inspect: inspectFind,
  },
];

const list = (words: string) => new Set(words.split(" "));

const alone = list(
  "( ) ! , -a -and -o -or -not -daystart -depth -d -follow -ignore_readdir_race -noignore_readdir_race -mount -xdev -noleaf -empty -executable -readable -writable -nogroup -nouser -true -false -print -print0 -prune -quit -ls -warn -nowarn -help --help -version --version",
);
const withText = list(
  "-name -iname -path -ipath -wholename -iwholename -regex -iregex -lname -ilname -type -xtype -maxdepth -mindepth -mtime -atime -ctime -mmin -amin -cmin -size -perm -user -group -uid -gid -links -inum -used -fstype -regextype -printf -context -newermt -newerat -newerct",
);
const withFile = list("-newer -anewer -cnewer -samefile -neweraa -newermm -newercc -newerBt");
const naming = list("-name -iname -path -ipath -wholename -iwholename");

interface Search {
  readonly starts: string[];
  readonly patterns: string[];
  readonly paths: ShellPath[];
  readonly exec: ShellWord[][];
  listsPaths: boolean;
  worse: Finding | null;
}

function inspectFind({ operands }: GivenCall): Finding | undefined {
  const search: Search = { starts: [], patterns: [], paths: [], exec: [], listsPaths: true, worse: null };
  let at = 0;
  while (/^-[HLP]$/.test(operands[at]?.literal ?? "")) at += 1;
  for (let word = operands[at]; word && !/^[-(!,]/.test(word.head); word = operands[at]) {
    const isPlace = word.pieces.every(({ kind }) => kind === "text" || kind === "glob" || kind === "home");
    if (!isPlace && !isHere(word)) return unknown(`where it looks is not certain: ${word.shown}`, "uncertain");
    search.starts.push(isHere(word) ? word.shown.replace(/^\$\{?PWD\}?/, ".") : word.shown);
    at += 1;
  }
  if (search.starts.length === 0) search.starts.push(".");
  const failed = readExpression(operands.slice(at), search);
  if (failed) return failed;
  const roots = [...search.starts, ...search.patterns.map((pattern) => `**/${pattern}`)];
  return {
    ...(search.worse ?? {}),
    paths: [...search.starts.map((path) => ({ path, access: "read" }) as const), ...search.paths],
    calls: search.exec.map((words) => words.map((word) => withFiles(word, roots))),
    ...(search.listsPaths ? { roots } : { roots: null }),
  };
}

function isHere({ pieces: [first, ...rest] }: ShellWord): boolean {
  return (
    first?.kind === "variable" && first.name === "PWD" && first.quoted && rest.every(({ kind }) => kind === "text")
  );
}

function readExpression(words: readonly ShellWord[], search: Search): Finding | null {
  for (let at = 0; at < words.length; at += 1) {
    const name = words[at]?.literal ?? null;
    if (name === null) return unknown(`${words[at]?.shown ?? ""} is not certain`, "uncertain");
    const value = words[at + 1];
    if (alone.has(name)) {
      if (name === "-ls") search.listsPaths = false;
    } else if (withText.has(name)) {
      if (value === undefined || value.literal === null)
        return unknown(`the value of ${name} is not certain: quote it`, "uncertain");
      if (name === "-printf") search.listsPaths = false;
      if (naming.has(name)) search.patterns.push(value.literal.replace(/^(?:\.\/|\*\/)+/, ""));
      at += 1;
    } else if (withFile.has(name)) {
      if (value === undefined || value.literal === null)
        return unknown(`the value of ${name} is not certain`, "uncertain");
      search.paths.push({ path: value.literal, access: "read" });
      at += 1;
    } else if (name === "-delete") {
      search.worse = {
        risk: "destructive",
        rule: "delete",
        reason: "with -delete it deletes what it finds",
        loses: [`every file that it finds below ${search.starts.join(", ")}`],
      };
    } else if (name === "-exec") {
      const end = words.findIndex(({ literal }, index) => index > at && endsExec(literal, words[index - 1]));
      if (end < 0 || end === at + 1) return unknown("where -exec ends is not certain", "exec");
      const isMany = words[end]?.literal === "+";
      search.exec.push(words.slice(at + 1, end));
      search.listsPaths = false;
      if (isMany && words.slice(at + 1, end).filter(({ shown }) => shown.includes("{}")).length !== 1) {
        return unknown("-exec … + takes {} once", "exec");
      }
      at = end;
    } else {
      return unknown(`${name} is not known here`, "unknown-option");
    }
  }
  return null;
}

/** `+` ends only behind `{}`; else it is a word like any other. */
function endsExec(literal: string | null, before: ShellWord | undefined): boolean {
  return literal === ";" || (literal === "+" && before?.literal === "{}");
}

function withFiles(word: ShellWord, roots: readonly string[]): ShellWord {
  if (word.literal === null || !word.literal.includes("{}")) return word;
  const pieces: Piece[] = [];
  for (const [index, value] of word.literal.split("{}").entries()) {
    if (index > 0) pieces.push({ kind: "stand-in", value: "{}", roots, isPath: true });
    if (value !== "") pieces.push({ kind: "text", value });
  }
  return wordOf(pieces);
}
