/**
 * The shelf: what an agent may draw from while it works, beyond the definitions in its prompt. Tools that look things up
 * for the agent (ToolSearch, Skill) are given it; they reach nothing else.
 */

export interface FoundTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface OpenSkill {
  readonly name: string;
  /** Absolute path of its folder on the host that read it. */
  readonly folder: string;
  /** SKILL.md without its frontmatter, or the one file that was asked for. */
  readonly text: string;
  /** Its other files, relative to the folder. */
  readonly files: readonly string[];
  /** Tools it says it needs; never a right to use them. */
  readonly tools: readonly string[];
  /** Skills that it builds on. */
  readonly needs: readonly string[];
}

export interface Shelf {
  /** Tools of this agent's pool whose definitions are not in its prompt, best match first. */
  readonly search: (query: string, limit: number) => readonly FoundTool[];
  /** By exact name; absent: this agent may not have it, or it is in the prompt already. */
  readonly tool: (name: string) => FoundTool | undefined;
  /** Whether the definition of this tool stands in its prompt. */
  readonly offered: (name: string) => boolean;
  /** Name and description of every skill this agent may open. */
  readonly skills: readonly { readonly name: string; readonly description: string }[];
  /** Throws an Error whose message can be shown to the model: unknown, changed since it was approved, no such file. */
  readonly openSkill: (name: string, file?: string) => Promise<OpenSkill>;
}
