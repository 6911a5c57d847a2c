/**
 * Where a conversation is cut, and whether that is worth it: turns stay whole (a call with its result), the latest stay as
 * they are, and a prompt that would not become much shorter is not made another one. Pure.
 */
import type { Grant, Reservation } from "../../infra/store.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import type { Entry } from "./conversation.ts";
import { messagesOf, promptGrowth } from "./conversation.ts";
import { generationIn, generationOf } from "./generations.ts";
import type { Session } from "./session.ts";
import { filesOutOfSight, type LeftOut, summaryText } from "./summary-words.ts";

/** A prompt that shrinks by less counts as one that did not: the broken cache costs more than that saves. */
const SAVED_SHARE_LEAST = 0.3;
/** Turns that stay may fill so much of the old prompt; past it, fewer of them stay. */
const KEPT_SHARE_MAX = 0.4;
/** Where not even one turn fits: characters of a result that are still shown. */
const RESULT_CHARS_KEPT = 4_000;
/** The new prompt is taken to be so much longer than its share of the old one: the budget must hold. */
const SAFETY = 1.15;

/** Whether the session wants it shorter, after an answer that came to `tokens`, prompt and answer together. */
export function isFull({ compaction }: Session, entries: readonly Entry[], tokens: number): boolean {
  if (compaction === undefined || compaction.with === "off") return false;
  const { atTokens, everyTurns } = compaction;
  // Its latest turn stays: there must be one before it.
  if (turnsOf(entries).turns.length === 0) return false;
  if (atTokens > 0 && tokens >= atTokens) return true;
  const since = entries.slice((generationOf(entries)?.at ?? -1) + 1).filter(({ role }) => role === "assistant").length;
  return everyTurns > 0 && since + 1 >= everyTurns;
}

/** Whether carrying it out costs money. */
export const asksModel = (order: OutsideEffect, { compaction }: Session): boolean =>
  order.type === "model.call" ||
  (order.type === "transcript.compact" && order.by === "summary" && compaction?.with !== "rule");

/** Tokens that a summary may take, and the least with which it is worth asking for. */
const SUMMARY_TOKENS = { wanted: 4_096, least: 1_024 };
/** Of the words that ask for it, rather too many. */
const INSTRUCTION_TOKENS = 400;

/** Money for a summary, from that for a call with the same prompt. */
export const summaryReserve = (asked: Reservation): Reservation => ({
  ...asked,
  inTokens: asked.inTokens + INSTRUCTION_TOKENS,
  outTokensWanted: SUMMARY_TOKENS.wanted,
  outTokensLeast: SUMMARY_TOKENS.least,
});

/** Tokens that the answer may take. */
export const summaryTokens = (grant: Grant | null): number => grant?.outTokens ?? SUMMARY_TOKENS.wanted;

export interface Cut {
  /** Index of the first entry that stays; the answer of a model. */
  readonly to: number;
  readonly generation: number;
}

/** Null where there is nothing to leave out: the turn that must stay is all there is. */
export function cutOf(session: Session, entries: readonly Entry[]): Cut | null {
  const { turns, generation } = turnsOf(entries);
  const wanted = Math.min(session.compaction?.keepTurns ?? 1, turns.length - 1);
  const whole = bytesOf(session, messagesOf(entries));
  for (let keep = wanted; keep >= 1; keep -= 1) {
    const to = turns[turns.length - keep] as number;
    if (keep === 1 || bytesFrom(entries, to) <= whole * KEPT_SHARE_MAX) return { to, generation };
  }
  return null;
}

/** A cut that leaves no turn out, for results that are shown shorter; null before the first answer. */
export function noCutOf(entries: readonly Entry[]): Cut | null {
  const { turns, generation } = turnsOf(entries);
  return turns[0] === undefined ? null : { to: turns[0], generation };
}

/** Indices of the answers that are still shown as they were. */
function turnsOf(entries: readonly Entry[]): { readonly turns: readonly number[]; readonly generation: number } {
  const before = generationOf(entries)?.marker.compacted;
  const first = before?.to ?? 1;
  return {
    turns: entries.flatMap(({ role }, index) => (role === "assistant" && index >= first ? [index] : [])),
    generation: generationIn(entries) + 1,
  };
}

const bytesFrom = (entries: readonly Entry[], to: number): number =>
  Buffer.byteLength(
    JSON.stringify(entries.slice(to).flatMap((entry) => (entry.compacted === undefined ? entry.content : []))),
  );

export interface Compacted {
  readonly marker: Entry;
  readonly dropped: number;
  /** Estimates, in tokens. */
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}

export interface Stand {
  readonly by: LeftOut["by"];
  /** What stands for the turns that go; a server's block goes in as it came. */
  readonly summary: unknown;
  readonly block?: Entry["content"][number];
  /** Also shows long results of what stays only by their ends. */
  readonly cutResults?: boolean;
}

/** Null where the prompt would not become shorter by a good part. */
export function compactedBy(session: Session, entries: readonly Entry[], cut: Cut, stand: Stand): Compacted | null {
  const { to, generation } = cut;
  const { by, summary, block, cutResults = false } = stand;
  const compacted = { to, by, generation, ...(cutResults ? { cut: RESULT_CHARS_KEPT } : {}) };
  const empty: Entry = { role: "user", content: [], compacted };
  const dropped = entries.slice(1, to).filter((one) => one.pinned === undefined && one.compacted === undefined).length;
  const files = filesOutOfSight([...entries, empty]);
  const text = summaryText({ by, generation, dropped, files }, block === undefined ? summary : null);
  const content = [...(block === undefined ? [] : [block]), { type: "text", text }];
  const before = bytesOf(session, messagesOf(entries));
  const after = bytesOf(session, messagesOf([...entries, { ...empty, content }]));
  if (after > before * (1 - SAVED_SHARE_LEAST)) return null;
  const perByte = tokensPerByte(session, entries);
  const tokensAfter = Math.ceil(after * perByte * SAFETY);
  return {
    marker: { ...empty, content, tokens: tokensAfter },
    dropped,
    tokensBefore: Math.ceil(before * perByte),
    tokensAfter,
  };
}

/** For a prompt that nothing is known of. */
const TOKENS_PER_BYTE = 1 / 2.5;

/** As the last answer of the server told it of this very conversation. */
function tokensPerByte(session: Session, entries: readonly Entry[]): number {
  const { knownTokens } = promptGrowth(entries);
  const known = entries.findLastIndex(({ tokens }) => tokens !== undefined);
  if (knownTokens === 0 || known < 0) return TOKENS_PER_BYTE;
  return knownTokens / bytesOf(session, messagesOf(entries, known + 1));
}

const bytesOf = ({ system, tools }: Session, messages: ReturnType<typeof messagesOf>): number =>
  Buffer.byteLength(JSON.stringify([system, tools, messages]));
