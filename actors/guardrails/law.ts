/** What a check of the guardrails is given and what it says: plain data, so that every law is a pure function. */

import type { breaker } from "../../infra/breaker/breaker.ts";
import type { fold } from "../../machines/fold.ts";
import type { Capabilities } from "../../registry/capabilities.ts";
import type { RuleLists, SandboxLevel } from "../../registry/permission/question.ts";
import type { Trust } from "../../registry/permission/taint.ts";
import type { RunCapabilities } from "../runtime/capabilities.ts";
import type { judge } from "../runtime/judge.ts";
import type { assemble } from "../runtime/session.ts";
import type { marked } from "../runtime/taint.ts";
import type { AgentType } from "../types/define.ts";

export interface Finding {
  readonly what: string;
  readonly why: string;
  /** What to change. */
  readonly fix: string;
}

export type LawState = "holds" | "fails" | "not looked at";

export interface Verdict {
  /** Stable; programs go by it. */
  readonly law: string;
  readonly title: string;
  readonly state: LawState;
  /** What was tried, or why nothing was. */
  readonly reason: string;
  readonly findings: readonly Finding[];
}

/** An agent type, or an agent file's profile with the type that it narrows. */
export interface GuardedAgent {
  readonly type: AgentType;
  /** Null: a built-in type. */
  readonly base: AgentType | null;
  /** File that a profile was read from. */
  readonly source: string | null;
}

/** The configuration in force, as a run that is made now would latch it. */
export interface Guarded {
  readonly agents: readonly GuardedAgent[];
  readonly capabilities: RunCapabilities;
  readonly plugins: Capabilities["plugins"];
  readonly rules: RuleLists;
  /** Where a rule stands: file, line and column. Null where nobody knows. */
  readonly whereIs: (rule: string) => string | null;
  /** Tool → the input of a call of it that its declaration gives as an example. */
  readonly examples: ReadonlyMap<string, unknown>;
  /** Absolute, link-free. */
  readonly workspace: string;
  readonly home: string | null;
  readonly ownDirs: readonly string[];
  readonly sandbox: { readonly level: SandboxLevel; readonly off: boolean; readonly reasons: readonly string[] };
  /** Whose words mark nobody. Absent: no stranger's. */
  readonly trust?: Trust;
  /** Variables that hold secrets and that commands of agents would be given; by name. */
  readonly leaked: readonly string[];
}

/** The code that decides, as runs use it. Named, so that a broken one can be put in its place. */
export interface Engine {
  readonly judge: typeof judge;
  readonly assemble: typeof assemble;
  readonly marked: typeof marked;
  readonly fold: typeof fold;
  readonly breaker: typeof breaker;
}

export interface Law {
  readonly law: string;
  readonly title: string;
  readonly look: (
    guarded: Guarded,
    engine: Engine,
  ) => Pick<Verdict, "reason" | "findings"> & { readonly state?: LawState };
}

/** Findings that one law lists, at most; how many there are beyond is said. */
export const FINDINGS_MAX = 50;
/** Things that one finding names, at most. */
const NAMED_MAX = 4;

export const OURS = "No setting does this: it is a fault of statehive. Please report it.";

/** `a; b; and 3 more`. */
export function few(all: readonly string[]): string {
  const known = [...new Set(all)];
  const more = known.length - NAMED_MAX;
  return [...known.slice(0, NAMED_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
