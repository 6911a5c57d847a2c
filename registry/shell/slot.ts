/** What a word may be in the place where it stands, and which path or host it names there. */
import { criticalWrite, isProcessSecret } from "./critical.ts";
import type { Finding, Slot } from "./program.ts";
import { unknown } from "./program.ts";
import type { Piece, ShellWord } from "./word.ts";

/** Variables that say nothing secret and that no line here can set. */
const harmless = new Set(
  "HOME PWD OLDPWD USER LOGNAME SHELL PATH LANG LC_ALL TERM HOSTNAME UID EUID PPID RANDOM SECONDS LINENO SHLVL COLUMNS LINES OSTYPE HOSTTYPE MACHTYPE BASH_VERSION TMPDIR NODE_ENV CI EPOCHSECONDS ? $ #".split(
    " ",
  ),
);

export interface OutputRoots {
  /** Below which folders the paths lie that a substitution prints; null where it prints something else. */
  readonly rootsOf: (piece: Extract<Piece, { kind: "output" | "process" }>) => readonly string[] | null;
}

/** The risk of the result counts only where it is worse than the call's own. */
export function fill(word: ShellWord, slot: Slot, outputs: OutputRoots): Finding | undefined {
  const secret = word.pieces.find((piece) => piece.kind === "variable" && !harmless.has(piece.name));
  if (secret) return unknown(`what ${secret.value} holds is not known, and it may be a secret`, "variable");
  if (typeof slot !== "string") {
    return word.literal !== null && slot.includes(word.literal)
      ? undefined
      : unknown(`${cut(word.shown)} is not one of ${slot.join(", ")}`, "value");
  }
  switch (slot) {
    case "text":
      return undefined;
    case "literal":
      return word.literal === null ? unknown(`${cut(word.shown)} is not certain`, "uncertain") : undefined;
    case "host":
      return word.literal === null
        ? { ...unknown(`which host ${cut(word.shown)} is, is not certain`, "uncertain"), hosts: ["*"] }
        : { hosts: [hostOf(word.literal)] };
    case "within":
      if (word.head.startsWith("!")) return undefined;
      return { paths: [{ path: `**/${word.shown}`, access: "read" }] };
    case "read":
    case "write":
      return fillPath(word, slot, outputs);
  }
}

function fillPath(word: ShellWord, access: "read" | "write", outputs: OutputRoots): Finding | undefined {
  const paths = pathsOf(word, access, outputs);
  if (paths === null) return unknown(`which file ${cut(word.shown)} is, is not certain`, "uncertain");
  const named = paths.filter((path) => path !== "-" && path !== "" && path !== "/dev/null");
  const found = named.map((path) => ({ path, access }));
  if (access === "read") {
    const secret = named.find(isProcessSecret);
    return secret
      ? { ...unknown(`${cut(secret)} shows the inside of a process`, "process"), paths: found }
      : { paths: found };
  }
  return { ...writesCritical(named), paths: found };
}

/** Of these paths, one that is more than a file of the task. */
export function writesCritical(paths: readonly string[]): Finding | undefined {
  for (const path of paths) {
    const why = criticalWrite(path);
    if (why === null) continue;
    const reason = `it writes ${cut(path)}, and ${why}`;
    return { risk: "destructive", rule: "critical-path", reason, loses: [`${cut(path)} (${why})`] };
  }
  return undefined;
}

/** Paths that the word may be, globs as written; null where nobody can say. */
function pathsOf(word: ShellWord, access: "read" | "write", { rootsOf }: OutputRoots): readonly string[] | null {
  let path = "";
  for (const [index, piece] of word.pieces.entries()) {
    if (piece.kind === "text" || piece.kind === "glob" || piece.kind === "home") path += piece.value;
    else if (piece.kind === "variable" && piece.name === "PWD" && index === 0) path += ".";
    else if (piece.kind === "process" && access === "read") return [];
    else if (piece.kind === "output" && word.pieces.length === 1) return rootsOf(piece);
    else if (piece.kind === "stand-in" && (path === "" || path === "./") && index === word.pieces.length - 1)
      return piece.roots;
    else return null;
  }
  return [path];
}

/** Host of a URL or of `user@host:path`, without its port, in small letters. */
export function hostOf(text: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]+)/i.exec(text)?.[1];
  return (url ?? text.replace(/^[^@/]*@/, "").replace(/[:/].*$/s, "")).toLowerCase() || "*";
}

export function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
