/**
 * What the next prompt of an agent will come to, in tokens of its server: what the last answer's usage said, and for what
 * was added since a count of our own, corrected by how far that count was off before. Never looks at a text twice.
 */
import type { ContentBlock } from "../../infra/model/message.ts";
import { isSameModel } from "../../infra/model/model-id.ts";
import type { Counted, Tokenizer } from "../../infra/model/token-count.ts";
import { type Entry, messagesOf } from "./conversation.ts";
import type { Session } from "./session.ts";

/** Fifteen in a hundred more than is thought: the budget must hold, and an estimate too high costs only a reservation. */
const SAFETY = 1.15;
/** Bytes per token of what was not counted: source maps have 1.4, prose 4 (an old tokenizer on real files). */
const UNCOUNTED_BYTES_PER_TOKEN = 1.6;
/** Tokens of the server for one of ours, before its first answer: today's models need about so many more. */
const FIRST_RATIO = 1.3;
/** A ratio outside says that the two figures are not of one text. */
const RATIO = { least: 0.5, most: 4 };

export interface PromptEstimate {
  readonly tokens: number;
  /** The server told what the prompt before this came to; only the rest is guessed. */
  readonly known: boolean;
}

/** `ratio`: what is known of this model from elsewhere, for an agent that has no answer yet. */
export function estimatePrompt(
  session: Session,
  entries: readonly Entry[],
  tokenizer: Tokenizer,
  ratio?: number,
): PromptEstimate {
  const { at, last } = lastMeasured(entries);
  const added = entries.slice(at + 1).map((entry) => entryCount(entry, tokenizer));
  if (last === null) {
    const whole = [sessionCount(session, tokenizer), ...added];
    return { tokens: guessed(whole, ratio ?? FIRST_RATIO), known: false };
  }
  const own = ratioOf(last, session.model) ?? ratio ?? FIRST_RATIO;
  return { tokens: (last.tokens ?? 0) + guessed(added, own), known: true };
}

/**
 * Our own count of a prompt that ends with `entries`, and of what was answered: what the next ratio is taken from. What was
 * counted with an earlier answer is not counted again.
 */
export function countedUnits(session: Session, entries: readonly Entry[], answer: Entry, tokenizer: Tokenizer): number {
  const { at, last } = lastMeasured(entries);
  const answered = extrapolated(entryCount(answer, tokenizer));
  if (last?.units === undefined || last.units === 0) return promptUnits(session, entries, tokenizer) + answered;
  const added = entries.slice(at + 1).map((entry) => entryCount(entry, tokenizer));
  return added.reduce((units, part) => units + extrapolated(part), last.units + answered);
}

/** Of a whole prompt: what of the conversation is not sent any more is not in it. */
function promptUnits(session: Session, entries: readonly Entry[], tokenizer: Tokenizer): number {
  const sent = messagesOf(entries).map(({ content }) => tokenizer.count(wordsOfAll(content)));
  return [sessionCount(session, tokenizer), ...sent].reduce((units, part) => units + extrapolated(part), 0);
}

/** Tokens of the server for one of ours, as this answer has it; null where one of the two is not known. */
export function ratioOf({ tokens, units, model }: Entry, asked: string): number | null {
  if (tokens === undefined || tokens === 0 || units === undefined || units === 0) return null;
  if (model !== undefined && !isSameModel(model, asked)) return null;
  return within(tokens / units);
}

/** Tokens of the server for one of ours, where it counted this prompt itself. */
export function ratioBy(counted: number, session: Session, entries: readonly Entry[], tokenizer: Tokenizer): number {
  return within(counted / Math.max(1, promptUnits(session, entries, tokenizer)));
}

const within = (ratio: number): number => Math.min(RATIO.most, Math.max(RATIO.least, ratio));

function lastMeasured(entries: readonly Entry[]): { readonly at: number; readonly last: Entry | null } {
  const at = entries.findLastIndex(({ tokens }) => tokens !== undefined);
  return { at, last: entries[at] ?? null };
}

const guessed = (parts: readonly Counted[], ratio: number): number =>
  parts.reduce(
    (sum, { tokens, bytes, countedBytes }) =>
      sum + Math.ceil(tokens * ratio * SAFETY) + Math.ceil((bytes - countedBytes) / UNCOUNTED_BYTES_PER_TOKEN),
    0,
  );

/** As if the rest were like the beginning. */
const extrapolated = ({ tokens, bytes, countedBytes }: Counted): number =>
  countedBytes === 0 ? 0 : Math.round((tokens * bytes) / countedBytes);

/** By tokenizer, because runs of several servers are counted in one process. */
const counts = new WeakMap<Tokenizer, WeakMap<object, Counted>>();

function once(tokenizer: Tokenizer, of: object, text: () => string): Counted {
  let known = counts.get(tokenizer);
  if (known === undefined) {
    known = new WeakMap();
    counts.set(tokenizer, known);
  }
  const found = known.get(of);
  if (found !== undefined) return found;
  const counted = tokenizer.count(text());
  known.set(of, counted);
  return counted;
}

const entryCount = (entry: Entry, tokenizer: Tokenizer): Counted =>
  once(tokenizer, entry, () => wordsOfAll(entry.content as ContentBlock[]));

const sessionCount = (session: Session, tokenizer: Tokenizer): Counted =>
  once(tokenizer, session, () => JSON.stringify([session.system, session.tools]));

const wordsOfAll = (content: readonly ContentBlock[]): string => content.map(wordsOf).join("\n");

/** What of a block a model reads. Pictures are not sent; a kind that is not known is taken as it is written. */
function wordsOf(block: ContentBlock): string {
  if (block.type === "text" && typeof block.text === "string") return block.text;
  if (block.type === "tool_result" && typeof block.content === "string") return block.content;
  if (block.type === "tool_use") return `${String(block.name)} ${JSON.stringify(block.input)}`;
  if (block.type === "thinking" && typeof block.thinking === "string") return block.thinking;
  return JSON.stringify(block);
}
