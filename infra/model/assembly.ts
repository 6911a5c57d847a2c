/**
 * Puts the events of one stream together into one message. A message exists only after `message_stop`; until then
 * there is nothing but an account of what was shown, so that half a tool call can never be mistaken for a whole one.
 */
import { z } from "zod";
import { type ContentBlock, isRecord, textOf } from "./message.ts";
import type { AnsweredMessage, CacheMiss, ModelDelta, StopReason, Usage } from "./outcome.ts";
import { nonsense, type StreamDelta, type StreamEvent, type WireUsage } from "./stream-event.ts";

/** Bytes per token of the estimate for cut answers: English and code lie near it. It is for charging, not for truth. */
const bytesPerToken = 3.5;

interface OpenBlock {
  readonly fields: Record<string, unknown> & { type: string };
  /** The pieces of a tool's input; parsed when the block closes. */
  inputJson: string;
  /** The input is no JSON object. */
  inputBroken: boolean;
  closed: boolean;
}

export class Assembly {
  #start: Pick<AnsweredMessage, "id" | "model" | "simulated" | "cacheMiss"> | null = null;
  #stopReason: string | null = null;
  #stopDetails: unknown;
  #complete = false;
  #wireUsage: WireUsage = {};
  #shownBytes = 0;
  readonly #blocks: OpenBlock[] = [];

  /** Whether `message_stop` was seen. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Whether a model had begun, and so may have cost something. */
  get started(): boolean {
    return this.#start !== null;
  }

