/** The data inside a report as a source: everything is there already, and nothing can be written. */
import type { ActorAt } from "../../../actors/runtime/actor-at.ts";
import type { ReportData } from "../report-data.ts";
import { type Source, SourceError } from "./source.ts";

const closed = (): Promise<never> =>
  Promise.reject(new SourceError(0, "report.frozen", "A report is a file: nothing can be answered here.", "swarm up"));

export function reportSource(data: ReportData): Source {
  return {
    frozen: true,
    caveat: data.caveat,
    status: () => Promise.resolve(null),
    runs: closed,
    run: () => Promise.resolve(data.run),
    follow: (_run, { onEvents, onState }) => {
      onEvents(data.events);
      onState("over");
      return () => undefined;
    },
    scene: (machine) => {
      const scene = data.scenes[machine];
      if (scene !== undefined) return Promise.resolve(scene);
      return Promise.reject(new SourceError(0, "report.machine", `The chart of ${machine} is not in this file.`, null));
    },
    actorAt: (_run, actor, seq) => Promise.resolve(actorAt(data, actor, seq)),
    approvals: closed,
    approval: closed,
    answer: closed,
    letters: closed,
    letter: closed,
    requeue: closed,
    drop: closed,
    setGoing: closed,
    mailboxes: () => Promise.resolve(new Map()),
    why: () => Promise.resolve(null),
    cache: () => Promise.resolve(null),
    queues: () => Promise.resolve(null),
  };
}

/** Its last step up to that event, as far as the file tells: not what it remembered. */
function actorAt({ events, taken, edgeNames }: ReportData, actor: string, seq: number): ActorAt | null {
  for (let at = Math.min(seq, events.length); at >= 1; at--) {
    const edges = taken[at];
    if (edges === undefined || events[at - 1]?.actor !== actor) continue;
    return {
      firstSeq: at,
      lastSeq: at,
      machine: null,
      version: 0,
      state: null,
      cause: null,
      context: null,
      before: null,
      edges: edges.map((place) => edgeNames[place] ?? ""),
      problem: null,
    };
  }
  return null;
}
