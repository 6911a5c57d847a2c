/** The door for what a Messages stream says: each event is parsed here, once; nothing behind it sees raw wire data. */
import { z } from "zod";
import { CallFault, malformed } from "./faults.ts";
import { isRecord } from "./message.ts";

const count = z.number().int().nonnegative().nullish();
const iterationCounts = {
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
};
const usageSchema = z
  .looseObject({
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
    // What a summary cost stands here alone, and in none of the figures above.
    iterations: z
      .array(z.looseObject({ type: z.string(), ...iterationCounts }))
      .nullish()
      .catch(null),
  })
  .nullish();
/** As far as the server said it; figures of a stream are cumulative. */
export type WireUsage = NonNullable<z.output<typeof usageSchema>>;

/** A remark beside the answer: one that cannot be read is no reason to refuse the answer. */
const diagnosticsSchema = z
  .object({
    cache_miss_reason: z.object({ type: z.string().min(1).max(100), cache_missed_input_tokens: count }).nullish(),
  })
  .nullish()
  .catch(null);

const index = z.number().int().nonnegative().max(10_000);

const schemas = {
  message_start: z.object({
    type: z.literal("message_start"),
    message: z.object({
      id: z.string().max(200),
      model: z.string().max(200),
      usage: usageSchema,
      diagnostics: diagnosticsSchema,
      /** Said by servers of this project alone: their figures are nobody's bill. */
      simulated: z.literal(true).optional().catch(undefined),
    }),
  }),
  content_block_start: z.object({
    type: z.literal("content_block_start"),
    index,
    content_block: z.looseObject({ type: z.string().min(1).max(100) }),
  }),
  content_block_delta: z.object({
    type: z.literal("content_block_delta"),
    index,
    // A kind of piece that is not listed is refused: a block could not be kept whole without it.
    delta: z.discriminatedUnion("type", [
      z.object({ type: z.literal("text_delta"), text: z.string() }),
      z.object({ type: z.literal("thinking_delta"), thinking: z.string() }),
      z.object({ type: z.literal("signature_delta"), signature: z.string() }),
      z.object({ type: z.literal("input_json_delta"), partial_json: z.string() }),
      z.object({ type: z.literal("citations_delta"), citation: z.unknown() }),
      // Replaces what its block began with; a field that is absent does not.
      z.looseObject({ type: z.literal("compaction_delta"), content: z.string().nullable() }),
    ]),
  }),
  content_block_stop: z.object({ type: z.literal("content_block_stop"), index }),
  message_delta: z.object({
    type: z.literal("message_delta"),
    delta: z.object({ stop_reason: z.string().max(100).nullish(), stop_details: z.unknown().optional() }),
    usage: usageSchema,
  }),
  message_stop: z.object({ type: z.literal("message_stop") }),
} as const;

export type StreamEvent = { [T in keyof typeof schemas]: z.output<(typeof schemas)[T]> }[keyof typeof schemas];
export type StreamDelta = z.output<typeof schemas.content_block_delta>["delta"];

/**
 * The event, or null for a kind that this project does not know: the API asks its clients to pass over those.
 *
 * @throws CallFault when an event of a known kind has the wrong shape.
 */
export function parseStreamEvent(event: unknown): StreamEvent | null {
  if (!isRecord(event) || typeof event.type !== "string") throw nonsense("an event without a type");
  if (!Object.hasOwn(schemas, event.type)) return null;
  const result = schemas[event.type as keyof typeof schemas].safeParse(event);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw nonsense(`${event.type} ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
}

export function nonsense(why: string): CallFault {
  return new CallFault(malformed(`the stream is not a message: ${why}`, true));
}
