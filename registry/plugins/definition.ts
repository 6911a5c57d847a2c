/**
 * What a plugin server says a tool is, checked before anybody is asked about it: the grammar of its name, its size, its
 * schemas, and that no text in it hides something. What passes has one canonical text and one hash.
 */
import { hiddenCharacter } from "../hidden-characters.ts";
import { canonicalText, hashOfText } from "./canonical-text.ts";
import { extentOf, textsOf } from "./json-extent.ts";
import { isRecord, schemaProblem } from "./schema-shape.ts";

/** UTF-8 bytes of one definition, of all of one server, and how many those may be. */
const DEFINITION_BYTES_MAX = 64 * 1024;
const DEFINITIONS_BYTES_MAX = 2 * 1024 * 1024;
const TOOLS_MAX = 1_000;
/** Of a whole name, as the Messages API takes it. */
const NAME_CHARS_MAX = 128;

/** Half of a pair: no text at all. */
const BROKEN = /\p{Cs}/u;
const NODES_MAX = 20_000;
const DEPTH_MAX = 64;

export interface PluginDefinition {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

export interface DefinedTool {
  readonly definition: PluginDefinition;
  /** Canonical JSON: what is approved, kept and compared. */
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly hash: string;
}

export interface DefinitionProblem {
  /** As far as it has a name that can be shown. */
  readonly tool: string;
  readonly problem: string;
}

export const pluginToolName = (server: string, tool: string): string => `mcp__${server}__${tool}`;

/** Never throws, whatever a server sends. */
export function checkedDefinition(server: string, raw: unknown): DefinedTool | DefinitionProblem {
  const shownName =
    isRecord(raw) && typeof raw.name === "string" ? JSON.stringify(raw.name.slice(0, 80)) : "a tool without a name";
  const bad = (problem: string): DefinitionProblem => ({ tool: shownName, problem });
  if (!isRecord(raw)) return bad("its definition is no object");
  const { depth, nodes } = extentOf(raw, { depth: DEPTH_MAX, nodes: NODES_MAX });
  if (depth > DEPTH_MAX) return bad(`its definition is nested more than ${DEPTH_MAX} levels deep`);
  if (nodes > NODES_MAX) return bad(`its definition has more than ${NODES_MAX} parts`);
  const bytes = Buffer.byteLength(JSON.stringify(raw));
  if (bytes > DEFINITION_BYTES_MAX)
    return bad(`its definition has ${bytes} bytes; at most ${DEFINITION_BYTES_MAX} are taken`);
  const problem = nameProblem(server, raw.name) ?? shapeProblem(raw) ?? hiddenProblem(raw);
  if (problem !== null) return bad(problem);
  const definition = definitionOf(raw);
  const text = canonicalText(definition);
  return { definition, text, hash: hashOfText(text) };
}

/** What stands in the place of a definition that is refused: nobody can approve more of it than that. */
export function refusedDefinition({ problem }: DefinitionProblem): { readonly hash: string; readonly text: string } {
  const text = canonicalText({ refused: problem });
  return { hash: hashOfText(text), text };
}

export const isDefined = (one: DefinedTool | DefinitionProblem): one is DefinedTool => "definition" in one;

function nameProblem(server: string, name: unknown): string | null {
  if (typeof name !== "string" || name === "") return "it has no name";
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name)) return "its name is not made of A-Z a-z 0-9 _ - . (at most 128)";
  if (name.includes(".")) return "its name has a dot, which no model's API takes";
  const whole = pluginToolName(server, name);
  if (whole.length > NAME_CHARS_MAX)
    return `its name as mcp__${server}__… has ${whole.length} characters; at most ${NAME_CHARS_MAX}`;
  return null;
}

function shapeProblem(raw: Record<string, unknown>): string | null {
  if (raw.description !== undefined && typeof raw.description !== "string") return "its description is no text";
  if (raw.title !== undefined && typeof raw.title !== "string") return "its title is no text";
  for (const name of ["annotations", "_meta"]) {
    if (raw[name] !== undefined && !isRecord(raw[name])) return `its ${name} is no object`;
  }
  const input = schemaProblem(raw.inputSchema);
  if (input !== null) return `its input schema ${input}`;
  const output = raw.outputSchema === undefined ? null : schemaProblem(raw.outputSchema);
  return output === null ? null : `its output schema ${output}`;
}

function hiddenProblem(raw: Record<string, unknown>): string | null {
  for (const [place, text] of textsOf(definitionOf(raw))) {
    const found = hiddenCharacter(text);
    if (found === null && !BROKEN.test(text)) continue;
    const what = found === null ? "a broken character" : found.name;
    const shown = place.replace(/[^\x20-\x7e]/g, "?").slice(0, 80);
    return `it has characters that nobody sees: ${what} in ${shown}`;
  }
  return null;
}

function definitionOf(raw: Record<string, unknown>): PluginDefinition {
  const {
    name,
    title,
    description = "",
    inputSchema,
    outputSchema,
    annotations,
    _meta,
  } = raw as unknown as PluginDefinition;
  return {
    name,
    description,
    inputSchema,
    ...(title === undefined ? {} : { title }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(_meta === undefined ? {} : { _meta }),
  };
}

/** A definition back from its canonical text; null where it is none (any more). */
export function definitionFrom(server: string, text: string): DefinedTool | null {
  try {
    const made = checkedDefinition(server, JSON.parse(text));
    return isDefined(made) ? made : null;
  } catch {
    return null;
  }
}

export interface CheckedList {
  /** By name. */
  readonly tools: readonly DefinedTool[];
  readonly problems: readonly DefinitionProblem[];
}

/** All that a server lists. What is wrong with one tool leaves the others; what is wrong with the whole leaves none. */
export function checkedList(server: string, raws: readonly unknown[]): CheckedList {
  const all = (problem: string): CheckedList => ({ tools: [], problems: [{ tool: "all of its tools", problem }] });
  if (raws.length > TOOLS_MAX) return all(`it lists ${raws.length} tools; at most ${TOOLS_MAX} are taken`);
  const made = raws.map((raw) => checkedDefinition(server, raw));
  const problems = made.filter((one): one is DefinitionProblem => !isDefined(one));
  const tools = made.filter(isDefined);
  const bytes = tools.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > DEFINITIONS_BYTES_MAX)
    return all(`its definitions have ${bytes} bytes; at most ${DEFINITIONS_BYTES_MAX} are taken`);
  const seen = new Map<string, number>();
  for (const { definition } of tools) seen.set(definition.name, (seen.get(definition.name) ?? 0) + 1);
  for (const [name, count] of seen) {
    if (count > 1) problems.push({ tool: JSON.stringify(name), problem: `it is defined ${count} times` });
  }
  const once = tools.filter(({ definition }) => seen.get(definition.name) === 1);
  return { tools: once.sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1)), problems };
}
