/** The statechart of the actor that is looked at, drawn from its definition: where it is, which transitions it just took. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ActorAt } from "../../../actors/runtime/actor-at.ts";
import type { Scene } from "../chart-scene.ts";
import { causeWords, edgeNamed, statesOn, wiresOf } from "./chart-data.ts";
import { type Lit, SceneSvg, sceneSize } from "./scene-svg.tsx";
import { Scroller } from "./scroller.tsx";
import type { Source } from "./source.ts";
import { plain } from "./words.ts";

export interface ChartProps {
  readonly source: Source;
  readonly machine: string;
  readonly state: string;
  /** What its last step did; null while that is asked, or cannot be told. */
  readonly step: ActorAt | null;
}

/** Laid out once per machine, so kept once per machine. */
const scenes = new Map<string, Promise<Scene>>();

const SCALES = [0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.6] as const;

export function Chart({ source, machine, state, step }: ChartProps) {
  const scene = useSignal<Scene | null>(null);
  const problem = useSignal("");
  const scale = useSignal<number | null>(null);
  const picked = useSignal<string | null>(null);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    let gone = false;
    scene.value = null;
    problem.value = "";
    picked.value = null;
    if (machine === "") return;
    const asked = scenes.get(machine) ?? source.scene(machine);
    scenes.set(machine, asked);
    asked.then(
      (told) => {
        if (!gone) scene.value = told;
      },
      (cause: Error) => {
        scenes.delete(machine);
        if (!gone) problem.value = cause.message;
      },
    );
    return () => {
      gone = true;
    };
  }, [machine, source]);
  const drawn = scene.value;
  useEffect(() => {
    if (drawn !== null) reveal(box.current);
  }, [drawn, state]);
  if (machine === "") return <p class="empty">It has not taken a step yet: no chart rules it before that.</p>;
  if (problem.value !== "") return <p class="empty">The chart cannot be drawn: {plain(problem.value)}</p>;
  if (drawn === null) return <p class="empty">The chart is laid out…</p>;
  const fit = (box.current?.clientWidth ?? 700) / sceneSize(drawn).width;
  const shown = scale.value ?? Math.min(1, Math.max(0.5, fit));
  const lit = litOf(drawn, state, step, picked.value, (edge) => {
    picked.value = picked.value === edge ? null : edge;
  });
  return (
    <div class="chart-pane">
      <div class="zoom">
        <button
          type="button"
          aria-label="Smaller"
          onClick={() => (scale.value = SCALES.findLast((one) => one < shown) ?? SCALES[0])}
        >
          −
        </button>
        <button type="button" onClick={() => (scale.value = Math.min(1, fit))}>
          fit
        </button>
        <button
          type="button"
          aria-label="Larger"
          onClick={() => (scale.value = SCALES.find((one) => one > shown) ?? 1.6)}
        >
          +
        </button>
        <button type="button" onClick={() => reveal(box.current)}>
          find state
        </button>
      </div>
      <Scroller class="chart-box" box={box} label={`Chart of ${drawn.chart.machine}`}>
        <SceneSvg scene={drawn} lit={lit} scale={shown} />
      </Scroller>
      <EdgeFacts scene={drawn} edge={picked.value} step={step} close={() => (picked.value = null)} />
    </div>
  );
}

function litOf(scene: Scene, state: string, step: ActorAt | null, picked: string | null, pick: Lit["pick"]): Lit {
  const edges = new Set(step?.edges ?? []);
  const wires = new Set(
    [...edges].flatMap((id) => {
      const edge = edgeNamed(scene.chart, id);
      return edge === undefined ? [] : wiresOf(edge);
    }),
  );
  return { states: statesOn(state, scene.chart), edges, wires, picked, pick };
}

/** Brings the innermost lit state into sight. */
function reveal(box: HTMLElement | null): void {
  const state = [...(box?.querySelectorAll(".is-in") ?? [])].at(-1);
  if (box === null || state === undefined) return;
  const [inner, outer] = [state.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollTo({
    left: box.scrollLeft + inner.left - outer.left - (outer.width - inner.width) / 2,
    top: box.scrollTop + inner.top - outer.top - (outer.height - inner.height) / 2,
  });
}

function EdgeFacts(props: {
  readonly scene: Scene;
  readonly edge: string | null;
  readonly step: ActorAt | null;
  readonly close: () => void;
}) {
  const edge = props.edge === null ? undefined : edgeNamed(props.scene.chart, props.edge);
  if (edge === undefined) return null;
  const taken = props.step?.edges.includes(edge.id) === true;
  const short = (id: string): string => id.split(".").slice(1).join(" › ") || id;
  return (
    <aside class="edge-facts" aria-label="Transition">
      <header class="bar">
        <h3>
          {plain(short(edge.from))} → {edge.to.length === 0 ? "stays" : plain(edge.to.map(short).join(", "))}
        </h3>
        {taken && <span class="tag">just taken</span>}
        <button type="button" aria-label="Close" onClick={props.close}>
          ×
        </button>
      </header>
      <dl>
        <dt>waits for</dt>
        <dd>{plain(causeWords(edge))}</dd>
        <dt>guard</dt>
        <dd>{edge.guard === null ? "none" : <code>{plain(edge.guard)}</code>}</dd>
        {edge.order !== null && (
          <>
            <dt>tried</dt>
            <dd>as number {edge.order} of its kind here; the first whose guard holds is taken</dd>
          </>
        )}
        <dt>does</dt>
        <dd>
          {edge.actions.length === 0 && "nothing"}
          {edge.actions.map((action, index) => (
            <div key={index}>
              <code>{plain(action.name)}</code> {action.effect ? "orders an effect" : "changes what it remembers"}
              {action.params !== null && <code class="params"> {plain(JSON.stringify(action.params))}</code>}
            </div>
          ))}
        </dd>
        {edge.reenter && (
          <>
            <dt>re-enters</dt>
            <dd>its state is left and entered again</dd>
          </>
        )}
        {edge.description !== null && (
          <>
            <dt>note</dt>
            <dd>{plain(edge.description)}</dd>
          </>
        )}
        <dt>id</dt>
        <dd>
          <code>{plain(edge.id)}</code>
        </dd>
      </dl>
      {taken && props.step !== null && (
        <details>
          <summary>what it was sent in this step</summary>
          <code class="params">{plain(JSON.stringify(props.step.cause)?.slice(0, 4_000) ?? "")}</code>
        </details>
      )}
    </aside>
  );
}
