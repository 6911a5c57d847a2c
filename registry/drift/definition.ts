/** What somebody approves when they approve a tool, written for them to read and to compare line by line. */
import type { ToolDeclaration } from "../tool.ts";
import { definitionHash, inputSchema } from "../tools/index.ts";
import { hiddenIn } from "./visible.ts";

export interface ToolDefinition {
  readonly hash: string;
  readonly text: string;
}

export function definitionOf(tool: ToolDeclaration): ToolDefinition {
  const { name, description, risk, repeat, outputSchema } = tool;
  const text = [
    `name: ${name}`,
    `risk: ${risk}`,
    `repeat: ${repeat}`,
    "description:",
    ...sentences(description).map((line) => `  ${line}`),
    "input:",
    ...pretty(inputSchema(tool)),
    ...(outputSchema === undefined ? [] : ["output:", ...pretty(outputSchema)]),
  ].join("\n");
  return { hash: definitionHash(tool), text };
}

/** What is wrong with a definition before anything is run. */
export function definitionProblems(tool: ToolDeclaration): readonly string[] {
  const { text } = definitionOf(tool);
  const hidden = hiddenIn(text);
  return hidden === "" ? [] : [`its definition has characters that nobody sees: ${hidden}`];
}

/** One sentence a line: a change then shows where it is. */
const sentences = (text: string): string[] => text.split(/(?<=[.!?:;]) |\n/);

const pretty = (schema: unknown): string[] =>
  JSON.stringify(schema, null, 2)
    .split("\n")
    .map((line) => `  ${line}`);
