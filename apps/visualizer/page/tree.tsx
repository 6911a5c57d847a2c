/** The swarm: who works for whom, in which state, since when, at what cost. Only the rows in sight are in the document. */
import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actor, RunMoment } from "./run-fold.ts";
import { MOOD_WORDS } from "./states.ts";
import { chosen, cursor, mailboxes, moment, watched } from "./store.ts";
import { nowMs } from "./ticking.ts";
import { type TreeRow, treeRows } from "./tree-rows.ts";
import { windowOf } from "./windowed.ts";
import { cacheShare, clock, plain, short, shortModel, statePathWords, usd } from "./words.ts";

const ROW = 30;

export function Tree() {
  const closed = useSignal<ReadonlySet<string>>(new Set());
  const wanted = useSignal("");
  const top = useSignal(0);
  const tall = useSignal(400);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watcher = new ResizeObserver(() => {
      tall.value = element.clientHeight;
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  const run = moment.value;
  if (run === null) return null;
  const rows = treeRows(run.actors, closed.value, wanted.value);
  const { first, end, height, offset } = windowOf(rows.length, ROW, top.value, tall.value);
  const { at, fold, onKeyDown } = useKeys(rows, closed, box, tall.value);
  return (
    <section class="pane tree" aria-label="Agents">
      <header class="bar">
        <h2>Agents</h2>
        <span class="quiet">
          {rows.length === run.actors.length ? rows.length : `${rows.length} of ${run.actors.length}`}
        </span>
        <input
          type="search"
          placeholder="find: name, type, task, state"
          aria-label="Find agents"
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
        />
      </header>
      <div class="tree-head" aria-hidden="true">
        <span>agent</span>
        <span>state</span>
        <span>for</span>
        <span>mail</span>
        <span>model</span>
        <span>tokens</span>
        <span>cost</span>
        <span>cache</span>
      </div>
      <div
        class="rows"
        ref={box}
        role="tree"
        aria-label="Agents of the run"
        tabIndex={0}
        aria-activedescendant={at >= first && at < end ? `row-${at}` : undefined}
        onKeyDown={onKeyDown}
        onScroll={(event) => {
          top.value = event.currentTarget.scrollTop;
        }}
      >
        <div class="rows-all" role="presentation" style={{ height: `${height}px` }}>
          <div class="rows-seen" role="presentation" style={{ transform: `translateY(${offset}px)` }}>
            {rows.slice(first, end).map((row, index) => (
              <Row
                key={row.actor.id}
                row={row}
                id={`row-${first + index}`}
                place={first + index + 1}
                of={rows.length}
                run={run}
                fold={(shut) => fold(row, shut)}
              />
            ))}
          </div>
        </div>
        {rows.length === 0 && (
          <p class="empty" role="presentation">
            {run.actors.length === 0 ? "Nobody was born yet." : "No agent is like that."}
          </p>
        )}
      </div>
    </section>
  );
}

/** Arrows move, open and shut, as in every tree. */
function useKeys(
  rows: readonly TreeRow[],
  closed: Signal<ReadonlySet<string>>,
  box: RefObject<HTMLDivElement | null>,
  tall: number,
) {
  const at = rows.findIndex(({ actor }) => actor.id === watched.value);
  const go = (to: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row === undefined) return;
    chosen.value = row.actor.id;
    const y = rows.indexOf(row) * ROW;
    const element = box.current;
    if (element !== null && (y < element.scrollTop || y + ROW > element.scrollTop + element.clientHeight))
      element.scrollTop = Math.max(0, y - element.clientHeight / 2);
  };
  const fold = (row: TreeRow | undefined, shut: boolean): void => {
    if (row === undefined || row.children === 0) return;
    const next = new Set(closed.value);
    if (shut) next.add(row.actor.id);
    else next.delete(row.actor.id);
    closed.value = next;
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(Math.max(0, at - 1)),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    PageDown: () => go(at + Math.floor(tall / ROW)),
    PageUp: () => go(at - Math.floor(tall / ROW)),
    ArrowLeft: () => fold(rows[at], true),
    ArrowRight: () => fold(rows[at], false),
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return { at, fold, onKeyDown };
}

function Row(props: {
  readonly row: TreeRow;
  readonly id: string;
  readonly place: number;
  readonly of: number;
  readonly run: RunMoment;
  readonly fold: (shut: boolean) => void;
}) {
  const { actor, depth, children, shut } = props.row;
  const isWatched = watched.value === actor.id;
  const box = cursor.value === null ? mailboxes.value.get(actor.id) : undefined;
  const share = cacheShare(actor);
  const used = actor.input + actor.output + actor.cacheRead + actor.cacheWrite;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it takes the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names its active row
    <div
      class={`agent-row ${isWatched ? "is-watched" : ""} ${actor.id === chosen.value ? "is-chosen" : ""}`}
      id={props.id}
      role="treeitem"
      aria-level={depth + 1}
      aria-posinset={props.place}
      aria-setsize={props.of}
      aria-selected={isWatched}
      aria-expanded={children === 0 ? undefined : !shut}
      onClick={() => {
        chosen.value = actor.id;
      }}
    >
      <span class="who" style={{ paddingLeft: `${depth * 14}px` }}>
        <span
          class={`twist ${children === 0 ? "none" : ""}`}
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            props.fold(!shut);
          }}
        >
          {children === 0 ? "" : shut ? "▸" : "▾"}
        </span>
        <span class="name" title={plain(`${actor.id}\n${actor.model}`)}>
          {plain(actor.task === "" ? actor.type || actor.id : actor.task)}
        </span>
        <span class="type">{actor.task === "" ? "" : plain(actor.type)}</span>
        {shut && <span class="count">{children}</span>}
      </span>
      <State actor={actor} />
      <span class="num">{actor.sinceMs === 0 ? "" : clock(sinceOf(actor, props.run))}</span>
      <span class="num" title={box === undefined ? "" : `${box.mail} messages wait, ${box.pending} effects are out`}>
        {box === undefined || box.mail === 0 ? "" : box.mail}
      </span>
      <span class="num" title={plain(actor.model)}>
        {plain(shortModel(actor.model))}
      </span>
      <span class="num">{used === 0 ? "" : short(used)}</span>
      <span class="num">{used === 0 && actor.nanoUsd === 0 ? "" : usd(actor.nanoUsd, actor.unpriced > 0)}</span>
      <span class="num">{share === null ? "" : `${share}%`}</span>
    </div>
  );
}

