/**
 * What a tool is: metadata first, implementation on demand. Everything the registry, the prompt, the permission rules
 * and the docs say about a tool comes from its one declaration; `load` is called only when a call is about to run.
 */
import type { ZodType } from "zod";
import type { ActingBox, Box } from "./box.ts";
import type { ManualPage } from "./manual.ts";
import type { MemoryDoor, ToldItem } from "./memory/door.ts";
import type { Shelf } from "./shelf.ts";

export type ToolTier = "built-in" | "plugin" | "skill";
export type ToolRisk = "read-only" | "mutating" | "destructive";
/** Whether a call that may or may not have happened can be made again (design: effects after a crash). */
export type ToolRepeat = "safe" | "idempotent" | "unsafe";
export type ToolCategory = "files" | "search" | "structure" | "shell" | "network" | "report" | "swarm" | "plugin";

/** What a call gave. `text` is what the model reads; never longer than {@link OUTPUT_CHARS_MAX}. */
export interface ToolOutput {
  readonly ok: boolean;
  readonly text: string;
  /** True when `text` is less than there was; the text says so in words as well. */
  readonly truncated?: boolean;
  /** The file that `text` shows, by its real path in the box, and its SHA-256 when it was looked at. */
  readonly saw?: { readonly path: string; readonly sha256: string };
  /** How a command ended; `code` is null where it did not end by itself. Absent: no command was run. */
  readonly exit?: { readonly code: number | null; readonly sandbox?: "full" | "partial" | "none" | undefined };
  /** All there was, where `text` is less and somebody may want to see it: at most {@link WHOLE_CHARS_MAX}. */
  readonly whole?: string;
  /** A command that was run unasked because it changes nothing, and it tried to. */
  readonly misjudged?: true;
}

/** Longest text that is kept beside the conversation, in UTF-16 units: what the recorder of a command keeps. */
export const WHOLE_CHARS_MAX = 1_048_576;

/** Longest output a tool may give, in UTF-16 units: about 12,000 tokens, a tenth of a small context window. */
export const OUTPUT_CHARS_MAX = 48_000;

export interface ToolContext {
  readonly box: Box;
  readonly signal: AbortSignal;
  /** What the run may draw from beyond the tools it was given; absent where a tool is tried outside a run. */
  readonly shelf?: Shelf;
  /** The documents of this program; always the same list. */
  readonly manual?: () => Promise<readonly ManualPage[]>;
  /** What is remembered of this run and its workspace; absent: nothing can be. */
  readonly memory?: MemoryDoor;
}

/** The implementation: parsed input in, output out. Throws only on breakage; a refusal is `ok: false`. */
export type ToolRun<Input> = (input: Input, context: ToolContext) => Promise<ToolOutput>;

export interface ActingContext {
  readonly box: ActingBox;
  readonly signal: AbortSignal;
}

/** The implementation of a tool that changes the world: one deed of its box, at most. */
export type ToolDeed<Input> = (input: Input, context: ActingContext) => Promise<ToolOutput>;

/** One call in a scratch workspace, and what has to be true afterwards. */
export interface ToolExample {
  /** A law, as a sentence. */
  readonly title: string;
  /** Path → content of the workspace before the call. */
  readonly files: Readonly<Record<string, string>>;
  readonly input: unknown;
  /** Files that the agent has read before, where the tool wants that. */
  readonly seen?: readonly string[];
  readonly ok: boolean;
  /** Texts that the output contains. */
  readonly says: readonly string[];
  /** Files that the call changes: path → content afterwards; null: it is gone. All others must be as they were. */
  readonly leaves?: Readonly<Record<string, string | null>>;
  /** What the web answers there, by address; everything else is asked of the real door. */
  readonly pages?: Readonly<Record<string, ExamplePage>>;
  /** What the call may look things up in, where the tool wants that. */
  readonly shelf?: Shelf;
  readonly manual?: readonly ManualPage[];
  /** What is remembered there. Absent: it has no memory. */
  readonly memory?: readonly ToldItem[];
}

export interface ExamplePage {
  /** 200 where absent. */
  readonly status?: number;
  readonly contentType: string;
  readonly body: string;
}

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
  /** JSON Schema that a model is shown in place of the one made from `input`: another author wrote it. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** JSON Schema of what a call gives, where that is promised. */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** Other words to find it by. */
  readonly words?: readonly string[];
  /** What it does, as calls that can be made again: `swarm tools check` holds the tool to them. */
  readonly examples?: readonly ToolExample[];
  /** The same from a file beside it, so that listing loads none. */
  readonly loadExamples?: () => Promise<readonly ToolExample[]>;
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
