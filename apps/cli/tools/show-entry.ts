/** One entry of the registry in full: definition, schema, hash, examples, state. Loads no implementation. */
import type { RegistryEntry } from "../../../registry/entry.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import { harmless, printJson } from "../print.ts";

interface Known {
  /** Where it is a tool. */
  readonly tool: ToolDeclaration | undefined;
  /** Why it is out, where it is. */
  readonly out: string | undefined;
}

export async function showEntry(
  entry: RegistryEntry,
  { tool, out }: Known,
  flags: Record<string, unknown>,
): Promise<void> {
  const examples = (await tool?.loadExamples?.()) ?? tool?.examples ?? [];
  const document = {
    ...entry,
    description: tool?.description ?? entry.summary,
    timeoutMs: tool?.timeoutMs ?? null,
    examples: examples.map(({ title, input, ok, says }) => ({ title, input, ok, says })),
    ...(out === undefined ? {} : { out }),
  };
  if (flags.json === true) {
    printJson({ v: 1, tool: document });
    return;
  }
  const rows: readonly (readonly [string, string])[] = [
    ["kind", `${entry.kind}, ${entry.tier}, ${entry.category}`],
    ["risk", entry.risk ?? "-"],
    ["repeat", entry.repeat ?? "-"],
    ["source", entry.source],
    ["state", out ?? entry.state],
    ["hash", entry.hash],
  ];
  process.stdout.write(`${harmless(entry.name)}: ${harmless(entry.summary)}\n\n`);
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(8)}${harmless(value)}\n`);
  if (tool !== undefined) process.stdout.write(`\n${inLines(tool.description)}\n`);
  if (entry.inputSchema !== null) process.stdout.write(`\ninput schema\n${shown(entry.inputSchema)}\n`);
  if (entry.outputSchema !== null) process.stdout.write(`\noutput schema\n${shown(entry.outputSchema)}\n`);
  if (examples.length > 0) process.stdout.write("\nexamples\n");
  for (const { title, input, ok } of examples) {
    process.stdout.write(`  ${ok ? "+" : "-"} ${harmless(title)}: ${harmless(JSON.stringify(input))}\n`);
  }
}

const inLines = (text: string): string => text.split("\n").map(harmless).join("\n");
const shown = (schema: unknown): string => inLines(JSON.stringify(schema, null, 2));
