/**
 * What an agent is told of what is remembered when its session is put together: the facts of its run, and of the
 * workspace's memory the names of its topics. Latched with the session: whatever is kept or forgotten later, the prompt
 * of this agent stays as it is. Bounded, and nothing at all where there is nothing.
 */

import { countedTopics } from "../../../registry/memory/fitting.ts";
import { asData, DATA_ONLY, itemLine } from "../../../registry/memory/told.ts";
import { counted } from "../../../registry/shown.ts";
import { type Entry, textEntry } from "../conversation.ts";
import type { Answer } from "../performer.ts";
import type { RunRow } from "../run-row.ts";
import { idsOf } from "./call-memory.ts";
import { type Held, type MemoryDeps, openMemory } from "./memory.ts";
import { isMarked, toldItem } from "./told-item.ts";

/** Characters of facts, and of names of topics: about 1,500 and 500 tokens. */
const FACTS_CHARS_MAX = 6_000;
const TOPICS_CHARS_MAX = 2_000;

export interface SessionMemory {
  /** Null: there is nothing to tell. */
  readonly entry: Entry | null;
  /** What the answer that brings the session brings along for it. */
  readonly sources: readonly string[];
  readonly told: Answer["told"];
  readonly briefs: NonNullable<Answer["briefs"]>;
}

const NOTHING: SessionMemory = { entry: null, sources: [], told: [], briefs: {} };

/** `tells`: whether its agent can ask for more; who cannot is told nothing. */
export async function sessionMemory(
  deps: MemoryDeps | undefined,
  run: string,
  row: RunRow,
  tells: boolean,
): Promise<SessionMemory> {
  if (deps === undefined || !tells || row.config.memory === "off") return NOTHING;
  const memory = await openMemory(deps, run, row);
  const { told, unproven } = await memory.holding(await memory.held());
  const { briefs } = memory.brought;
  const clear = told.filter(({ item }) => !isMarked(item));
  const facts = latest(clear.filter(({ tier }) => tier === "run"));
  const items = clear.filter(({ tier }) => tier === "workspace");
  const topics = namesOf(items);
  const lines = [
    ...facts.shown.map((one) => itemLine(toldItem(one))),
    ...(facts.left === 0 ? [] : [`${counted(facts.left, "earlier fact")} of this run: Recall tells them.`]),
    ...(topics.names.length === 0
      ? []
      : [`Topics remembered of this workspace, told by Recall: ${asData(topics.names)}${topics.more}`]),
    ...(told.length === clear.length
      ? []
      : [
          `${counted(told.length - clear.length, "more item")} kept by agents that had read strangers' words: Recall tells them with marked: true.`,
        ]),
  ];
  if (lines.length === 0) return { ...NOTHING, told: memory.brought.told, briefs };
  const text = ["<memory>", DATA_ONLY, ...lines, "</memory>"].join("\n");
  return {
    entry: { ...textEntry(text), pinned: true },
    sources: [
      ...(facts.shown.length === 0 ? [] : ["memory:run"]),
      ...(topics.names.length === 0 ? [] : ["memory:workspace"]),
    ],
    told: [
      ...memory.brought.told,
      {
        type: "memory.recalled",
        by: "session",
        facts: idsOf(facts.shown, "run"),
        items: [],
        topics: topics.names,
        withheld: told.length - clear.length + unproven,
        bytes: Buffer.byteLength(text),
      },
    ],
    briefs,
  };
}

/** The latest that fit, in their order. */
function latest(facts: readonly Held[]): { readonly shown: readonly Held[]; readonly left: number } {
  let chars = 0;
  let from = facts.length;
  while (from > 0) {
    chars += itemLine(toldItem(facts[from - 1] as Held)).length + 1;
    if (chars > FACTS_CHARS_MAX) break;
    from -= 1;
  }
  return { shown: facts.slice(from), left: from };
}

function namesOf(items: readonly Held[]): { readonly names: string[]; readonly more: string } {
  const all = Object.keys(countedTopics(items.map(({ item }) => item)));
  const names: string[] = [];
  let chars = 0;
  for (const name of all) {
    chars += name.length + 3;
    if (chars > TOPICS_CHARS_MAX) break;
    names.push(name);
  }
  const left = all.length - names.length;
  return { names, more: left === 0 ? "" : `, and ${counted(left, "more topic")}` };
}
