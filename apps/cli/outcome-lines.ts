/**
 * What a run came to beyond its value: what was left undone, who stood in for whom, what was taken back, and where the
 * changes are. `swarm run` and `swarm show` tell it in the same words. Lines may hold text from agents: print harmless.
 */
import type { RunDocument, ShownTask } from "../../actors/runtime/run-document.ts";
import { substituteLines } from "./show-models.ts";

/** Lines of one kind, at most; `--json` has all. */
const SHOWN = 20;

export const outcomeLines = (document: RunDocument): readonly string[] => [
  ...cut(notDoneLines(document)),
  ...cut(substituteLines(document)),
  ...cut(standInLines(document.tasks)),
  ...cut(revokedLines(document)),
  ...workLines(document),
];

const cut = (lines: readonly string[]): readonly string[] =>
  lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more`];

/** Where tasks stand by their names, each says this itself. */
function notDoneLines({ result }: Pick<RunDocument, "result">): readonly string[] {
  const { tasks } = (result?.value ?? {}) as { tasks?: unknown };
  return tasks !== undefined && result?.tasks === undefined
    ? []
    : (result?.notDone ?? []).map((one) => `not done: ${one}`);
}

/** Whoever did a task that was meant for another type, and tasks that others took the place of. */
function standInLines(tasks: readonly ShownTask[]): readonly string[] {
  return tasks.flatMap(({ id, type, playedBy, status, attempt, reasons }) => {
    const because = reasons[0] === undefined ? "" : `: ${reasons[0]}`;
    return [
      ...(playedBy === null ? [] : [`task ${id}: a ${playedBy} agent took over from ${type} (attempt ${attempt})`]),
      ...(status === "replaced" ? [`task ${id}: replaced by other tasks${because}`] : []),
    ];
  });
}

const revokedLines = ({ result }: Pick<RunDocument, "result">): readonly string[] =>
  (result?.revoked ?? []).map(
    ({ result: id, task, by, reason, at }) =>
      `revoked: ${id} of task ${task}, by ${by}${at === null ? "" : ` at ${at}`}: ${reason}`,
  );

function workLines({ work, runId }: Pick<RunDocument, "work" | "runId">): readonly string[] {
  if (work === null) return [];
  const { where, files, branch, commit, source, base, reason, diff } = work;
  if (files === 0) return ["nothing was changed in the run's tree"];
  const count = `${files} ${files === 1 ? "file" : "files"} changed`;
  const went = {
    merged: `merged into ${source}`,
    left: `left on branch ${branch}${reason === "" ? "" : `: ${reason}`}`,
    open: `on branch ${branch}, not merged yet`,
  }[where];
  const see = diff === null ? "" : `, or swarm show ${runId} --blob ${diff.slice(0, 12)}`;
  return [`${count}, ${went}`, `  git -C ${source} diff ${base.slice(0, 12)} ${commit.slice(0, 12)}${see}`];
}

/** What a task is for, where the run made it itself; what came of it, in a word. */
export const taskRow = ({
  id,
  type,
  role,
  of,
  status,
  attempt,
  playedBy,
  revocations,
}: ShownTask): readonly string[] => [
  id,
  playedBy ?? type,
  status,
  String(attempt),
  [
    ...(role === null ? [] : [of === null ? role : `${role} of ${of}`]),
    ...(playedBy === null ? [] : [`instead of ${type}`]),
    ...(revocations === 0 ? [] : [`revoked ${revocations === 1 ? "once" : `${revocations} times`}`]),
  ].join(", "),
];
