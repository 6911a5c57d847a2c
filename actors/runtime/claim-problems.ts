/**
 * Work that a report of the default form claims and the journal does not show: files in `changed`, commands in `ran`, and
 * what the words of its summary plainly say. Each is named with what the journal shows instead.
 */
import { z } from "zod";
import type { Box } from "../../registry/box.ts";
import { isBoxRefusal } from "../../registry/refusal.ts";
import { claimsInWords, type RunClaim, type WordClaim } from "./claims-in-words.ts";
import { changedIn, commandsIn, type DoneCall, type DoneCommand, mayHaveChanged, verdictOf } from "./work-done.ts";

export interface ClaimDeps {
  readonly box: Box;
  /** Link-free folder that commands began in. */
  readonly workspace: string;
  readonly done: readonly DoneCall[];
  /** The task stands on nobody else's results. */
  readonly alone: boolean;
}

const valueSchema = z.object({
  summary: z.string(),
  changed: z.array(z.string()).default([]),
  ran: z.array(z.string()).default([]),
});

/** None for a value of another form. Throws on breakage only. */
export async function claimProblems(value: unknown, deps: ClaimDeps): Promise<readonly string[]> {
  const parsed = valueSchema.safeParse(value);
  if (!parsed.success) return [];
  const { summary, changed, ran } = parsed.data;
  const { edits, passes, runs } = claimsInWords(summary, deps);
  const commands = commandsIn(deps.done);
  return [
    ...(await changedProblems(changed, deps)),
    ...ran.flatMap((command) => neverRun(command, commands, deps)),
    ...editProblems(edits, deps),
    ...passProblems(passes, commands, deps),
    ...runs.flatMap((claim) => namedProblems(claim, commands, deps)),
  ];
}

async function changedProblems(claimed: readonly string[], { box, done, workspace }: ClaimDeps): Promise<string[]> {
  if (claimed.length === 0) return [];
  const changed = new Set(changedIn(done));
  const shown = changed.size === 0 ? "0 changes by this agent" : `changes of ${listed([...changed])}`;
  // A file that a command changed has no entry of its own; but then there is the command.
  if (mayHaveChanged(done, workspace)) return [];
  const problems: string[] = [];
  for (const path of claimed) {
    if (!changed.has(await realPath(box, path))) {
      problems.push(`claims to have changed ${path}, journal shows ${shown}`);
    }
  }
  return problems;
}

async function realPath(box: Box, path: string): Promise<string> {
  try {
    return (await box.stat(path)).path;
  } catch (cause) {
    if (isBoxRefusal(cause)) return path;
    throw cause;
  }
}

function neverRun(command: string, commands: readonly DoneCommand[], { done }: ClaimDeps): string[] {
  if (commands.some((run) => run.command.trim() === command.trim())) return [];
  // It was begun, and nobody can say how it ended.
  const begun = done.some(({ tool, ok, input }) => {
    return tool === "Bash" && ok === null && (input as { command?: unknown }).command === command;
  });
  return begun ? [] : [`claims to have run "${command}", journal shows 0 runs of it${ranInstead(commands)}`];
}

function editProblems(claims: readonly WordClaim[], { done, workspace }: ClaimDeps): string[] {
  if (claims.length === 0 || changedIn(done).length > 0 || mayHaveChanged(done, workspace)) return [];
  const count = claims.reduce((sum, claim) => sum + (claim.count ?? 1), 0);
  return [`claims ${count === 1 ? "1 edit" : `${count} edits`}, journal shows 0: ${sentences(claims)}`];
}

