/** Runs Bash, and tells how a command ended: also for one whose worker was lost and whose recorder kept the outcome. */
import type { BoxExit } from "../../box.ts";
import { counted } from "../../shown.ts";
import { type ActingContext, OUTPUT_CHARS_MAX, type ToolOutput } from "../../tool.ts";
import { type BashInput, commandMsDefault } from "../input/bash.ts";

/** Kept free for what is said about the output. */
const notesCharsMax = 2_000;
/** Files that are named, at most. */
const namedMax = 5;

/** What programs say of a file system that they must not write to: the kernel's words, and its name for them. */
const WROTE_NOWHERE = /read-only file system|\bEROFS\b/i;
const MISJUDGED =
  "[this line was judged read-only, so it ran unasked with the workspace read-only; it tried to write, which is refused. Files that it only needs meanwhile can go to /tmp]";

export async function run({ command, timeout }: BashInput, { box }: ActingContext): Promise<ToolOutput> {
  return exitAnswer(await box.exec(command, { timeoutMs: timeout ?? commandMsDefault }));
}

/** First line: how it ended. Then what it said, beginning and end of it where it is too long. */
export function exitAnswer(exit: BoxExit): ToolOutput {
  const said = Buffer.from(exit.output).toString("utf8");
  const { text, cut } = shortened(said);
  const lines = [endOf(exit), ...(text === "" ? ["[no output]"] : [text.replace(/\n$/, "")])];
  const ok = exit.code === 0 && exit.stopped === null;
  const misjudged = !ok && exit.looksOnly === true && WROTE_NOWHERE.test(said);
  lines.push(...confinementOf(exit), ...(misjudged ? [MISJUDGED] : []));
  if (exit.dropped > 0) lines.push(`[${counted(exit.bytes, "byte")} of output, ${exit.dropped} of them not kept]`);
  return {
    ok,
    text: lines.join("\n"),
    truncated: cut || exit.dropped > 0,
    ...(exit.broke === undefined ? { exit: { code: ownCode(exit), sandbox: exit.sandbox } } : {}),
    ...(cut ? { whole: said } : {}),
    ...(misjudged ? { misjudged } : {}),
  };
}

/** Nothing where it was confined as it should be and left nothing that it must not. */
function confinementOf({ sandbox, setAside = [], watched }: BoxExit): string[] {
  const level = sandbox === undefined || sandbox === "full" ? [] : [`[sandbox: ${sandbox}]`];
  const moved = setAside.slice(0, namedMax).map(({ path, to }) => {
    const what = `protected file made by this command: ${JSON.stringify(path)}`;
    return to === null ? `[${what}; it could not be moved away]` : `[${what}; it was moved to quarantine]`;
  });
  const more = setAside.length > namedMax ? [`[and ${setAside.length - namedMax} more of them]`] : [];
  const unwatched =
    watched === false ? ["[the workspace has too many folders to look for protected files in all]"] : [];
  return [...level, ...moved, ...more, ...unwatched];
}

/** What was stopped did not come to an end of its own, whatever its code. */
const ownCode = ({ code, stopped }: BoxExit): number | null => (stopped === null ? (code ?? null) : null);

/** What the first line of an answer says. */
export const exitLine = (code: number): string => `exit code ${code}`;

function endOf({ broke, code, signal, stopped, tookMs }: BoxExit): string {
  if (broke !== undefined) return `the command could not be started: ${broke}`;
  const how = code === null || code === undefined ? `ended by signal ${signal ?? "unknown"}` : exitLine(code);
  if (stopped === "timed_out") return `${how} (stopped: its time was over after ${tookMs} ms)`;
  return stopped === "called_off" ? `${how} (stopped: it was called off)` : how;
}

function shortened(text: string): { text: string; cut: boolean } {
  const room = OUTPUT_CHARS_MAX - notesCharsMax;
  if (text.length <= room) return { text, cut: false };
  const half = Math.floor((room - 100) / 2);
  const left = text.length - 2 * half;
  return { text: `${text.slice(0, half)}\n[cut: ${left} characters left out here]\n${text.slice(-half)}`, cut: true };
}
