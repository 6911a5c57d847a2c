/**
 * The catalogue: every built-in tool by its declaration. Importing it loads no implementation, so that listing, search
 * and permission rules cost nothing.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ToolDeclaration } from "../tool.ts";
import { askParent } from "./ask-parent.ts";
import { astSearch } from "./ast-search.ts";
import { bash } from "./bash.ts";
import { docs } from "./docs.ts";
import { edit } from "./edit.ts";
import { glob } from "./glob.ts";
import { grep } from "./grep.ts";
import { note } from "./note.ts";
import { probe } from "./probe.ts";
import { read } from "./read.ts";
import { recall } from "./recall.ts";
import { remember } from "./remember.ts";
import { report } from "./report.ts";
import { send } from "./send.ts";
import { skill } from "./skill.ts";
import { toolSearch } from "./tool-search.ts";
import { useTool } from "./use-tool.ts";
import { webFetch } from "./web-fetch.ts";
import { write } from "./write.ts";

/** Sorted by name: the order in which a model is told of them, and its prompt cache depends on it. */
export const tools: readonly ToolDeclaration[] = [
  known(askParent),
  known(astSearch),
  known(bash),
  known(docs),
  known(edit),
  known(glob),
  known(grep),
  known(note),
  known(probe),
  known(read),
  known(recall),
  known(remember),
  known(report),
  known(send),
  known(skill),
  known(toolSearch),
  known(useTool),
  known(webFetch),
  known(write),
];

export function toolNamed(name: string): ToolDeclaration | undefined {
  return tools.find((tool) => tool.name === name);
}

/** JSON Schema of a tool's input, as a model is given it: draft 2020-12, or what its author wrote. */
export function inputSchema({ input, schema: written }: ToolDeclaration): Readonly<Record<string, unknown>> {
  if (written !== undefined) return written;
  const known = schemas.get(input);
  if (known !== undefined) return known;
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: "input" });
  schemas.set(input, schema);
  return schema;
}

/** Made for every tool of every session that is put together; nobody writes to them. */
const schemas = new WeakMap<ToolDeclaration["input"], Readonly<Record<string, unknown>>>();

/**
 * SHA-256, in hexadecimal, of what a caller approves when they approve a tool: name, description, input, risk, repeat.
 * Changes exactly when one of them does.
 */
export function definitionHash(tool: ToolDeclaration): string {
  const known = hashes.get(tool);
  if (known !== undefined) return known;
  const { name, description, risk, repeat } = tool;
  const definition = { name, description, input: inputSchema(tool), risk, repeat };
  const hash = createHash("sha256").update(canonical(definition)).digest("hex");
  hashes.set(tool, hash);
  return hash;
}

/** Asked for by every session that is put together, of every tool of its pool. */
const hashes = new WeakMap<ToolDeclaration, string>();

/** Forgets what a tool's own input is; sound because only what `input` has parsed reaches `load`'s function. */
function known<Input>(declaration: ToolDeclaration<Input>): ToolDeclaration {
  return declaration as unknown as ToolDeclaration;
}

/** JSON with the keys of every object in code-unit order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one !== "object" || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(Object.entries(one).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