/** The last run of a known test runner counts; where there was none, any command that does more than look. */
function passProblems(claims: readonly WordClaim[], commands: readonly DoneCommand[], deps: ClaimDeps): string[] {
  if (claims.length === 0 || deps.done.some(({ tool, ok }) => tool.startsWith("mcp__") && ok !== false)) return [];
  const doing = commands.filter(({ command }) => verdictOf(command, deps.workspace).risk !== "read-only");
  const last = doing.findLast(({ command }) => runsTests(command, deps.workspace));
  if (last !== undefined && last.exitCode !== 0) {
    const end = last.exitCode === null ? "did not end by itself" : `ended with exit code ${last.exitCode}`;
    return [
      `claims passing tests, journal shows that the last run of them, "${cut(last.command)}", ${end}: ${sentences(claims)}`,
    ];
  }
  if (doing.some(({ exitCode }) => exitCode === 0)) return [];
  return [
    `claims passing tests, journal shows 0 commands that could have run them and ended with exit code 0: ${sentences(claims)}`,
  ];
}

const TEST_RUNNER =
  /^(?:(?:npm|yarn|pnpm|bun|deno)(?: run)? (?:t$|t |\S*test)|(?:npx |pnpm exec |yarn )?(?:vitest|jest|mocha|ava|pytest|tox|rspec|phpunit)(?: |$)|(?:python3? -m )(?:pytest|unittest)|(?:cargo|go|mvn|gradle|\.\/gradlew|dotnet|mix|make|swift) (?:\S+ )*?(?:test|check)|node (?:\S+ )*?--test)/;

const runsTests = (command: string, workspace: string): boolean =>
  verdictOf(command, workspace).parts.some(({ words }) => TEST_RUNNER.test(words.join(" ")));

/** Programs that only repeat what they are given: naming a command to one of them runs nothing. */
const REPEATS: ReadonlySet<string> = new Set(["echo", "printf", "true", ":", "cat", "type", "which", "command"]);

/** A name in words is often short for what was run: its words, in order and side by side, in one call of a command. */
function namedProblems({ command, sentence }: RunClaim, commands: readonly DoneCommand[], deps: ClaimDeps): string[] {
  const [program = ""] = command.split(/\s+/);
  const usedTool = deps.done.some(({ tool }) => tool.toLowerCase() === program.toLowerCase());
  if (usedTool || deps.done.some(({ tool, ok }) => tool === "Bash" && ok === null)) return [];
  const wanted = spelled(command);
  const isRun = commands.some((run) => {
    const { parts, complete } = verdictOf(run.command, deps.workspace);
    const calls = parts.filter(({ words: [first = ""] }) => !REPEATS.has(first));
    const within = calls.some(({ words }) => ` ${spelled(words.join(" "))} `.includes(` ${wanted} `));
    return run.command.trim() === command || within || (!complete && spelled(run.command).includes(wanted));
  });
  if (isRun) return [];
  return [`claims to have run "${command}", journal shows 0 runs of it${ranInstead(commands)}: "${sentence}"`];
}

/** One spelling for what package managers call by two names. */
const spelled = (command: string): string =>
  command
    .replace(/\s+/g, " ")
    .replace(/["']/g, "")
    .replace(/\b(npm|yarn|pnpm|bun) (?:run(?:-script)? )?(?:t|test)(?= |$)/g, "$1 test")
    .replace(/\b(npm|yarn|pnpm|bun) run(?:-script)? /g, "$1 ")
    .trim();

const COMMAND_CHARS_MAX = 120;
const NAMED_MAX = 3;
const cut = (text: string): string => (text.length > COMMAND_CHARS_MAX ? `${text.slice(0, COMMAND_CHARS_MAX)}…` : text);
const listed = (names: readonly string[]): string =>
  names.slice(0, NAMED_MAX).map(cut).join(", ") +
  (names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "");
const ranInstead = (commands: readonly DoneCommand[]): string =>
  commands.length === 0 ? "; no command was run" : ` (it ran ${listed(commands.map(({ command }) => `"${command}"`))})`;
const sentences = (claims: readonly WordClaim[]): string =>
  claims
    .slice(0, NAMED_MAX)
    .map(({ sentence }) => `"${sentence}"`)
    .join(", ");
