/** One run: its head, the cursor, its agents, and what is told of the one that is looked at. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ActorAt } from "../../../actors/runtime/actor-at.ts";
import { asProblem } from "./asked.ts";
import { Audit } from "./audit.tsx";
import { Cache } from "./cache.tsx";
import { Chart } from "./chart.tsx";
import { Context } from "./context.tsx";
import { Events } from "./events.tsx";
import { Plots } from "./plots.tsx";
import { Problem } from "./problem.tsx";
import { Result } from "./result.tsx";
import { RunHead } from "./run-head.tsx";
import { Scrubber } from "./scrubber.tsx";
import { type Source, SourceError } from "./source.ts";
import { chosen, connection, here, moment, open, trouble, watched } from "./store.ts";
import { Tabs } from "./tabs.tsx";
import { Timeline } from "./timeline.tsx";
import { State, Tree } from "./tree.tsx";
import { Why } from "./why.tsx";
import { plain } from "./words.ts";

export function Run({ source }: { readonly source: Source }) {
  const run = open.value;
  if (run === null) return null;
  const problem = trouble.value;
  if (problem?.code === "run.unknown" && run.fold.events.length === 0) {
    const { status, code, message } = problem;
    return (
      <main class="run">
        <Problem problem={new SourceError(status, code, message, null)} />
        <p>
          <a href="#/">All runs</a>
        </p>
      </main>
    );
  }
  return (
    <main class="run">
      <RunHead source={source} />
      <Problem problem={problem} />
      <Scrubber />
      <div class="panes">
        <Tree />
        <Watched source={source} run={run.id} />
      </div>
      <Tabs
        name="Run"
        class="dock"
        tabs={[
          { name: "Timeline", show: () => <Timeline /> },
          { name: "Plots", show: () => <Plots source={source} /> },
          { name: "Result", show: () => <Result /> },
          { name: "Audit", show: () => <Audit /> },
          { name: "What it waits for", show: () => <Why source={source} run={run.id} actor={null} /> },
        ]}
      />
    </main>
  );
}

function Watched({ source, run }: { readonly source: Source; readonly run: string }) {
  const id = watched.value;
  const now = moment.value;
  const actor = id === null || now === null ? undefined : open.value?.fold.actorAt(now, id);
  // Before its first step there is nothing to ask for.
  const { step, problem, asked } = useStep(source, run, actor === undefined || actor.machine === "" ? null : id);
  if (actor === undefined) {
    return (
      <section class="pane watched" aria-label="Agent">
        <p class="empty">{connection.value === "loading" ? "The log is read…" : "Nobody is at work yet."}</p>
      </section>
    );
  }
  return (
    <section class="pane watched" aria-label="Agent">
      <header class="bar">
        <h2>{plain(actor.task === "" ? actor.type || actor.id : actor.task)}</h2>
        <span class="quiet">
          {plain(actor.type)} · {plain(actor.id)}
          {actor.model !== "" && ` · ${plain(actor.model)}`}
        </span>
        <State actor={actor} />
        <button
          type="button"
          aria-pressed={chosen.value === null}
          onClick={() => (chosen.value = chosen.value === null ? id : null)}
          title="look at whoever spoke last"
        >
          follow
        </button>
      </header>
      <Problem problem={problem} />
      <Tabs
        name="Agent"
        class="inner"
        tabs={[
          {
            name: "Chart",
            show: () => <Chart source={source} machine={actor.machine} state={actor.state} step={step} />,
          },
          { name: "Context", show: () => <Context step={step} asked={asked} /> },
          { name: "Events", show: () => <Events /> },
          { name: "Cache", show: () => <Cache source={source} run={run} actor={actor.id} /> },
          { name: "Why", show: () => <Why source={source} run={run} actor={id} /> },
        ]}
      />
    </section>
  );
}

/** How long the cursor rests before its moment is asked for. */
const REST_MS = 120;

/** What the actor's last step at this moment did. While another is asked for, nothing is lit as just taken. */
function useStep(source: Source, run: string, actor: string | null) {
  const step = useSignal<ActorAt | null>(null);
  const problem = useSignal<SourceError | null>(null);
  const asked = useSignal(false);
  const seq = stepSeq(actor);
  useEffect(() => {
    let gone = false;
    step.value = null;
    problem.value = null;
    asked.value = actor !== null;
    if (actor === null) return;
    const timer = setTimeout(() => {
      source.actorAt(run, actor, here.peek()).then(
        (told) => {
          if (gone) return;
          step.value = told;
          asked.value = false;
        },
        (cause: unknown) => {
          if (gone) return;
          asked.value = false;
          problem.value = asProblem(cause);
        },
      );
    }, REST_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [source, run, actor, seq]);
  return { step: step.value, problem: problem.value, asked: asked.value };
}

/** Number of the last event that this actor wrote, up to the cursor: what its memory depends on. */
function stepSeq(actor: string | null): number {
  const now = moment.value;
  if (actor === null || now === null) return 0;
  const fold = open.value?.fold;
  return fold?.ownOf(actor)[fold.ownBy(actor, now.seq) - 1] ?? 0;
}
