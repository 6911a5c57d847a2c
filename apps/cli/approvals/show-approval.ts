/**
 * An approval in words: what would be done, to the letter, why somebody is asked, and what an answer would cover. Text
 * of models stands behind a margin, every character that could lie spelled out. Pure.
 */
import type { StoredApproval } from "../../../infra/approval.ts";
import { analyse } from "../../../registry/shell/analyse.ts";
import { printable, spelled } from "../progress/printable.ts";
import { clock } from "../progress/words.ts";
import { askedInOneLine, askedLines, block } from "./asked-lines.ts";

export interface ShownWith {
  readonly nowMs: number;
  readonly workspace: string;
  /** Rule that a wider answer would give; null where there is none. */
  readonly rule: string | null;
  /** Earlier calls of the run that the rule would have covered: of this agent, of all. */
  readonly covered: { readonly agent: number; readonly run: number };
  /** Others that wait with the same words. */
  readonly similar: readonly string[];
  /** What a plan's tasks will probably take; null, or absent, where it is no plan. */
  readonly projected?: string | null;
  /** Lines of one text of the input, at most. */
  readonly linesMax: number;
}

export function approvalLines(approval: StoredApproval, shown: ShownWith): string[] {
  const { id, run, agent, agentType, tool, risk, rule, reason, touches } = approval;
  return [
    `approval ${id}: ${printable(tool)}, ${risk}`,
    `  for   ${agent} (${agentType}) of run ${run}, ${timeWords(approval, shown.nowMs)}`,
    `  why   ${printable(reason)} (${printable(rule)})`,
    ...(touches.length === 0 ? [] : [`  at stake: ${touches.map(spelled).join(", ")}`]),
    ...inputLines(approval, shown),
    ...(shown.projected == null ? [] : [`  cost  ${shown.projected}`]),
    ...similarLines(shown),
  ];
}

function timeWords({ status, askedAtMs, expiresAtMs, answer }: StoredApproval, nowMs: number): string {
  if (answer !== null) {
    const reason = answer.reason === "" ? "" : `: ${printable(answer.reason)}`;
    return `${status} by ${printable(answer.by)} at ${new Date(answer.atMs).toISOString()}${reason}`;
  }
  if (status !== "pending") return status;
  const waited = `waits ${clock(nowMs - askedAtMs)}`;
  return expiresAtMs <= nowMs ? `${waited}; its time is over` : `${waited}, expires in ${clock(expiresAtMs - nowMs)}`;
}

function inputLines({ run, tool, input, cut }: StoredApproval, shown: ShownWith): string[] {
  if (cut === true) {
    return [`  input, cut at 64 KB for display (its hash is over the whole):`, ...block(String(input), shown.linesMax)];
  }
  const asked = askedLines(tool, input, shown.linesMax);
  if (asked !== null) return asked;
  if (input === null || typeof input !== "object") return ["  input:", ...block(JSON.stringify(input), shown.linesMax)];
  const { command, ...rest } = input as Readonly<Record<string, unknown>>;
  const lines: string[] = [];
  if (tool === "Bash" && typeof command === "string") {
    lines.push("  runs:", ...block(command, shown.linesMax));
    const { emitted } = analyse(command, { cwd: shown.workspace, workspace: shown.workspace });
    if (emitted !== null && emitted !== command)
      lines.push("  as the analysis reads it:", ...block(emitted, shown.linesMax));
  }
  // The words of a merge are its whole difference, which is kept beside the run.
  const { diff } = rest;
  if (tool === "Merge" && typeof diff === "string")
    lines.push(`  the whole difference: swarm show ${run} --blob ${spelled(diff)}`);
  const others = tool === "Bash" ? rest : (input as Readonly<Record<string, unknown>>);
  for (const [name, value] of Object.entries(others)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (text.includes("\n") || text.length > 100) lines.push(`  ${spelled(name)}:`, ...block(text, shown.linesMax));
    else lines.push(`  ${spelled(name)}: ${spelled(text)}`);
  }
  return lines;
}

function similarLines({ similar, rule, covered }: ShownWith): string[] {
  const same =
    similar.length === 0 ? [] : [`  the same is asked ${similar.length} more times: ${similar.join(", ")} (--similar)`];
  if (rule === null) return [...same, "  only this one call can be answered"];
  const calls = (count: number): string => `${count} earlier ${count === 1 ? "call" : "calls"}`;
  return [
    ...same,
    `  wider: ${spelled(rule)} would have covered ${calls(covered.agent)} of this agent (--scope agent), ${calls(covered.run)} of the run (--scope run)`,
  ];
}

/** How to answer from anywhere. */
export function answerCommands({ id, touches, risk, tool }: StoredApproval): string[] {
  if (isQuestion({ tool })) return [`swarm approve ${id} --reason "<your answer>"`, `swarm deny ${id} --reason "…"`];
  const stake = needsName(risk) && touches.length > 0 ? ` --touch ${quoted(touches[0] as string)}` : "";
  return [`swarm approve ${id}${stake}`, `swarm deny ${id} --reason "…"`];
}

const quoted = (text: string): string =>
  /^[\w./@:+-]+$/.test(text) ? text : `'${spelled(text).replaceAll("'", "'\\''")}'`;

/** What cannot be taken back, or is not understood, is not waved through with one key. */
export const needsName = (risk: StoredApproval["risk"]): boolean => risk === "destructive" || risk === "unknown";

/** An agent's question is answered in words; a bare yes would tell it nothing. */
export const isQuestion = ({ tool }: Pick<StoredApproval, "tool">): boolean => tool === "AskParent";

/** One line of a list or a note. */
export function inOneLine({ tool, input }: StoredApproval): string {
  const asked = askedInOneLine(tool, input);
  if (asked !== null) return asked;
  const { command, file_path: path, url } = (input ?? {}) as Readonly<Record<string, unknown>>;
  const said = [command, path, url].find((text) => typeof text === "string");
  return `${printable(tool)} ${spelled(typeof said === "string" ? said : (JSON.stringify(input) ?? ""))}`;
}