  /** The text shown so far, for people. */
  get partialText(): string {
    return textOf(this.#blocks.map((block) => block.fields));
  }

  /** Takes the next event. @returns the piece to show, if it held one. @throws CallFault when the order makes no sense. */
  add(event: StreamEvent): ModelDelta | null {
    if (this.#complete) throw nonsense("an event after message_stop");
    if (event.type === "message_start") {
      if (this.#start !== null) throw nonsense("a second message_start");
      this.#start = startOf(event.message);
      this.#tally(event.message.usage);
      return null;
    }
    if (this.#start === null) throw nonsense(`${event.type} before message_start`);
    switch (event.type) {
      case "content_block_start":
        if (event.index !== this.#blocks.length || this.#blocks.at(-1)?.closed === false)
          throw nonsense("content blocks out of order");
        this.#blocks.push({ fields: { ...event.content_block }, inputJson: "", inputBroken: false, closed: false });
        return null;
      case "content_block_delta":
        return this.#extend(event.index, event.delta);
      case "content_block_stop":
        close(this.#openBlock(event.index));
        return null;
      case "message_delta":
        this.#stopReason = event.delta.stop_reason ?? null;
        this.#stopDetails = event.delta.stop_details ?? undefined;
        this.#tally(event.usage);
        return null;
      case "message_stop":
        this.#complete = true;
        return null;
    }
  }

  /** The whole message. @throws CallFault when it is not complete or not coherent. */
  message(): AnsweredMessage {
    if (this.#start === null || !this.#complete) throw nonsense("no message_stop");
    const stopReason = stopReasonOf(this.#stopReason);
    const last = this.#blocks.at(-1);
    const toolUseCut = last !== undefined && endedByLimit(stopReason) && isHalf(last);
    const content = (toolUseCut ? this.#blocks.slice(0, -1) : this.#blocks).map(wholeBlock);
    return {
      ...this.#start,
      content,
      stopReason,
      rawStopReason: this.#stopReason,
      toolUseCut,
      ...(this.#stopDetails !== undefined && { stopDetails: this.#stopDetails }),
    };
  }

  /** As reported; before the end, at least what was shown. */
  usage(): Usage {
    const wire = withCompactions(this.#wireUsage);
    const reported = wire.output_tokens ?? 0;
    const shown = Math.ceil(this.#shownBytes / bytesPerToken);
    const final = this.#complete && typeof wire.output_tokens === "number";
    return {
      inputTokens: wire.input_tokens ?? 0,
      outputTokens: final ? reported : Math.max(reported, shown),
      cacheReadTokens: wire.cache_read_input_tokens ?? null,
      cacheWriteTokens: wire.cache_creation_input_tokens ?? null,
      estimated: !final || typeof wire.input_tokens !== "number",
    };
  }

  /** A later figure replaces an earlier one; an absent one does not. */
  #tally(later: WireUsage | null | undefined): void {
    const said = Object.entries(later ?? {}).filter(([, value]) => value !== null && value !== undefined);
    this.#wireUsage = { ...this.#wireUsage, ...Object.fromEntries(said) };
  }

  #openBlock(index: number): OpenBlock {
    const block = this.#blocks[index];
    if (block === undefined || block.closed) throw nonsense("a piece of a block that is not open");
    return block;
  }

  #extend(index: number, delta: StreamDelta): ModelDelta | null {
    const block = this.#openBlock(index);
    const { fields } = block;
    const shown = (kind: ModelDelta["kind"], text: string): ModelDelta => {
      this.#shownBytes += Buffer.byteLength(text);
      return { kind, index, text };
    };
    switch (delta.type) {
      case "text_delta":
        fields.text = textIn(fields.text) + delta.text;
        return shown("text", delta.text);
      case "thinking_delta":
        fields.thinking = textIn(fields.thinking) + delta.thinking;
        return shown("thinking", delta.thinking);
      case "signature_delta":
        fields.signature = textIn(fields.signature) + delta.signature;
        return null;
      case "citations_delta":
        fields.citations = [...(Array.isArray(fields.citations) ? fields.citations : []), delta.citation];
        return null;
      case "compaction_delta": {
        const { type: _, ...whole } = delta;
        Object.assign(fields, whole);
        return null;
      }
      case "input_json_delta":
        block.inputJson += delta.partial_json;
        return shown("tool_input", delta.partial_json);
    }
  }
}

/** With what the server spent on summaries beside the answer: its figures do not hold that. */
function withCompactions({ iterations, ...wire }: WireUsage): WireUsage {
  const made = (iterations ?? []).filter(({ type }) => type === "compaction");
  if (made.length === 0) return wire;
  const sum = (field: "input_tokens" | "output_tokens" | "cache_read_input_tokens" | "cache_creation_input_tokens") => {
    const all = [wire, ...made].map((one) => one[field]);
    return all.every((value) => value === null || value === undefined)
      ? {}
      : { [field]: all.reduce<number>((total, value) => total + (value ?? 0), 0) };
  };
  return {
    ...sum("input_tokens"),
    ...sum("output_tokens"),
    ...sum("cache_read_input_tokens"),
    ...sum("cache_creation_input_tokens"),
  };
}

type Start = (StreamEvent & { type: "message_start" })["message"];

const startOf = ({ id, model, simulated, diagnostics }: Start) => ({
  id,
  model,
  ...(simulated === undefined ? {} : { simulated }),
  ...missOf(diagnostics),
});

/** Null stands for "no reason", and for "not known yet". */
function missOf(told: Start["diagnostics"]): { readonly cacheMiss?: CacheMiss } {
  const reason = told?.cache_miss_reason;
  if (reason === null || reason === undefined) return {};
  return { cacheMiss: { reason: reason.type, missedTokens: reason.cache_missed_input_tokens ?? null } };
}

/** Input that came in pieces replaces the empty object that the block began with. */
function close(block: OpenBlock): void {
  block.closed = true;
  if (block.inputJson === "") return;
  try {
    block.fields.input = JSON.parse(block.inputJson);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    block.inputBroken = true;
  }
}

/** What a later request may carry back, and a runtime may act on. */
function wholeBlock(block: OpenBlock): ContentBlock {
  if (!block.closed || block.inputBroken) throw nonsense("a block that was not finished");
  const { fields } = block;
  if (fields.type === "text" && typeof fields.text !== "string") throw nonsense("a text block without text");
  if (fields.type === "tool_use" && !toolUseSchema.safeParse(fields).success)
    throw nonsense("a tool call without id, name or input");
  return fields;
}

const toolUseSchema = z.looseObject({
  id: z.string().min(1).max(200),
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
});

const stopReasons: ReadonlySet<string> = new Set<StopReason>([
  "end_turn",
  "max_tokens",
  "stop_sequence",
  "tool_use",
  "pause_turn",
  "refusal",
  "model_context_window_exceeded",
]);

function stopReasonOf(raw: string | null): StopReason {
  return raw !== null && stopReasons.has(raw) ? (raw as StopReason) : "other";
}

function endedByLimit(reason: StopReason): boolean {
  return reason === "max_tokens" || reason === "model_context_window_exceeded";
}

/** At the token limit a tool call without any input may have been going to have some. */
function isHalf({ fields, inputJson, inputBroken, closed }: OpenBlock): boolean {
  if (fields.type !== "tool_use") return false;
  const empty = inputJson === "" && (!isRecord(fields.input) || Object.keys(fields.input).length === 0);
  return !closed || inputBroken || empty;
}

function textIn(field: unknown): string {
  return typeof field === "string" ? field : "";
}
