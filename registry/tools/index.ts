/** Every built-in tool, a line each: declarations only, implementations are loaded when a call is about to run. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ToolDeclaration } from "../tool.ts";
import { glob } from "./glob.ts";
import { probe } from "./probe.ts";
import { read } from "./read.ts";
import { report } from "./report.ts";

export const tools: readonly ToolDeclaration[] = [glob, probe, read, report] as unknown as readonly ToolDeclaration[];
export const toolNamed = (name: string): ToolDeclaration | undefined => tools.find((tool) => tool.name === name);
export const definitionHash = (tool: ToolDeclaration): string =>
  createHash("sha256").update(JSON.stringify([tool.name, tool.description, z.toJSONSchema(tool.input), tool.risk])).digest("hex");
