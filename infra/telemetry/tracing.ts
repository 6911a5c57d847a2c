/** What the swarm asks of telemetry. Types only: where it is off nothing of it is loaded (`open-tracing.ts` is). */
import type { TracerProvider } from "@opentelemetry/api";
import type { QueueBaseOptions } from "bullmq";
import type { SpanPlace } from "./trace-ids.ts";

/** Never what was said: no prompts, no outputs, no inputs of tools, no words of errors. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span that is over. `startMs` and `endMs` are milliseconds since 1970. */
export interface SpanTold {
  readonly name: string;
  readonly place: SpanPlace;
  /** Id of the parent in the same trace; null: the trace begins with it. */
  readonly parent: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** The convention's `error.type`; absent: it went well, or nobody can say. */
  readonly error?: string;
}

export interface Reading {
  readonly name: string;
  readonly value: number;
  readonly attributes: SpanAttributes;
}

/** The swarm as a whole at one moment, as {@link Tracing.observe} asks for it. */
export type Look = () => Promise<readonly Reading[]>;

/** None of these ever throws for a collector that is away, slow or wrong, or waits for it, but {@link Tracing.close}. */
export interface Tracing {
  /** For clients that write spans of their own. */
  readonly tracerProvider: TracerProvider;
  /** For BullMQ. */
  readonly queues: NonNullable<QueueBaseOptions["telemetry"]>;
  tell(span: SpanTold): void;
  /** What begins in `act` is a child of the span at this place, whoever tells of that one, and whenever. */
  within<Result>(place: SpanPlace, act: () => Result): Result;
  stepped(agentType: string): void;
  /** Asked at every export of metrics. Once. */
  observe(look: Look): void;
  /** Sends what is left, for `patienceMs` (default 1 s) at most, and not at all to a collector that did not take the last. */
  close(patienceMs?: number): Promise<void>;
}
