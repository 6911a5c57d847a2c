/**
 * A conversation that was made shorter, as the model is shown it. Every entry stays where it was written; a marker says
 * from where on they are still sent, and what stands for those before. Pure.
 */
import { COMPACTION_BLOCK } from "../../infra/model/message.ts";
import type { Entry } from "./conversation.ts";

type Marker = Entry & { readonly compacted: NonNullable<Entry["compacted"]> };

interface Generation {
  readonly marker: Marker;
  /** Index of the marker. */
  readonly at: number;
}

/** The latest; null in a conversation that is whole. */
export function generationOf(entries: readonly Entry[]): Generation | null {
  const at = entries.findLastIndex(({ compacted }) => compacted !== undefined);
  return at < 0 ? null : { marker: entries[at] as Marker, at };
}

/** 1: the conversation is whole. */
export const generationIn = (entries: readonly Entry[]): number =>
  generationOf(entries)?.marker.compacted.generation ?? 1;

/**
 * What is sent: the task as it was given, what is pinned, what stands for the rest, then everything from where the marker
 * says, entry by entry. `until`: entries from there on are left out.
 */
export function shownEntries(entries: readonly Entry[], until = entries.length): readonly Entry[] {
  const generation = generationOf(entries);
  if (generation === null) return until === entries.length ? entries : entries.slice(0, until);
  const { marker, at } = generation;
  const { to } = marker.compacted;
  const isBlock = ({ type }: { readonly type: string }): boolean => type === COMPACTION_BLOCK;
  const signed = marker.content.filter(isBlock);
  return [
    // The server wants its own block before anything else, and as it sent it.
    ...(signed.length === 0 ? [] : [{ role: "assistant" as const, content: signed }]),
    ...entries.slice(0, 1),
    ...entries.slice(1, to).filter(({ pinned }) => pinned === true),
    { role: "user", content: marker.content.filter((block) => !isBlock(block)) },
    ...entries
      .slice(to, Math.min(at, until))
      // Summaries of before are part of this one.
      .filter(({ compacted }) => compacted === undefined)
      .flatMap((entry) => keptEntry(entry, marker.compacted)),
    ...entries.slice(at + 1, Math.max(until, at + 1)),
  ];
}

/** As it was; but thinking is bound to what stood before it, and only the server's own summary takes the place of that. */
function keptEntry(entry: Entry, { by, cut }: Marker["compacted"]): Entry[] {
  if (entry.role === "user")
    return cut === undefined ? [entry] : [{ ...entry, content: entry.content.map(cutTo(cut)) }];
  if (by === "server") return [entry];
  const content = entry.content.filter(({ type }) => type !== "thinking" && type !== "redacted_thinking");
  if (content.length === 0) return [];
  return content.length === entry.content.length ? [entry] : [{ ...entry, content }];
}

type Block = Entry["content"][number];

const isLong = ({ type, content }: Block, charsMax: number): boolean =>
  type === "tool_result" && typeof content === "string" && content.length > charsMax;

/** The result of a call, with its middle left out where it is long. */
const cutTo =
  (charsMax: number) =>
  (block: Block): Block => {
    if (!isLong(block, charsMax)) return block;
    const text = block.content as string;
    const half = Math.floor(charsMax / 2);
    const gone = text.length - 2 * half;
    return {
      ...block,
      content: `${text.slice(0, half)}\n[${gone} characters were left out to make room: make the call again where you need them]\n${text.slice(-half)}`,
    };
  };

/** Whether the model is still shown what stands at `index`, whole. */
export function isInSight(entries: readonly Entry[], index: number): boolean {
  const generation = generationOf(entries);
  const entry = entries[index];
  if (generation === null || entry === undefined || index > generation.at) return true;
  const { to, cut } = generation.marker.compacted;
  return index >= to && !(cut !== undefined && entry.content.some((block) => isLong(block, cut)));
}
