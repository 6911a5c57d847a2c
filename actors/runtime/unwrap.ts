/**
 * A call of UseTool is a call of the tool that it names: unwrapped here, once, before anything looks at a call. What is no
 * proper call of another tool stays what it is, and is refused as such.
 */
import type { ToolUse } from "../../infra/model/message.ts";
import { useTool } from "../../registry/tools/use-tool.ts";

type Made = Pick<ToolUse, "name"> & { readonly input: unknown };

/** The tool that is meant, and what it is asked; a wrapper inside a wrapper is never looked into. */
export function unwrapped<Call extends Made>(call: Call): Call {
  if (call.name !== useTool.name) return call;
  const wrapped = useTool.input.safeParse(call.input);
  return wrapped.success ? { ...call, name: wrapped.data.tool, input: wrapped.data.input } : call;
}
