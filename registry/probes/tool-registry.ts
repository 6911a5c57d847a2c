/**
 * Tool registry: tools as data with name, description and schema, kept by name, looked up by the dispatch, and
 * readable without running anything.
 */
import { type FileFacts, functionAt } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { callsTo, codeOf, finding, offsetsIn, textOf, typesNamed } from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const toolTypeName = /tool|function|command|capabilit|skill/i;
const description = /\b(description|desc|summary|instructions)\b/;
const schema =
  /\b(parameters|params|inputSchema|input_schema|inputs|args_schema|argsSchema|schema|input_type|inputType|params_json_schema|params_schema|signature)\b/i;
const keyedByName: readonly RegExp[] = [
  /\b[\w.$]*(?:tool|func|command|registr)\w*\.set\(\s*[\w.]*name\b/gi,
  /\{\s*(?:\w+)\.(?:name|__name__)\s*:\s*\w+\s+for\s+\w+\s+in\s+[\w.()[\]]*(?:tool|func|command|skill|action)/gi,
  /\b[\w.$]*(?:tool|func|command|registr)\w*\[\s*[\w.]*(?:\.|_)?(?:name|__name__)\s*\]\s*=[^=]/gi,
  /\bfromEntries\(\s*[\w.$]*(?:tool|func|command)\w*[^;]{0,80}?\.name\b/gi,
  /\b(?:Map<string,\s*|Record<string,\s*|[dD]ict\[str,\s*)\w*(?:Tool|Command|Function)\w*/g,
  /\bnew Map\(\s*[\w.$]*tools?\w*\.map\([^;]{0,60}?\.name\b/gi,
];
const searchedByName =
  /[\w.$]*tools?\w*\??\.(?:find|some|filter)\w*\(\s*\(?\s*\w+[^)]{0,30}\)?\s*=>[^;]{0,60}?\.name\s*===?/gi;
const listed: readonly RegExp[] = [
  /[\w.$]*tools?\w*(?:\.values\(\)|\))?\]?\??\.(?:map|flatMap)\(/gi,
  /\bfor\s+\w+\s+in\s+[\w.]*tools?\w*(?:\.values\(\)|\.items\(\))?/gi,
  /\bfor\s*\(\s*const\s+\[?[\w,\s]+\]?\s+of\s+[\w.$]*tools?\w*/gi,
];

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  yield* entries(file);
  const code = file.code;
  for (const pattern of keyedByName) {
    for (const offset of offsetsIn(code, pattern))
      yield finding("collection-by-name", "keyed", "effect", offset, "tools are kept by name");
  }
  for (const offset of offsetsIn(code, searchedByName))
    yield finding("search-by-name", "keyed", "effect", offset, "tools are searched by name");
  for (const pattern of listed) {
    for (const offset of offsetsIn(code, pattern)) {
      const fn = functionAt(file, offset) ?? { start: offset, end: offset + 400 };
      const around = textOf(file, { start: Math.max(fn.start, offset - 240), end: Math.min(fn.end, offset + 500) });
      if (description.test(around) || /schema|definition|declaration|\bname\b/i.test(around))
        yield finding("listed-as-data", "listable", "effect", offset, "the tools are read as data");
    }
  }
  for (const { offset, note } of index.anchors.filter(
    (anchor) => anchor.kind === "tool-dispatch" && anchor.file === file,
  )) {
    if (note === "looked up by name")
      yield finding("dispatch-lookup", "lookup", "effect", offset, "the dispatch looks the tool up");
    if (note === "name by name")
      yield finding("dispatch-by-name", "lookup", "declaration", offset, "the dispatch names each tool");
  }
  for (const call of callsTo(file, /(^|\.)(registerTool|register_tool|addTool|add_tool|register_function)$/))
    yield finding("registration", "keyed", "called", call.start, "a tool is registered");
}

function* entries(file: FileFacts): Iterable<Finding> {
  for (const type of typesNamed(file, toolTypeName)) {
    const body = codeOf(file, { start: type.start, end: Math.min(type.end, type.start + 6_000) });
    if (/\bname\b/.test(body) && description.test(body) && schema.test(body)) {
      yield finding("tool-type", "entries", "effect", type.start, "a tool carries name, description and schema");
    }
  }
  for (const offset of offsetsIn(file.text, /["']?name["']?\s*:\s*[^,\n]{1,60},?\s*["']?description["']?\s*:/g)) {
    const around = textOf(file, { start: offset, end: offset + 900 });
    if (schema.test(around))
      yield finding("tool-literal", "entries", "declaration", offset, "a tool written as a literal with schema");
  }
  for (const call of callsTo(
    file,
    /(^|\.)(tool|function_tool|defineTool|createTool|StructuredTool|FunctionTool|zodFunction|function_to_json|DynamicStructuredTool)$/,
  )) {
    yield finding("tool-factory", "entries", "called", call.start, "a tool is made from a declaration");
  }
}

export const toolRegistry: PrimitiveProbes = {
  id: "tool-registry",
  aspects: [
    { id: "keyed", required: true, text: "a collection keyed or searchable by name" },
    { id: "entries", required: true, text: "entries carry name, description and schema" },
    { id: "lookup", required: true, text: "the dispatch looks the tool up" },
    { id: "listable", required: true, supporting: true, text: "tools can be listed without running anything" },
  ],
  probe,
  asserted: /\btool|registr/i,
  denied: /tool (?:registry|calling|calls|use|interface)|tool-calling interface/,
};
