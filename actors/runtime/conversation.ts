/**
 * The conversation as it is stored (append-only, one entry a fact) and as the API wants it: roles alternating, and
 * all results of a turn in the order of its calls, whatever order they came in.
 */
import { z } from "zod";
import type { ContentBlock, ModelMessage } from "../../infra/model/message.ts";
import { taintSchema } from "../../machines/taint.ts";
import { isInSight, shownEntries } from "./generations.ts";
import { unwrapped } from "./unwrap.ts";

const block = z.looseObject({ type: z.string() });

const entrySchema = z.object({
  role: z.enum(["user", "assistant"]),
  content: z.array(block),
  /** What the answer's prompt and output came to, in tokens: the base of the next estimate. Never sent. */
  tokens: z.int().min(0).optional(),
  /** What the same came to by our own count: how far that is off is known from here on. Never sent. */
  units: z.int().min(0).optional(),
  /** The id that its server gave the answer: the next request names it, to be told of a prefix that broke. Never sent. */
  message: z.string().max(200).optional(),
  /** The model that answered. Never sent. */
  model: z.string().optional(),
  /** The file whose content this result showed or made, and that content's SHA-256 in hex. Never sent. */
  saw: z.object({ path: z.string(), sha256: z.string() }).optional(),
  /**
   * What the runtime knows of the call that this answers: it alone writes this, from the journal's outcome and never from
   * a text. Absent: nothing was run. Never sent.
   */
  did: z
    .object({
      effect: z.string(),
      tool: z.string(),
      /** Null: it may or may not have happened. */
      ok: z.boolean().nullable(),
      /** Of a command; null where it did not end by itself. */
      exitCode: z.int().nullable().optional(),
      sandbox: z.enum(["full", "partial", "none"]).optional(),
    })
    .optional(),
  /** What this was read from that nobody vouched for: the runtime's word as well, and never taken off. Never sent. */
  taint: taintSchema.optional(),
  /** Stays in every prompt as it is, whatever is left out of the conversation. Of plain words only. Never sent. */
  pinned: z.literal(true).optional(),
  /** The fact of the run that this entry tells, by its id. Never sent. */
  fact: z.string().optional(),
  /** Opens a generation: this entry stands for all before `to` but the task and what is pinned. `tokens` is an estimate. */
  compacted: z
    .object({
      /** Index of the first entry that is still sent as it is. */
      to: z.int().min(1),
      by: z.enum(["server", "own", "rule"]),
      /** Counts from 2: the conversation before the first marker is the first generation. */
      generation: z.int().min(2),
      /** Of results of calls that are kept, the longest that is shown whole, in characters; absent: all are. */
      cut: z.int().min(1).optional(),
    })
    .optional(),
});

export type Entry = z.infer<typeof entrySchema>;

/** Throws where the stored text is not an entry: the store was written by something else. */
export const entryFrom = (json: string): Entry => entrySchema.parse(JSON.parse(json));

export const textEntry = (text: string): Entry => ({ role: "user", content: [{ type: "text", text }] });

export const toolResultEntry = (
  call: string,
  text: string,
  ok: boolean,
  { saw, did }: Pick<Entry, "saw" | "did"> = {},
): Entry => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: call, content: text, ...(ok ? {} : { is_error: true }) }],
  ...(saw === undefined ? {} : { saw }),
  ...(did === undefined ? {} : { did }),
});

/** SHA-256 of a file as this conversation knows it: last read or last written by it. Undefined where it knows nothing. */
export const lastSeen = (entries: readonly Entry[], path: string): string | undefined =>
  entries.findLast(({ saw }) => saw?.path === path)?.saw?.sha256;

/** The same, where the model is still shown how it looked: what it no longer sees it has not seen. */
export function lastInSight(entries: readonly Entry[], path: string): string | undefined {
  const at = entries.findLastIndex(({ saw }) => saw?.path === path);
  return isInSight(entries, at) ? entries[at]?.saw?.sha256 : undefined;
}

/** Pure: equal entries give equal messages. `until`: as if the entries from there on had not been said. */
export function messagesOf(entries: readonly Entry[], until = entries.length): ModelMessage[] {
  const messages: ModelMessage[] = [];
  let callOrder: readonly string[] = [];
  let gathered: ContentBlock[] = [];
  const close = (): void => {
    if (gathered.length > 0) messages.push({ role: "user", content: inCallOrder(gathered, callOrder) });
    gathered = [];
  };
  for (const entry of shownEntries(entries, until)) {
    if (entry.role === "user") {
      gathered.push(...(entry.content as ContentBlock[]));
      continue;
    }
    close();
    messages.push({ role: "assistant", content: entry.content as ContentBlock[] });
    callOrder = entry.content.flatMap((part) => (part.type === "tool_use" ? [String(part.id)] : []));
  }
  close();
  return messages;
}

/** Results first, as their calls were made; then whatever else was said to the model. */
function inCallOrder(blocks: readonly ContentBlock[], order: readonly string[]): ContentBlock[] {
  const place = (part: ContentBlock): number =>
    part.type === "tool_result" ? order.indexOf(String(part.tool_use_id)) : order.length;
  return blocks
    .map((part, index) => ({ part, index }))
    .sort((a, b) => place(a.part) - place(b.part) || a.index - b.index)
    .map(({ part }) => part);
}

/** The tool that a call of the model means and what it is asked, from the latest answer that has it. */
export function callInput(entries: readonly Entry[], call: string): { name: string; input: unknown } | null {
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const found = entries[index]?.content.find((part) => part.type === "tool_use" && part.id === call);
    if (found !== undefined) return unwrapped({ name: String(found.name), input: found.input });
  }
  return null;
}

/** Bytes that entries since the last answer add to the next prompt, and the tokens known before them. */
export function promptGrowth(entries: readonly Entry[]): { knownTokens: number; newBytes: number } {
  let newBytes = 0;
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index] as Entry;
    if (entry.tokens !== undefined) return { knownTokens: entry.tokens, newBytes };
    newBytes += Buffer.byteLength(JSON.stringify(entry.content));
  }
  return { knownTokens: 0, newBytes };
}
