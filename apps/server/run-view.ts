/**
 * The agents of a run as its log tells of them, kept up with the log: each event is read once, however often the page asks.
 * A few runs are kept; a run that comes back is read anew.
 */

import { entriesOf, type ReadEntry } from "../../actors/runtime/run-log.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";

export interface SeenAgent {
  readonly id: string;
  type: string;
  task: string;
  machine: string;
  state: string;
  since: string;
  sinceSeq: number;
  steps: number;
  model: string | null;
  modelCalls: number;
  tokens: number;
  nanoUsd: number;
  unpriced: number;
  input: number;
  cacheRead: number;
  /** False where some answer told nothing of a cache. */
  cacheTold: boolean;
  over: string | null;
  /** First events of the entries that its steps, or the state it starts from, stand in; in their order. */
  readonly entries: { readonly firstSeq: number; readonly base: boolean }[];
  readonly asks: Set<string>;
  /** Reserved by effect, in tokens and billionths of a dollar. */
  readonly held: Map<string, { readonly tokens: number; readonly nanoUsd: number }>;
}

export interface RunView {
  /** Of the newest event in it. */
  readonly seq: number;
  /** In the order of birth. */
  readonly agents: ReadonlyMap<string, SeenAgent>;
}

export interface RunViews {
  /** As the log stands. Throws UnreadableEntryError. */
  of(run: string): Promise<RunView>;
  /** As far as it was read: of a log that is damaged, what stands before that. Null: it was not. */
  read(run: string): RunView | null;
}

/** Runs that are kept at once. */
const KEPT_MAX = 8;

interface Kept {
  seq: number;
  readonly agents: Map<string, SeenAgent>;
  reading: Promise<void>;
}

export function runViews(reader: Pick<Reader, "log">): RunViews {
  const kept = new Map<string, Kept>();
  return {
    async of(run) {
      const view = kept.get(run) ?? { seq: 0, agents: new Map(), reading: Promise.resolve() };
      kept.delete(run);
      kept.set(run, view);
      for (const oldest of kept.keys()) if (kept.size > KEPT_MAX) kept.delete(oldest);
      // One at a time: two readers of the same events would count them twice.
      const reading = view.reading.catch(() => {}).then(() => readOn(reader, run, view));
      view.reading = reading;
      await reading;
      return view;
    },
    read: (run) => kept.get(run) ?? null,
  };
}

async function readOn(reader: Pick<Reader, "log">, run: string, view: Kept): Promise<void> {
  for await (const entry of entriesOf(reader, run, view.seq)) {
    takeEntry(view.agents, entry);
    view.seq = Math.max(view.seq, entry.raw.firstSeq + Math.max(0, entry.events.length - 1));
  }
}

function takeEntry(agents: Map<string, SeenAgent>, entry: ReadEntry): void {
  if (entry.actor !== "-" && (entry.step !== null || entry.base !== null)) {
    const self = seen(agents, entry.actor, entry.type, entry.raw.atMs);
    self.machine = entry.step?.machine ?? entry.base?.machine ?? self.machine;
    self.entries.push({ firstSeq: entry.raw.firstSeq, base: entry.base !== null });
    self.steps = entry.step?.version ?? entry.base?.version ?? self.steps;
  }
  for (const event of entry.events) takeEvent(agents, event, entry);
}

function seen(agents: Map<string, SeenAgent>, id: string, type: string, atMs: number): SeenAgent {
  const known = agents.get(id);
  if (known !== undefined) return known;
  const born: SeenAgent = {
    ...{ id, type, task: "", machine: "", state: "", since: new Date(atMs).toISOString(), sinceSeq: 0, steps: 0 },
    ...{ model: null, modelCalls: 0, tokens: 0, nanoUsd: 0, unpriced: 0, input: 0, cacheRead: 0, cacheTold: true },
    over: null,
    entries: [],
    asks: new Set(),
    held: new Map(),
  };
  agents.set(id, born);
  return born;
}

function takeEvent(agents: Map<string, SeenAgent>, event: LoggedEvent, { type, raw, step }: ReadEntry): void {
  if (event.type === "task.routed") {
    const born = seen(agents, event.to, event.agentType, raw.atMs);
    born.task = event.task;
    return;
  }
  if (event.type === "agent.died") end(agents.get(event.died), event.reason, event);
  if (event.type === "actor.fenced") end(agents.get(event.fenced), event.reason, event);
  if (event.type === "letter.requeued" && event.to !== null) {
    const back = agents.get(event.to);
    if (back !== undefined) back.over = null;
  }
  if (event.actor === "-") return;
  const self = seen(agents, event.actor, event.actor === COORDINATOR_ACTOR ? COORDINATOR_TYPE : type, raw.atMs);
  takeLife(self, event);
  takeMoney(self, event, step !== null && "effect" in step.by ? step.by.effect : null);
}

function takeLife(self: SeenAgent, event: LoggedEvent): void {
  const { type, at, seq } = event;
  if (type === "agent.started") Object.assign(self, { task: event.task, machine: event.machine });
  if (type === "agent.forked") Object.assign(self, { state: event.state, since: at, sinceSeq: seq });
  if (type === "agent.state") Object.assign(self, { state: event.to, since: at, sinceSeq: seq });
  if (type === "approval.requested") self.asks.add(event.approval);
  if (type === "approval.answered" || type === "approval.withdrawn") self.asks.delete(event.approval);
}

function takeMoney(self: SeenAgent, event: LoggedEvent, answered: string | null): void {
  if (event.type === "model.answered") {
    const { inputTokens, cacheReadTokens, cacheWriteTokens, cacheUntold } = event.usage;
    self.model = event.model;
    self.modelCalls += 1;
    self.input += inputTokens + cacheReadTokens + cacheWriteTokens;
    self.cacheRead += cacheReadTokens;
    if (cacheUntold === true) self.cacheTold = false;
  }
  if (event.type === "budget.reserved") {
    self.held.set(event.effect, { tokens: event.tokens, nanoUsd: event.nanoUsd ?? 0 });
  }
  if (event.type === "budget.settled") {
    self.held.delete(answered ?? event.effect);
    self.held.delete(event.effect);
    self.tokens += event.tokens;
    self.nanoUsd += event.nanoUsd ?? 0;
    self.unpriced += event.nanoUsd === null ? 1 : 0;
  }
}

/** Nobody will say any more what its calls cost: they are charged as they were reserved. */
function end(self: SeenAgent | undefined, reason: string, { at, seq }: LoggedEvent): void {
  if (self === undefined) return;
  for (const { tokens, nanoUsd } of self.held.values()) {
    self.tokens += tokens;
    self.nanoUsd += nanoUsd;
  }
  self.held.clear();
  self.asks.clear();
  Object.assign(self, { over: reason, since: at, sinceSeq: seq });
}
