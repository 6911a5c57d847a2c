/** What a decision about a command line costs: the shell analysis over the corpus, and at its length limit. */
import { analyse } from "../../registry/shell/analyse.ts";
import { shellCorpus } from "../corpus-shell/corpus.ts";
import { TOKENS } from "../corpus-shell/mutate.ts";
import { percentile, shown, spreadOf, table, verdict } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";

const MEDIAN_TARGET_MS = 1;
const COMMAND_TARGET_MS = 5;
const LIMIT_TARGET_MS = 50;
const LIMIT_CHARS = 10_000;
const place = { cwd: "/workspace", workspace: "/workspace" };

/** Milliseconds of one call. */
function timed(text: string): number {
  const fromMs = performance.now();
  analyse(text, place);
  return performance.now() - fromMs;
}

/** Everyday lines, repeated up to the limit, and what readers of shell text find hard, alone up to the limit. */
function atTheLimit(): string[] {
  const everyday = shellCorpus()
    .filter(({ label, text }) => label === "read-only" && !text.includes("\n"))
    .filter((_, index) => index % 10 === 0)
    .flatMap(({ text }) => [`${text}; `, `${text} | `, `${text} && `]);
  const hard = [
    ...TOKENS,
    "a",
    "a ",
    "$(",
    "${",
    "((",
    "[[",
    '"$(',
    "{a,b}",
    "*",
    "'a' ",
    "\\\n",
    "find . -name a -o ",
  ];
  return [...everyday, ...hard].map((unit) => unit.repeat(LIMIT_CHARS).slice(0, LIMIT_CHARS));
}

export async function decide({ rounds, say }: BenchOptions): Promise<void> {
  const commands = shellCorpus()
    .map(({ text }) => text)
    .filter((text) => text.length <= 300);
  const longest = atTheLimit();
  const rows: { readonly name: string; readonly texts: readonly string[]; readonly ms: number[] }[] = [
    { name: "corpus line", texts: commands, ms: [] },
    { name: `${LIMIT_CHARS} characters`, texts: longest, ms: [] },
  ];
  for (const text of commands) timed(text);
  const worst = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { texts, ms } of rows) {
      for (const text of texts) {
        const took = timed(text);
        ms.push(took);
        // The least of the rounds: what the text costs, without what the machine did beside it.
        worst.set(text, Math.min(took, worst.get(text) ?? Number.POSITIVE_INFINITY));
      }
    }
  }
  say(`the shell analysis alone; ${commands.length} lines of the corpus and ${longest.length} texts at the limit,`);
  say(`${rounds} rounds after one to warm up; milliseconds a call, median [range] of all calls\n`);
  const cells = rows.map(({ name, texts, ms }) => [
    name,
    shown(spreadOf(ms), 3),
    percentile(ms, 0.99).toFixed(3),
    Math.max(...texts.map((text) => worst.get(text) ?? Number.NaN)).toFixed(3),
  ]);
  say(table(["text", "ms", "99 of 100", "slowest text, best round"], cells));
  const [everyday, limit] = rows.map(({ ms }) => ms);
  if (everyday === undefined || limit === undefined) throw new Error("nothing was measured");
  const slowest = (texts: readonly string[]): number => Math.max(...texts.map((text) => worst.get(text) ?? Number.NaN));
  const targets: readonly [string, number, number][] = [
    ["median of a command", spreadOf(everyday).median, MEDIAN_TARGET_MS],
    ["slowest command", slowest(commands), COMMAND_TARGET_MS],
    ["slowest text at the limit", slowest(longest), LIMIT_TARGET_MS],
  ];
  for (const [what, ms, target] of targets)
    say(`target: ${what} at most ${target} ms: ${ms.toFixed(3)} ms, ${verdict(ms <= target)}`);
}
