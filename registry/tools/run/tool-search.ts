/** Runs ToolSearch: asks the shelf, and writes what it gives as text of bounded length. */
import type { FoundTool, Shelf } from "../../shelf.ts";
import { counted, cutTo, shownPath } from "../../shown.ts";
import type { ToolContext, ToolOutput } from "../../tool.ts";
import { foundDefault, foundMax, type ToolSearchInput } from "../input/tool-search.ts";

/** Of one definition and of a whole answer, in UTF-16 units: about 2,000 and 6,000 tokens. */
const DEFINITION_CHARS_MAX = 8_000;
const ANSWER_CHARS_MAX = 24_000;
/** Of a description whose schema is too long to be shown beside it. */
const DESCRIPTION_CHARS_MAX = 2_000;

export async function run(
  { query, limit = foundDefault }: ToolSearchInput,
  { shelf }: ToolContext,
): Promise<ToolOutput> {
  if (shelf === undefined) return { ok: false, text: "There are no more tools to be found here." };
  const found = chosen(shelf, query.trim(), Math.min(limit, foundMax));
  if (found.length === 0) {
    return { ok: true, text: `No tool matches ${JSON.stringify(query)}. Try other words for what it has to do.` };
  }
  const texts: string[] = [];
  let chars = 0;
  for (const tool of found) {
    const text = definition(tool);
    if (chars + text.length > ANSWER_CHARS_MAX && texts.length > 0) break;
    texts.push(text);
    chars += text.length;
  }
  const left = found.length - texts.length;
  const note =
    left === 0 ? [] : [`[${counted(left, "more match", "more matches")} not shown: ${namesOf(found.slice(-left))}]`];
  return { ok: true, text: [...texts, ...note].join("\n\n"), truncated: left > 0 };
}

/** Exact names first, then what the words find; each once. */
function chosen(shelf: Shelf, query: string, limit: number): readonly FoundTool[] {
  const [, listed] = /^select:(.*)$/s.exec(query) ?? [];
  const names = (listed ?? query).split(/[\s,]+/).filter((name) => name !== "");
  const exact = names.flatMap((name) => shelf.tool(name) ?? []);
  const found = listed === undefined ? shelf.search(query, limit) : [];
  const all = [...exact, ...found];
  return all.filter(({ name }, at) => all.findIndex((one) => one.name === name) === at).slice(0, limit);
}

/** A name and a description cannot begin a definition of their own: each stands on one line, as JSON. */
function definition({ name, description, inputSchema }: FoundTool): string {
  const whole = JSON.stringify({ name, description, input_schema: inputSchema });
  if (whole.length <= DEFINITION_CHARS_MAX) return whole;
  return JSON.stringify({
    name,
    description: cutTo(description, DESCRIPTION_CHARS_MAX),
    input_schema: `not shown: it has ${JSON.stringify(inputSchema).length} characters, more than fit here`,
  });
}

const namesOf = (tools: readonly FoundTool[]): string => tools.map(({ name }) => shownPath(name)).join(", ");
