/** A revocation in words: what would fall, what fell, what cannot be taken back, and what happens next. Pure. */

import type { RunWork } from "../../../actors/runtime/run-work.ts";
import { clip } from "../progress/printable.ts";
import type { Fall } from "./fall.ts";

const INPUT_COLUMNS = 120;
/** Lines of one list, at most; `--json` has all. */
const SHOWN = 20;

/** What an agent did in the world; `maybe`: it began, and nobody knows how it came out. */
export interface LastingEffect {
  readonly actor: string;
  readonly tool: string;
  readonly input: unknown;
  readonly state: "done" | "maybe";
  readonly why: string;
}

/** Work of the run that is in the folder it was for. */
export interface Merged {
  readonly commit: string;
  readonly source: string;
}

/** Where nothing was changed nothing is in the folder either, although the run came to its end by a merge. */
export const mergedOf = (work: Pick<RunWork, "where" | "files" | "commit" | "source"> | null): Merged | null =>
  work?.where === "merged" && work.files > 0 ? { commit: work.commit, source: work.source } : null;

export interface Revoked {
  readonly runId: string;
  readonly result: string;
  readonly redo: boolean;
  /** The run has ended: nothing is done again in it. */
  readonly ended: boolean;
  /** Null where nothing of it left the run's own tree, or nobody knows of one. */
  readonly merged: Merged | null;
  readonly results: readonly { readonly result: string; readonly task: string }[];
  readonly stopped: readonly { readonly agent: string; readonly task: string }[];
  readonly irreversible: readonly LastingEffect[];
}

const listed = <Item>(items: readonly Item[], line: (item: Item) => string): string[] => {
  const more = items.length - SHOWN;
  return [...items.slice(0, SHOWN).map((item) => `  ${line(item)}`), ...(more > 0 ? [`  … and ${more} more`] : [])];
};

/** `irreversible`: of every agent whose work falls. */
export function fallLines(
  { result, runId, redo, ended, merged }: Pick<Revoked, "result" | "runId" | "redo" | "ended" | "merged">,
  fall: Fall,
  irreversible: readonly LastingEffect[],
): string[] {
  const others = fall.results.filter((one) => one.result !== result);
  return [
    `revoking ${result} (task ${fall.task}) of run ${runId}`,
    ...(others.length === 0 ? ["no other result stands on it"] : ["with it falls what stands on it:"]),
    ...listed(others, (one) => `${one.result} (task ${one.task})`),
    ...(fall.agents.length === 0 ? [] : ["agents that are stopped at once; what they still say does not count:"]),
    ...listed(fall.agents, ({ agent, task }) => `${agent} (task ${task})`),
    ...(fall.waiting.length === 0 ? [] : [`still to be done as planned: ${some(fall.waiting)}`]),
    ...irreversibleLines(irreversible, merged),
    nextLine(
      { redo, ended, runId },
      fall.results.map(({ task }) => task),
    ),
  ];
}

export function revokedLines({
  runId,
  result,
  redo,
  ended,
  merged,
  results,
  stopped,
  irreversible,
}: Revoked): string[] {
  return [
    `revoked: ${result} of run ${runId}`,
    ...listed(results, ({ result: id, task }) => `${id} (task ${task})`),
    ...(stopped.length === 0 ? [] : ["stopped:"]),
    ...listed(stopped, ({ agent, task }) => `${agent} (task ${task})`),
    ...irreversibleLines(irreversible, merged),
    nextLine(
      { redo, ended, runId },
      results.map(({ task }) => task),
    ),
  ];
}

/** What was done in the world, by agents whose work does not count any more. */
function irreversibleLines(effects: readonly LastingEffect[], merged: Merged | null): string[] {
  if (effects.length === 0 && merged === null)
    return ["nothing that these agents did is known to last outside the run"];
  return [
    "cannot be taken back from here, and has to be looked at by a person:",
    ...listed(effects, ({ actor, tool, input, state, why }) => {
      const did = state === "maybe" ? "may have run" : "ran";
      return `${actor} ${did} ${tool} ${clip(JSON.stringify(input) ?? "", INPUT_COLUMNS)}: ${why}`;
    }),
    ...(merged === null
      ? []
      : [
          `  the run's work is in ${merged.source} as commit ${merged.commit}: git -C ${merged.source} show ${merged.commit}`,
        ]),
  ];
}

function nextLine({ redo, ended, runId }: Pick<Revoked, "redo" | "ended" | "runId">, tasks: readonly string[]): string {
  if (ended) {
    return `the run has ended: nothing is done again in it. Branch off before: swarm fork ${runId} --at N, or run it anew`;
  }
  return redo
    ? `done again, and told why: ${some(tasks)}`
    : `not done again: ${some(tasks.slice(0, 1))} ends as failed, and what needs it is skipped`;
}

const some = (names: readonly string[]): string =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more` : names.join(", ");
