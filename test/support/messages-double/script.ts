/** What the double is to say: answers and faults, one entry per request. Also the format of a script file (JSON). */
import { z } from "zod";

const content = z.array(
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("text"), text: z.string() }),
    z.strictObject({
      type: z.literal("tool_use"),
      name: z.string(),
      input: z.record(z.string(), z.unknown()),
      /** Default: derived from the prompt, like the local server's. */
      id: z.string().optional(),
      /** Streamed instead of the input: to send half of it. */
      cutInputJson: z.string().optional(),
    }),
    z.strictObject({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() }),
    z.strictObject({ type: z.literal("redacted_thinking"), data: z.string() }),
    /** Signed by the double itself. */
    z.strictObject({ type: z.literal("compaction"), content: z.string().nullable() }),
  ]),
);

const afterEvents = z.number().int().nonnegative().default(2);

const fault = z.discriminatedUnion("kind", [
  /** An error before the stream; `body` replaces the API's envelope, `type` its type. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.number().int().min(300).max(599),
    type: z.string().default("api_error"),
    message: z.string().default("scripted failure"),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().optional(),
  }),
  /** A web page, with status 200. */
  z.strictObject({ kind: z.literal("html") }),
  /** The connection breaks before the headers. */
  z.strictObject({ kind: z.literal("reset") }),
  /** Nothing ever comes. */
  z.strictObject({ kind: z.literal("mute") }),
  /** After so many events: the connection breaks; the body ends cleanly; nothing more comes. */
  z.strictObject({ kind: z.enum(["cut", "end", "silence"]), afterEvents }),
  /** After so many events: pings at an interval, then the rest of the answer. */
  z.strictObject({
    kind: z.literal("pings"),
    afterEvents,
    pings: z.number().int().positive(),
    everyMs: z.number().int().positive(),
  }),
  /** After so many events: an `error` event with these words. */
  z.strictObject({
    kind: z.literal("error_event"),
    afterEvents,
    type: z.string(),
    message: z.string().default("scripted"),
  }),
  /** After so many events: this text goes onto the wire as it is, then the rest of the answer. */
  z.strictObject({ kind: z.literal("raw"), afterEvents, text: z.string() }),
  /** After so many events: one line that never ends. */
  z.strictObject({ kind: z.literal("flood"), afterEvents }),
  /** The whole answer, and then the connection stays open. */
  z.strictObject({ kind: z.literal("linger") }),
]);

export const entrySchema = z.strictObject({
  /** The entry is for requests whose body contains this text; without it, for any. */
  when: z.string().optional(),
  times: z.union([z.number().int().positive(), z.literal("always")]).default(1),
  /** Of a good answer, such as what is left of a rate limit. */
  headers: z.record(z.string(), z.string()).default({}),
  /** Before the headers. */
  delayMs: z.number().int().nonnegative().default(0),
  /** Waits until the double is told to `release`; after that, for nothing. */
  held: z.boolean().default(false),
  content: content.default([{ type: "text", text: "Done." }]),
  /** Default: `tool_use` where there is a tool call, else `end_turn`. */
  stopReason: z.string().optional(),
  stopDetails: z.unknown().optional(),
  /** The model that says it answered. Default: the one that was asked. */
  model: z.string().optional(),
  /** The usage object of the first and the last event, instead of the simulated one. */
  usage: z.record(z.string(), z.unknown()).optional(),
  fault: fault.optional(),
});
export type Entry = z.output<typeof entrySchema>;
export type EntryInput = z.input<typeof entrySchema>;
export type Fault = NonNullable<Entry["fault"]>;

export const scriptSchema = z.strictObject({ entries: z.array(entrySchema) });
