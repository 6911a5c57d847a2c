/** Holds what bash ran of a text against what the analysis said would run. */
import { analyse } from "../../registry/shell/analyse.ts";
import type { ShellVerdict } from "../../registry/shell/verdict.ts";
import { type Answers, isContained, type Recorded, recordCalls } from "./real-bash.ts";

export interface Mismatch {
  readonly text: string;
  readonly why: string;
  readonly emitted: string | null;
}

export interface Differential {
  /** Texts that were run: contained, and wanted. */
  readonly ran: number;
  /** Of those, how many made bash call anything. */
  readonly called: number;
  readonly mismatches: readonly Mismatch[];
}

const place = { cwd: "/workspace", workspace: "/workspace" };
const BATCH = 250;
/** These are taken off by the analysis and stand before the part in what bash was asked to run. */
const WRAPPERS = new Set([
  "timeout",
  "nice",
  "nohup",
  "stdbuf",
  "env",
  "xargs",
  "command",
  "ionice",
  "setsid",
  "chrt",
  "time",
]);

/** @param wants which verdicts are run: read-only ones, or all that claim to be complete. */
export function holdAgainstBash(
  texts: readonly string[],
  answers: Answers,
  wants: (verdict: ShellVerdict) => boolean,
): Differential {
  const wanted = texts
    .map((text) => ({ text, verdict: analyse(text, place) }))
    .filter(({ text, verdict }) => verdict.complete && wants(verdict) && isContained(text))
    .filter(({ verdict: { emitted } }) => emitted === null || isContained(emitted.replaceAll("cd ./", "cd ")));
  const mismatches: Mismatch[] = [];
  let called = 0;
  for (let from = 0; from < wanted.length; from += BATCH) {
    const batch = wanted.slice(from, from + BATCH);
    const meant = recordCalls(
      batch.map(({ text }) => text),
      answers,
    );
    const got = recordCalls(
      batch.map(({ verdict: { emitted } }) => (emitted ?? ":").replaceAll("cd ./", "cd ")),
      answers,
    );
    for (const [index, { text, verdict }] of batch.entries()) {
      const [one, other] = [meant[index], got[index]];
      if (one === undefined || other === undefined) throw new Error("a record is missing");
      if (one.calls.length > 0) called += 1;
      const why = difference(verdict, one, other);
      if (why !== null) mismatches.push({ text, why, emitted: verdict.emitted });
    }
  }
  return { ran: wanted.length, called, mismatches };
}

function difference(verdict: ShellVerdict, meant: Recorded, got: Recorded): string | null {
  const hidden = meant.calls.find((call) => !verdict.parts.some(({ words }) => isCovered(call, words)));
  if (hidden !== undefined) return `bash ran ${JSON.stringify(hidden)}, which is no part of it`;
  if (verdict.risk !== "read-only") return null;
  if (meant.changed.length > 0) return `it changed ${meant.changed.join(", ")}`;
  if (verdict.emitted === null) return "it is read-only and not written back";
  if (got.changed.length > 0) return `as written back it changed ${got.changed.join(", ")}`;
  const isMoved = / --(?: |$)/.test(verdict.emitted);
  const isByLine = verdict.emitted.startsWith("IFS=$'\\n'");
  const [one, other] = [normal(meant, isMoved, isByLine), normal(got, isMoved, isByLine)];
  return one === other ? null : `bash ran ${one}, as written back ${other}`;
}

function isCovered(call: readonly string[], words: readonly string[]): boolean {
  if (words.length > 0 && fits(call, words)) return true;
  if (!WRAPPERS.has(call[0] ?? "")) return false;
  return call.some((_, index) => index > 0 && words.length > 0 && fits(call.slice(index), words));
}

/** A word that bash expands may have become any number of words; every other is what it is. */
function fits(call: readonly string[], words: readonly string[]): boolean {
  let reached = new Set([0]);
  for (const word of words) {
    const next = new Set<number>();
    const isOpen = /[$*?[`~]|[<>]\(/.test(word);
    for (const at of reached) {
      if (isOpen) for (let to = at; to <= call.length; to += 1) next.add(to);
      else if (call[at] === word) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(call.length);
}

/**
 * Calls of a pipeline come in any order. What hardens a line is put in by design and left out here: settings of git, NUL
 * between the names that xargs reads, and `--`, before which options were moved: with it the words count, not their order.
 * Where names are read by line, a blank parts none: there the pieces between blanks count.
 */
function normal({ calls, process }: Recorded, isMoved: boolean, isByLine: boolean): string {
  const isTurn = (call: readonly string[]): boolean => call.join(" ") === "tr \\n \\0";
  const shown = calls
    .filter((call) => !isTurn(call))
    .map((call) => softened(call))
    .map((call) => (isByLine ? call.flatMap((word) => word.split(" ")) : call))
    .map((call) => JSON.stringify(isMoved ? call.filter((word) => word !== "--").sort() : call));
  // $PWD and $$: the two are run in folders and processes of their own.
  return JSON.stringify(shown.sort())
    .replaceAll(/statehive-bash-\w+/g, "statehive-bash")
    .replaceAll(String(process), "$$$$");
}

const HARDENING = new Set(["safe.bareRepository=explicit", "core.fsmonitor=false"]);

function softened(call: readonly string[]): readonly string[] {
  if (call.includes("git"))
    return call.filter(
      (word, index) => !HARDENING.has(word) && !(word === "-c" && HARDENING.has(call[index + 1] ?? "")),
    );
  return call.includes("xargs") ? call.filter((word) => word !== "-0") : call;
}
