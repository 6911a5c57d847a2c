/**
 * What a tool is: metadata first, implementation on demand. Everything the registry, the prompt, the permission rules
 * and the docs say about a tool comes from its one declaration; `load` is called only when a call is about to run.
 */
import type { ZodType } from "zod";
import type { ActingBox, Box } from "./box.ts";

export type ToolTier = "built-in" | "plugin" | "skill";
export type ToolRisk = "read-only" | "mutating" | "destructive";
/** Whether a call that may or may not have happened can be made again (design: effects after a crash). */
export type ToolRepeat = "safe" | "idempotent" | "unsafe";
export type ToolCategory = "files" | "search" | "structure" | "shell" | "network" | "report" | "swarm";

/** What a call gave. `text` is what the model reads; never longer than {@link OUTPUT_CHARS_MAX}. */
export interface ToolOutput {
  readonly ok: boolean;
  readonly text: string;
  /** True when `text` is less than there was; the text says so in words as well. */
  readonly truncated?: boolean;
  /** The file that `text` shows, by its real path in the box, and its SHA-256 when it was looked at. */
  readonly saw?: { readonly path: string; readonly sha256: string };
  /** All there was, where `text` is less and somebody may want to see it: at most {@link WHOLE_CHARS_MAX}. */
  readonly whole?: string;
}

/** Longest text that is kept beside the conversation, in UTF-16 units: what the recorder of a command keeps. */
export const WHOLE_CHARS_MAX = 1_048_576;

/** Longest output a tool may give, in UTF-16 units: about 12,000 tokens, a tenth of a small context window. */
export const OUTPUT_CHARS_MAX = 48_000;

export interface ToolContext {
  readonly box: Box;
  readonly signal: AbortSignal;
}

/** The implementation: parsed input in, output out. Throws only on breakage; a refusal is `ok: false`. */
export type ToolRun<Input> = (input: Input, context: ToolContext) => Promise<ToolOutput>;

export interface ActingContext {
  readonly box: ActingBox;
  readonly signal: AbortSignal;
}

/** The implementation of a tool that changes the world: one deed of its box, at most. */
export type ToolDeed<Input> = (input: Input, context: ActingContext) => Promise<ToolOutput>;

export interface ToolDeclaration<Input = unknown> {
  readonly name: string;
  readonly tier: ToolTier;
  readonly category: ToolCategory;
  /** One line for lists and search, at most 100 characters. */
  readonly summary: string;
  /** What the model is told: what it does, what it returns, its limits. */
  readonly description: string;
  /** Module that implements it, relative to the registry. */
  readonly source: string;
  readonly risk: ToolRisk;
  readonly repeat: ToolRepeat;
  readonly input: ZodType<Input>;
  /** Longest a call may run, in milliseconds. */
  readonly timeoutMs: number;
  /** Loads the implementation. Absent: the runtime itself answers (Report, AskParent). */
  readonly load?: () => Promise<ToolRun<Input>>;
  /** Instead of `load`, for a tool that changes the world: it is always `unsafe` to repeat, and acts behind the gate. */
  readonly loadDeed?: () => Promise<ToolDeed<Input>>;
}

/** Declares a tool; exists so that `input` and `load` are checked against each other. */
export function defineTool<Input>(declaration: ToolDeclaration<Input>): ToolDeclaration<Input> {
  return declaration;
}