function sinceOf({ sinceMs, mood }: Actor, run: RunMoment): number {
  const ended = mood === "good" || mood === "bad" || (run.status !== "running" && run.status !== "parked");
  const now = cursor.value === null && !ended ? Math.max(nowMs.value, run.atMs) : run.atMs;
  return now - sinceMs;
}

/** `supervising.watching` → `watching`; with several regions, each. */
const innermost = (path: string): string =>
  path
    .split("+")
    .map((region) => region.split(".").at(-1) ?? region)
    .join(" + ");

export function State({ actor }: { readonly actor: Actor }) {
  const tools = [...new Set(actor.tools.map(({ tool }) => tool))].join(", ");
  const words = actor.over !== null ? "over" : actor.state === "" ? "not begun" : innermost(actor.state);
  const asked = actor.asks.length > 0;
  return (
    <span
      class={`state mood-${asked ? "asking" : actor.mood}`}
      title={plain(
        `${statePathWords(actor.state)}: ${MOOD_WORDS[actor.mood]}${actor.note === "" ? "" : `: ${actor.note}`}`,
      )}
    >
      <i aria-hidden="true" />
      <span class="state-words">
        {plain(words)}
        {tools !== "" && <em> {plain(tools)}</em>}
        {tools === "" && actor.note !== "" && actor.mood !== "good" && <em> {plain(actor.note.slice(0, 120))}</em>}
      </span>
    </span>
  );
}
