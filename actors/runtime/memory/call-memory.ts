/**
 * The memory of one call: the door that its tool is given, and what the answer brings along for what was done behind it,
 * so that a fact and the call that kept it are one commit.
 */
import type { TaintMark } from "../../../machines/taint.ts";
import { handedDown, taintOf, withTaint } from "../../../machines/taint.ts";
import type { MemoryDoor, Recollection } from "../../../registry/memory/door.ts";
import { countedTopics, fitting } from "../../../registry/memory/fitting.ts";
import { asData, itemLine } from "../../../registry/memory/told.ts";
import type { Entry } from "../conversation.ts";
import { textEntry } from "../conversation.ts";
import type { Answer, PerformContext } from "../performer.ts";
import { taintIn } from "../taint.ts";
import { type Keeper, keepIn } from "./keeping.ts";
import { type Held, type MemoryDeps, openMemory, type RunMemory } from "./memory.ts";
import { isMarked, toldItem } from "./told-item.ts";

/** Tools that are given the memory. */
const MEMORY_TOOLS: ReadonlySet<string> = new Set(["Note", "Recall", "Remember"]);

/** Of one answer of Recall. */
const ITEMS_MAX = 30;

export interface CallMemory {
  readonly door: MemoryDoor;
  /** The answer with what was kept, told and forgotten. */
  withMemory(answer: Answer): Promise<Answer>;
}

interface Doing {
  readonly taint: TaintMark[];
  readonly pinned: Entry[];
  memory: Promise<RunMemory> | null;
}

/** Null where this call has no use for a memory, or its run has none. */
export function callMemory(
  deps: MemoryDeps | undefined,
  order: { readonly tool: string; readonly approved?: boolean | undefined },
  context: PerformContext,
): CallMemory | null {
  const { run, address } = context;
  if (deps === undefined || !MEMORY_TOOLS.has(order.tool) || run.config.memory === "off") return null;
  const doing: Doing = { taint: [], pinned: [], memory: null };
  const opened = (): Promise<RunMemory> => {
    doing.memory ??= openMemory(deps, address.run, run);
    return doing.memory;
  };
  const keeper = keeperOf(order.approved === true, context);
  const door: MemoryDoor = {
    async note(wanted) {
      const memory = await opened();
      const keeping = await keepIn("run", wanted, memory, keeper);
      if (keeping.kept) doing.pinned.push(pinnedFact(keeping.id, wanted.topic, wanted.fact.trim()));
      return keeping;
    },
    keep: async (wanted) => keepIn("workspace", wanted, await opened(), keeper),
    recall: async (question) => recalled(await opened(), question, doing),
  };
  return { door, withMemory: (answer) => brought(answer, doing) };
}

function keeperOf(approved: boolean, { run, address, effectId, entries, isWanted }: PerformContext): Keeper {
  return {
    run: address.run,
    actor: address.actor,
    effect: effectId,
    taint: taintIn(entries),
    approved,
    days: run.config.memoryDays,
    isWanted: isWanted ?? (async () => true),
  };
}

/** Stands by itself: neither the call nor its result has to be there for it. */
const pinnedFact = (id: string, topic: string, fact: string): Entry => ({
  ...textEntry(`<fact>\n${asData({ id, topic, fact })}\n</fact>`),
  pinned: true,
  fact: id,
});

async function recalled(
  memory: RunMemory,
  question: Parameters<MemoryDoor["recall"]>[0],
  doing: Doing,
): Promise<Recollection> {
  const held = await memory.held();
  const open = held.filter(({ item }) => question.marked || !isMarked(item));
  const before = memory.brought.told.length;
  const wanted = fitting(open.map(findable), question).map(({ held: one }) => one);
  const { told, unproven } = await memory.holding(wanted.slice(0, ITEMS_MAX));
  const forgotten = memory.brought.told.length - before;
  const items = told.map(toldItem);
  const topics = countedTopics(open.map(findable));
  const marked = fitting(held.map(findable), question).length - wanted.length;
  for (const { item } of told) doing.taint.push(...handedDown(item.taint ?? [], item.id));
  memory.brought.told.push({
    type: "memory.recalled",
    by: "call",
    facts: idsOf(told, "run"),
    items: idsOf(told, "workspace"),
    topics: question.topic === null && question.words === null ? Object.keys(topics) : [],
    withheld: marked + unproven,
    bytes: items.reduce((sum, one) => sum + Buffer.byteLength(itemLine(one)), 0),
  });
  return {
    items,
    topics,
    withheld: {
      marked: question.topic === null && question.words === null ? held.length - open.length : marked,
      unproven,
    },
    forgotten,
    more: Math.max(0, wanted.length - ITEMS_MAX),
  };
}

const findable = (held: Held) => ({ held, topic: held.item.topic, fact: held.item.fact });

export const idsOf = (held: readonly Held[], tier: Held["tier"]): string[] =>
  held.flatMap((one) => (one.tier === tier ? [one.item.id] : []));

async function brought(answer: Answer, { memory, taint, pinned }: Doing): Promise<Answer> {
  if (memory === null) return answer;
  const { told, briefs } = (await memory).brought;
  const [result, ...rest] = answer.entries ?? [];
  const marks = taintOf(taint);
  const entries = result === undefined ? [] : [{ ...result, ...withTaint(marks) }, ...rest, ...pinned];
  return {
    ...answer,
    entries,
    told: [...answer.told, ...told],
    ...(Object.keys(briefs).length === 0 ? {} : { briefs: { ...answer.briefs, ...briefs } }),
  };
}
