/**
 * Ids of traces and spans, computed and never carried: whoever goes on with a run, in whatever process, writes into the
 * same trace and knows the parents of what it does.
 */
import { sha256 } from "../ids.ts";

/** A span's place in the trace of its run. */
export interface SpanPlace {
  /** 32 hex digits. */
  readonly trace: string;
  /** 16 hex digits. */
  readonly span: string;
}

const spanId = (name: string): string => sha256(`statehive/span/${name}`).slice(0, 16);

/** 128 bits of a hash of the run's id. */
export const traceIdOf = (run: string): string => sha256(`statehive/trace/${run}`).slice(0, 32);

export const runPlace = (run: string): SpanPlace => ({ trace: traceIdOf(run), span: spanId(`run/${run}`) });

export const agentPlace = (run: string, actor: string): SpanPlace => ({
  trace: traceIdOf(run),
  span: spanId(`agent/${run}/${actor}`),
});

export const turnPlace = (run: string, actor: string, turn: number): SpanPlace => ({
  trace: traceIdOf(run),
  span: spanId(`turn/${run}/${actor}/${turn}`),
});

/** `effect` is the full id, which no two attempts share. */
export const effectPlace = (run: string, effect: string): SpanPlace => ({
  trace: traceIdOf(run),
  span: spanId(`effect/${effect}`),
});

/** For log lines that speak of a run: the trace to look into. */
export const traceInLine = (said: object): object =>
  "run" in said && typeof said.run === "string" ? { trace_id: traceIdOf(said.run) } : {};
