/** What a result was made of, and what was used instead of what was asked for: read from the conversation. Pure. */
import { isSameModel } from "../../infra/model/model-id.ts";
import type { Provenance, Substitute } from "../../machines/brief.ts";
import type { ReportEvidence } from "../../registry/tools/report.ts";
import type { Entry } from "./conversation.ts";
import { commandsIn, type DoneCall, workDone } from "./work-done.ts";

const FILES_MAX = 200;
const COMMANDS_MAX = 50;
/** Of a command, as it is kept; its whole text stands in the transcript. */
const COMMAND_CHARS_MAX = 200;
const UNSEEN_MAX = 50;
/** Characters of results that are searched for names of files that no tool opened. */
const SEARCHED_CHARS_MAX = 4_000_000;

export function provenanceOf(entries: readonly Entry[], evidence: readonly ReportEvidence[]): Provenance {
  const done = workDone(entries);
  const files = new Map(entries.flatMap(({ saw }) => (saw === undefined ? [] : [[saw.path, saw.sha256] as const])));
  const commands = commandsIn(done);
  const unseen = unseenIn(evidence, files, entries);
  return {
    files: [...files].slice(-FILES_MAX).map(([path, sha256]) => ({ path, sha256 })),
    tools: countsOf(done),
    commands: commands
      .slice(-COMMANDS_MAX)
      .map(({ command, exitCode }) => ({ command: command.slice(0, COMMAND_CHARS_MAX), exitCode })),
    unseen: unseen.slice(0, UNSEEN_MAX),
    cut: files.size > FILES_MAX || commands.length > COMMANDS_MAX || unseen.length > UNSEEN_MAX,
  };
}

function countsOf(done: readonly DoneCall[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { tool, ok } of done) if (ok !== null) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A file counts as seen where a tool opened it, or a tool's answer names it. */
function unseenIn(
  evidence: readonly ReportEvidence[],
  files: ReadonlyMap<string, string>,
  entries: readonly Entry[],
): string[] {
  const quotes = evidence.flatMap((one) => (one.kind === "file" ? [one] : []));
  const open = new Set(quotes.map(({ path }) => path.replace(/^\.\//, "")).filter((path) => !files.has(path)));
  let left = SEARCHED_CHARS_MAX;
  for (const { role, content } of entries) {
    if (open.size === 0 || left <= 0) break;
    if (role !== "user") continue;
    for (const part of content) {
      const text = part.type === "tool_result" && typeof part.content === "string" ? part.content : "";
      left -= text.length;
      for (const path of open) if (text.includes(path)) open.delete(path);
    }
  }
  return quotes.flatMap(({ path, line }) => (open.has(path.replace(/^\.\//, "")) ? [`${path}:${line}`] : []));
}

/** Each once, in the order in which they were met. `asked` is the model of the session. */
export function substitutesIn(entries: readonly Entry[], asked: string | null): readonly Substitute[] {
  const models = entries.flatMap(({ model }) =>
    asked === null || model === undefined || isSameModel(model, asked) ? [] : [model],
  );
  const levels = entries.flatMap(({ did }) =>
    did?.sandbox === undefined || did.sandbox === "full" ? [] : [did.sandbox],
  );
  return [
    ...[...new Set(models)].map((used) => ({ kind: "model" as const, asked: asked ?? "", used })),
    ...[...new Set(levels)].map((used) => ({ kind: "sandbox" as const, asked: "full", used })),
  ];
}
