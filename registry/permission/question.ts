/**
 * The question put to the permission rules about one call, and the answer they give: plain data on both sides, so that
 * a recorded question can be asked again under another policy.
 */
import type { TaintMark } from "../../machines/taint.ts";
import type { ToolDeclaration } from "../tool.ts";
import type { Trust } from "./taint.ts";

/** `unknown`: nobody could tell what the call does; never treated better than `destructive`. */
export type DecisionRisk = "read-only" | "mutating" | "destructive" | "unknown";

/** What the tools of a run may do at all. `edit` is the default; `plan` and `read-only` change nothing. */
export type Mode = "read-only" | "plan" | "edit";

/** What becomes of a call that the rules answer with *ask*. */
export type Approve = "ask" | "deny" | "allow-safe";

/** How well commands are confined on the worker that judges; found out by running one. */
export type SandboxLevel = "full" | "partial" | "none";

export interface RuleLists {
  readonly allow: readonly string[];
  readonly ask: readonly string[];
  readonly deny: readonly string[];
}

/** A right given to a run or to one of its agents beyond what the rules say: by a person, or by the text they wrote. */
export interface PermissionGrant {
  readonly id: string;
  /** In the grammar of the rules. */
  readonly rule: string;
  /** Null: every agent of the run. */
  readonly actor: string | null;
  /** Who gave it: `goal`, `plan`, or the name of the person who approved. */
  readonly by: string;
  readonly atMs: number;
  /** Null: until the run ends. */
  readonly expiresAtMs: number | null;
}

export interface PermissionQuestion {
  readonly agentType: string;
  readonly actor: string;
  /** Tools the agent's own machine allows. */
  readonly typeTools: readonly string[];
  /** Tools the run's person or configuration took away. */
  readonly deniedTools: readonly string[];
  readonly tool: ToolDeclaration;
  /** What the call asks for, as its tool parsed it. */
  readonly input: unknown;
  /** Absolute, link-free; where relative paths begin and commands run. */
  readonly workspace: string;
  /** Other folders that the run's person opened for writing. Absolute, link-free. */
  readonly addDirs: readonly string[];
  readonly mode: Mode;
  readonly approve: Approve;
  readonly sandbox: SandboxLevel;
  /** True where the workspace is a working tree of the run's own, whose changes are reviewed before they are merged. */
  readonly isolated: boolean;
  readonly rules: RuleLists;
  readonly grants: readonly PermissionGrant[];
  readonly nowMs: number;
  /** What `~` means. Absent: nobody knows, and what begins with it lies outside. */
  readonly home?: string;
  /** Folders of the swarm itself (data, gates): shown to no tool and written by none. Absolute. */
  readonly ownDirs?: readonly string[];
  /** What the agent has read that nobody vouched for. Absent: nothing. */
  readonly taint?: readonly TaintMark[];
  /** Whom the operator vouches for. Absent: nobody but the workspace. */
  readonly trust?: Trust;
}

/**
 * `coordinator`: answered from what the run was granted. `interactive`: a person is asked. `worker`: nobody is; the
 * rules alone decide.
 */
export type Handler = "interactive" | "coordinator" | "worker";

export interface PermissionDecision {
  readonly decision: "allow" | "ask" | "deny";
  readonly risk: DecisionRisk;
  /** The rule that fired, by name or by its text and list. */
  readonly rule: string;
  readonly reason: string;
  readonly handler: Handler;
  /** Id of the grant that answered. */
  readonly grant?: string;
  /** What the call touches or would lose, in words that a person can be asked to type. */
  readonly touches?: readonly string[];
}
