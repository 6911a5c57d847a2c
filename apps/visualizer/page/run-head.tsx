/** The run in one strip: what it is for, how it stands, what it has used of what it may use. */
import { useSignal } from "@preact/signals";
import { asProblem } from "./asked.ts";
import { Long } from "./long.tsx";
import { Problem } from "./problem.tsx";
import type { Source, SourceError } from "./source.ts";
import { connection, cursor, moment, open, runFacts } from "./store.ts";
import { nowMs } from "./ticking.ts";
import { cacheShare, clock, plain, short, usd } from "./words.ts";

export function RunHead({ source }: { readonly source: Source }) {
  const run = moment.value;
  const facts = runFacts.value;
  const refused = useSignal<SourceError | null>(null);
  if (run === null) return null;
  const live = cursor.value === null;
  const status = live && facts !== null && run.status === "running" ? facts.status : run.status;
  const { totals } = run;
  // Only a server that exports spans tells of them.
  const { trace_id: trace } = (open.value?.fold.events[0] ?? {}) as { readonly trace_id?: string };
  const over = !["running", "parked"].includes(status);
  const elapsed = (live && !over ? Math.max(nowMs.value, run.atMs) : run.atMs) - run.startedMs;
  const share = cacheShare(totals);
  const asking = run.actors.reduce((sum, { asks }) => sum + asks.length, 0);
  const order = (what: "stop" | "resume"): void => {
    refused.value = null;
    source.setGoing(open.peek()?.id ?? "", what).catch((cause: unknown) => {
      refused.value = asProblem(cause);
    });
  };
  return (
    <header class="run-head">
      <div class="run-goal">
        <span class={`status status-${status}`}>{status}</span>
        <h1>
          <Long text={run.goal || facts?.goal || open.value?.id || ""} max={180} />
        </h1>
        {!source.frozen && live && !over && (
          <button type="button" onClick={() => order(status === "parked" ? "resume" : "stop")}>
            {status === "parked" ? "resume" : "park"}
          </button>
        )}
        {asking > 0 && !source.frozen && (
          <a class="button asking" href={`#/inbox/${encodeURIComponent(open.value?.id ?? "")}`}>
            {asking} {asking === 1 ? "waits" : "wait"} for you
          </a>
        )}
      </div>
      {run.reasons.length > 0 && (
        <p class="quiet">
          <Long text={run.reasons.join("; ")} max={240} />
        </p>
      )}
      <Problem problem={refused.value} />
      <dl class="figures">
        <Figure name="run" value={plain(open.value?.id ?? "")} />
        {trace !== undefined && <Figure name="trace" value={plain(trace)} />}
        <Figure name="model" value={plain(run.model || "–")} />
        <Figure name={over ? "took" : "for"} value={clock(elapsed)} />
        <Figure name="calls" value={String(totals.calls)} />
        <Figure name="tokens" value={short(totals.input + totals.output + totals.cacheRead + totals.cacheWrite)} />
        <Figure name="cost" value={usd(totals.nanoUsd, totals.unpriced > 0)} />
        {facts?.simulated === true && <Figure name="billed" value="nobody: SIMULATED" />}
        <Figure name="cache" value={share === null ? "–" : `${share}%`} />
        <Figure name="tools" value={String(totals.tools)} />
        {totals.failures > 0 && <Figure name="failures" value={String(totals.failures)} />}
        {Object.entries(run.breakers).map(([name, state]) => (
          <Figure key={name} name={`breaker ${plain(name)}`} value={plain(state)} />
        ))}
        <Bars />
        {connection.value === "lost" && <Figure name="server" value="lost; tries again" />}
      </dl>
    </header>
  );
}

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

/** Of what it may use; now, whatever the cursor says. */
function Bars() {
  const budget = runFacts.value?.budget;
  if (budget === undefined) return null;
  return (
    <>
      {(["tokens", "usd"] as const).map((kind) => {
        const { max, spent, reserved } = budget[kind];
        if (max === null || spent === null || max <= 0) return null;
        const part = Math.min(1, spent / max);
        const words =
          kind === "usd" ? `$${spent.toFixed(4)} of $${max.toFixed(2)}` : `${short(spent)} of ${short(max)}`;
        return (
          <div key={kind} class="budget">
            <dt>{kind === "usd" ? "budget" : "token budget"}</dt>
            <dd>
              <meter
                min={0}
                max={1}
                high={0.8}
                value={part}
                aria-label={`${kind} used`}
                title={`${reserved} reserved`}
              />
              {words}
            </dd>
          </div>
        );
      })}
    </>
  );
}
