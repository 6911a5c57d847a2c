/**
 * One line of the registry: everything that can be said about a capability without running it. Tools, commands, skills
 * and agent types are all entries; the registry of tools and the registry of commands are views of the same list.
 */
import type { ToolRepeat, ToolRisk, ToolTier } from "./tool.ts";

export type EntryKind = "tool" | "command" | "skill" | "agent";

/**
 * `new`: seen and never approved. `active`: what was approved is what is there. `drifted`: it is not. `quarantined`:
 * taken out until somebody approves it again.
 */
export type EntryState = "new" | "active" | "drifted" | "quarantined";

export interface RegistryEntry {
  readonly kind: EntryKind;
  /** Unique within its kind. */
  readonly name: string;
  readonly tier: ToolTier;
  readonly category: string;
  /** One line, at most 100 characters, printable. */
  readonly summary: string;
  /** Other words that somebody may look for. */
  readonly words: readonly string[];
  /** Where it comes from: a module, a server, a file. For people. */
  readonly source: string;
  /** Null where it depends on what is asked of it (a command line, an agent). */
  readonly risk: ToolRisk | null;
  readonly repeat: ToolRepeat | null;
  readonly inputSchema: Readonly<Record<string, unknown>> | null;
  readonly outputSchema: Readonly<Record<string, unknown>> | null;
  /** SHA-256, in hexadecimal, of what somebody approves when they approve it. */
  readonly hash: string;
  readonly state: EntryState;
}
