/** Keeps what an agent asks to be kept: its source looked at first, its marks taken along, its place made. */
import { shortHash } from "../../../infra/ids.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import { FACT_BRIEF, type MemoryItem, type MemorySource } from "../../../machines/memory-item.ts";
import type { TaintMark } from "../../../machines/taint.ts";
import { handedDown, withTaint } from "../../../machines/taint.ts";
import type { Keeping, WantedFact, WantedSource } from "../../../registry/memory/door.ts";
import { quoteHolds } from "../../../registry/quote.ts";
import { isBoxRefusal } from "../../../registry/refusal.ts";
import type { Held, RunMemory, Tier } from "./memory.ts";
import { isMarked } from "./told-item.ts";

/** Facts of one run, and of one of its agents: what every later agent of the run is told has to stay readable. */
const FACTS_MAX = 200;
const AGENT_FACTS_MAX = 40;

const DAY_MS = 86_400_000;

export interface Keeper {
  readonly run: string;
  readonly actor: string;
  /** Names the item: made again, it is the same one. */
  readonly effect: string;
  /** What the agent has read that nobody vouched for. */
  readonly taint: readonly TaintMark[];
  /** A person said yes to exactly this call. */
  readonly approved: boolean;
  /** Days that an item of the workspace is kept. */
  readonly days: number;
  /** False where the call is not wanted any more: nothing is kept then. */
  isWanted(): Promise<boolean>;
}

const not = (why: string): Keeping => ({ kept: false, why });

export async function keepIn(tier: Tier, wanted: WantedFact, memory: RunMemory, keeper: Keeper): Promise<Keeping> {
  const held = (await memory.held()).filter((one) => one.tier === tier);
  const full = tier === "run" ? fullOf(held, keeper) : null;
  if (full !== null) return not(full);
  if (tier === "workspace" && memory.workspace === null) return not("this run keeps nothing for later runs");
  const source = await sourceOf(wanted.source, memory, keeper);
  if ("why" in source) return not(source.why);
  const item = itemOf(tier, wanted, source, memory, keeper);
  const old = replacedBy(wanted, item, held, keeper);
  if ("why" in old) return not(old.why);
  if (!(await keeper.isWanted())) return not("the call is not wanted any more");
  return tier === "run" ? noted(item, old.held, memory) : await stored(item, old.held, memory);
}

function fullOf(held: readonly Held[], { actor }: Keeper): string | null {
  if (held.length >= FACTS_MAX) return `this run has ${held.length} facts already; put one in the place of another`;
  const own = held.filter(({ item }) => item.actor === actor).length;
  return own < AGENT_FACTS_MAX ? null : `you have kept ${own} facts already; put one in the place of another`;
}

function itemOf(
  tier: Tier,
  { topic, fact }: WantedFact,
  source: MemorySource,
  { looking: { nowMs } }: RunMemory,
  { run, actor, effect, taint, days }: Keeper,
): MemoryItem {
  return {
    v: 1,
    id: `${tier === "run" ? "f" : "m"}_${shortHash(effect)}`,
    topic,
    fact: fact.trim(),
    source,
    at: new Date(nowMs).toISOString(),
    expiresAt: tier === "run" ? null : new Date(nowMs + days * DAY_MS).toISOString(),
    run,
    actor,
    ...withTaint(handedDown(taint, actor)),
  };
}

/** What it takes the place of: what it names, and what says just the same. */
function replacedBy(
  { replaces }: WantedFact,
  item: MemoryItem,
  held: readonly Held[],
  { actor }: Keeper,
): { readonly held: readonly Held[] } | { readonly why: string } {
  const same = held.filter(
    (one) => one.item.id !== item.id && one.item.topic === item.topic && one.item.fact === item.fact,
  );
  if (replaces === null) return { held: same.filter((one) => mayReplace(one, item, actor)) };
  const named = held.find((one) => one.item.id === replaces);
  if (named === undefined) return { why: `there is no ${replaces} to take the place of` };
  if (!mayReplace(named, item, actor)) return { why: `${replaces} is of another agent` };
  return { held: [named, ...same.filter((one) => one !== named && mayReplace(one, item, actor))] };
}

/** In a run nobody takes the words of others away; nor does who has read a stranger's words from those who had not. */
const mayReplace = ({ tier, item: old }: Held, item: MemoryItem, actor: string): boolean =>
  tier === "run" ? old.actor === actor : isMarked(old) || !isMarked(item);

async function noted(item: MemoryItem, old: readonly Held[], memory: RunMemory): Promise<Keeping> {
  memory.brought.briefs[`${FACT_BRIEF}${item.id}`] = JSON.stringify(item);
  return kept("run", item, [], old, memory);
}

async function stored(item: MemoryItem, old: readonly Held[], memory: RunMemory): Promise<Keeping> {
  const done = await memory.workspace?.keep(item);
  if (done?.kept !== true) return not("it was forgotten before");
  return kept("workspace", item, done.displaced, old, memory);
}

/** Old things go only once the new one is there. */
async function kept(
  tier: Tier,
  item: MemoryItem,
  displaced: readonly MemoryItem[],
  old: readonly Held[],
  memory: RunMemory,
): Promise<Keeping> {
  const { told } = memory.brought;
  const { id, topic, fact, source, expiresAt } = item;
  told.push({ type: "memory.kept", tier, item: id, topic, fact, source, expiresAt, marked: isMarked(item) });
  const gone = displaced.map((one) => one.id);
  for (const one of displaced) {
    const why = one.forgotten?.why ?? "";
    told.push({ type: "memory.forgotten", tier, item: one.id, topic: one.topic, reason: "limit", why });
  }
  for (const one of old) if (await memory.forget(one, "superseded", `${id} took its place`)) gone.push(one.item.id);
  return { kept: true, id, until: expiresAt, forgot: gone };
}

type Sourced = MemorySource | { readonly why: string };

async function sourceOf(wanted: WantedSource | null, memory: RunMemory, keeper: Keeper): Promise<Sourced> {
  if (wanted === null) return { kind: "agent" };
  switch (wanted.kind) {
    case "file":
      return fileSource(wanted, memory);
    case "person":
      return keeper.approved ? { kind: "person" } : { why: "no person was asked" };
    case "result":
      return resultSource(wanted.id, memory, keeper);
  }
}

async function fileSource(
  { path, line, quote }: Extract<WantedSource, { kind: "file" }>,
  { looking: { here, origin, below } }: RunMemory,
): Promise<Sourced> {
  const verdict = await quoteHolds(here, { path, line, quote });
  if (!verdict.holds) return { why: verdict.why };
  try {
    const real = (await here.stat(path)).path;
    const there = here === origin ? verdict : await quoteHolds(origin, { path: real, line, quote });
    if (!there.holds) return { why: "that line stands in this run's own tree only, and is not merged yet" };
    const hash = await here.hash(real);
    if (hash === null) return { why: `${path} is gone` };
    return { kind: "file", path: below === "" ? real : `${below}/${real}`, line, quote, sha256: hash.sha256 };
  } catch (cause) {
    if (isBoxRefusal(cause)) return { why: cause.message };
    throw cause;
  }
}

async function resultSource(id: string, { looking }: RunMemory, { run }: Keeper): Promise<Sourced> {
  const text = (await looking.results(run, [id])).get(id);
  if (text === undefined) return { why: `this run has no result ${id}` };
  const { status } = envelopeSchema.parse(JSON.parse(text));
  return status === "verified" ? { kind: "result", id, run } : { why: `result ${id} is ${status}` };
}
