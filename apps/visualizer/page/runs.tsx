/** Every run there is, newest first. */
import { useSignal } from "@preact/signals";
import type { ApiRunRow } from "../../server/api.ts";
import { asProblem, useAsked } from "./asked.ts";
import { More } from "./more.tsx";
import { Problem } from "./problem.tsx";
import type { Source, SourceError } from "./source.ts";
import { nowMs } from "./ticking.ts";
import { clock, dateTime, plain } from "./words.ts";

const EVERY_MS = 3_000;

export function Runs({ source }: { readonly source: Source }) {
  const { value, problem } = useAsked(() => source.runs(null), "", EVERY_MS);
  const older = useSignal<readonly ApiRunRow[]>([]);
  const next = useSignal<string | null | undefined>(undefined);
  const refused = useSignal<SourceError | null>(null);
  if (value === null)
    return (
      <main class="runs">{problem === null ? <p class="empty">Runs are read…</p> : <Problem problem={problem} />}</main>
    );
  const listed = new Map([...value.runs, ...older.value].map((run) => [run.runId, run]));
  const after = next.value === undefined ? value.next : next.value;
  const more = (): void => {
    source.runs(after).then(
      (page) => {
        older.value = [...older.value, ...page.runs];
        next.value = page.next;
      },
      (cause: unknown) => {
        refused.value = asProblem(cause);
      },
    );
  };
  return (
    <main class="runs">
      <h1>Runs</h1>
      <Problem problem={problem ?? refused.value} />
      {listed.size === 0 && (
        <p class="empty">
          Nothing was run yet. <code>swarm run "…"</code> or <code>swarm demo</code> begins something.
        </p>
      )}
      <ul>
        {[...listed.values()].map((run) => (
          <li key={run.runId}>
            <a class="card run-card" href={`#/run/${encodeURIComponent(run.runId)}`}>
              <span class={`status status-${run.waits ? "waits" : run.status}`}>
                {run.waits ? "waits for you" : run.status}
              </span>
              <b class="goal">{plain(run.goal).slice(0, 240) || "(no goal)"}</b>
              <span class="quiet">
                {run.simulated && <b>SIMULATED · </b>}
                {plain(run.runId)} · {run.agents} {run.agents === 1 ? "agent" : "agents"} ·{" "}
                {dateTime(Date.parse(run.startedAt))} ·{" "}
                {["running", "parked"].includes(run.status)
                  ? `for ${clock(nowMs.value - Date.parse(run.startedAt))}`
                  : `took ${clock(Date.parse(run.updatedAt) - Date.parse(run.startedAt))}`}
              </span>
            </a>
          </li>
        ))}
      </ul>
      <More shown={listed.size} total={value.total} next={after} which="the newest" more={more}>
        {after === null && (
          <span>
            Older ones are not listed, and are there by their ids: <code>swarm show RUN</code>
          </span>
        )}
      </More>
    </main>
  );
}
