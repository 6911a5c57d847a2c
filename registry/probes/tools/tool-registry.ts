/**
 * Tool registry: tools as data with name, description and schema, kept by name, looked up by the dispatch, and
 * readable without running anything.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { ARM_BY_ARM } from "../run-path/anchors.ts";
import { type FileFacts, functionAt } from "../source/facts.ts";
import { callsTo, codeOf, finding, functionsNamed, offsetsIn, textOf, typesNamed } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

const toolTypeName = /tool|function|command|capabilit|skill|action/i;
const named = /\b(?:get_?)?(?:tool_?)?name\b/i;
const description = /\b(?:get_?)?(?:tool_?)?(?:description|desc|summary|instructions|docstring)\b/i;
const schema =
  /\b(?:get_?)?(?:parameters|params|inputSchema|input_schema|inputs|args_schema|argsSchema|schema|input_type|inputType|params_json_schema|params_schema|parameter_schema|parameterSchema|arguments|signature|json_?schema|definition)\b/i;
/** What a vendor is sent of a tool has its description in it. */
const wholeSchema = /\b(?:openai|anthropic|tool|function|llm)_?[sS]chema\b/;
const keyedByName: readonly RegExp[] = [
  /\b[\w.$]*(?:tool|func|command|registr)\w*\.set\(\s*[\w.]*name\b/gi,
  /\{\s*(?:\w+)\.(?:name|__name__)\s*:\s*\w+\s+for\s+\w+\s+in\s+[\w.()[\]]*(?:tool|func|command|skill|action)/gi,
  /\b[\w.$]*(?:tool|func|command|registr)\w*\[\s*[\w.]*(?:\.|_)?(?:name|__name__)\s*\]\s*=[^=]/gi,
  /\bfromEntries\(\s*[\w.$]*(?:tool|func|command)\w*[^;]{0,80}?\.name\b/gi,
  /\b(?:Map<(?:string|\w*Name),\s*|Record<(?:string|\w*Name),\s*|[dD]ict\[str,\s*)(?:type\[|Type\[|\(?new\b[^>]{0,40}=>\s*)?["']?\w*(?:Tool|Command|Skill|(?:Agent|Callable|Registered)Function|(?<=["'\s,])(?:Registered|Agent|Browser|Base)?Action)(?:Type|Def\w*|Info|Spec|Handler|Impl|Class|Entry|Config|Like|Base|Registration|Descriptor|Declaration)?\b(?![\w[])/g,
  /\bfromEntries\(\s*Object\.entries\(\s*[\w.$]*(?:tool|func|command)\w*\)\.map\(/gi,
  /\.query\(\s*\w*(?:Function|Tool|Skill)\w*\s*\)[^;\n]{0,60}\.filter(?:_by)?\([^)\n]*name\s*==?\s*\w*name\b/gi,
  /\bnew Map(?:<[^>]*>)?\(\s*[\w.$]*(?:tool|func|command)\w*[^;]{0,160}?\.map\(\s*\(?\s*(\w+)[^=]{0,30}=>\s*\[\s*\1\.name/gi,
  /\bnew Map\(\s*[\w.$]*tools?\w*\.map\([^;]{0,60}?\.name\b/gi,
];
const searchedByName: readonly RegExp[] = [
  /[\w$.]*tools?\w*\??\.(?:find|some|filter)\w*\(\s*\(?\s*\w+[^)]{0,30}\)?\s*=>[^;]{0,60}?\.name\s*===?/gi,
  /\bnext\(\s*\(?\s*(\w+)\s+for\s+\1\s+in\s+[\w.]*(?:tool|func|skill)\w*(?:\(\))?\s+if\s+\1\.(?:name|__name__)\s*==/gi,
  /\bfor\s+(\w+)\s+in\s+[\w.]*(?:tool|func|skill)\w*(?:\(\))?\s*:\s*if\s+(?:\1\.(?:name|__name__)|\w*name\w*\(\1\))\s*==/gi,
  /\bfor\s*\(\s*const\s+(\w+)\s+of\s+[\w.]*(?:tool|func|skill)\w*(?:\(\))?\s*\)\s*\{?\s*if\s*\(\s*\1\.name\s*===?/gi,
];
/** What turns tools into a vendor's words reads them too, and says least. */
const adapter = /(?:^|\/)(?:providers?|llms?|models?|api|adapters?|transform|backends?|converters?)\//i;

function listedApt(file: FileFacts, offset: number): number {
  if (adapter.test(file.path)) return 0;
  return /regist|list|describe|definition|schema|catalog|tools?$/i.test(functionAt(file, offset)?.name ?? "") ? 6 : 3;
}

const listed: readonly RegExp[] = [
  /\bObject\.(?:values|entries|keys)\(\s*[\w$.]*(?:tools?|actions|skills)\w*\s*\)/gi,
  /[\w.$]*tools?\w*(?:\.values\(\)|\))?\]?\??\.(?:map|flatMap)\(/gi,
  /\bfor\s+\w+\s+in\s+[\w.]*(?:tools?\w*|functions)(?:\.values\(\)|\.items\(\))?/gi,
  /\bfor\s*\(\s*const\s+\[?[\w,\s]+\]?\s+of\s+[\w.$]*tools?\w*/gi,
];

/** Calls and their results are not tools; commands that a person types are not the model's. */
const notTools =
  /tool_?(?:call|use|result|output|message|event|error|stat|state|status|metric|usage|count|approval|polic|permission|future|response|invocation|execution|history|choice|delta|progress|block|render|kind|label|icon)|(?:approvals|pending|claimants?|listings?|keys|schemas|cache)\w*?_?(?:by_?)?(?:tools?|server|name)?\w*(?:\.set|\[)|(?:call|result|use|stat|block)s?_?by_?name|slash|(?:stat|count|metric|result)s?\b/i;

/** A tool put under its own name. */
const keeping =
  /\.set\(\s*(\w*)\.name\s*,\s*\1\s*\)|\[\s*(\w+)\.name\s*\]\s*=\s*\2\b|(\w+)\.(?:name|__name__)\s*:\s*\3\s+for\b/;

function lineFrom({ code }: FileFacts, offset: number): string {
  return code.slice(offset, offset + 160).split("\n")[0] ?? "";
}

/** A registry may be of anything: the line, the class or the path says that it is one of tools. */
function speaksOfTools(file: FileFacts, offset: number): boolean {
  const owner = functionAt(file, offset)?.owner ?? "";
  const line = lineFrom(file, offset);
  return /tool|func|command|skill|action/i.test(`${line} ${owner}`) || /tool|function|skill/i.test(file.path);
}

function isOfTools(file: FileFacts, offset: number, chars = 60): boolean {
  const line = file.code.slice(offset, offset + chars).split("\n")[0] ?? "";
  return !notTools.test(line);
}

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  yield* entries(file, index);
  const code = file.code;
  for (const pattern of keyedByName) {
    for (const offset of offsetsIn(code, pattern))
      if (isOfTools(file, offset) && speaksOfTools(file, offset))
        yield {
          ...finding("collection-by-name", "keyed", "effect", offset, "tools are kept by name"),
          apt: keeping.test(lineFrom(file, offset)) ? 9 : 2,
        };
  }
  for (const pattern of searchedByName)
    for (const offset of offsetsIn(code, pattern))
      if (isOfTools(file, offset))
        yield finding("search-by-name", "keyed", "effect", offset, "tools are searched by name");
  for (const pattern of listed) {
    for (const offset of offsetsIn(code, pattern)) {
      if (!isOfTools(file, offset)) continue;
      const fn = functionAt(file, offset) ?? { start: offset, end: offset + 400 };
      const around = textOf(file, { start: Math.max(fn.start, offset - 240), end: Math.min(fn.end, offset + 500) });
      if (description.test(around) || /schema|definition|declaration|\bname\b/i.test(around))
        yield finding(
          "listed-as-data",
          "listable",
          "effect",
          offset,
          "the tools are read as data",
          listedApt(file, offset),
        );
    }
  }
  for (const fn of functionsNamed(file, /^(?:list|get_?all|all)_?\w*(?:tools|functions|skills)$/i))
    if (index.callsOf(fn.name) > 0 && /\breturn\b/.test(codeOf(file, fn)) && named.test(textOf(file, fn)))
      yield finding("listed-by-function", "listable", "effect", fn.start, "a function lists the tools", 4);
  yield* dispatches(file, index);
  for (const call of callsTo(file, /(^|\.)(registerTool|register_tool|addTool|add_tool|register_function)$/))
    yield finding("registration", "keyed", "called", call.start, "a tool is registered");
}

/**
 * Where a dispatch on the run path names every tool, what is looked up elsewhere is not what dispatches; nor where a
 * framework holds the loop.
 */
function* dispatches(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const anchors = index.anchors.filter(({ kind }) => kind === "tool-dispatch");
  const framework = frameworkDispatches(index);
  const named =
    framework || anchors.some((anchor) => anchor.note === ARM_BY_ARM && index.afterModel(anchor.file, anchor.offset));
  for (const { offset, note } of anchors.filter((anchor) => anchor.file === file)) {
    if (note === "looked up by name") {
      const start = file.code.lastIndexOf("\n", offset) + 1;
      const taken =
        /^\s*(?:(?:const|let)\s+)?(?:tool|fn|func|function|handler|command|impl|target)\w*\s*(?::[^=]{0,60})?=|\breturn\b.*\.(?:execute|run|call|invoke)/i;
      yield {
        ...finding("dispatch-lookup", "lookup", named ? "called" : "effect", offset, "the dispatch looks the tool up"),
        apt: (taken.test(file.code.slice(start, start + 160)) ? 5 : 0) + (index.afterModel(file, offset) ? 4 : 0),
      };
    }
    if (note === "name by name" || note === ARM_BY_ARM)
      yield finding("dispatch-by-name", "lookup", "declaration", offset, "the dispatch names each tool");
  }
}

/** A framework's agent is made, and there is no loop around it, or only one around what the framework runs. */
function frameworkDispatches({ anchors }: WorkspaceIndex): boolean {
  if (!anchors.some(({ note }) => /-agent(?:-sdk)?$/.test(note))) return false;
  if (!anchors.some(({ kind }) => kind === "main-loop")) return true;
  const direct = anchors.filter(({ kind, distance }) => kind === "model-call" && distance === 0);
  const graphs = direct.filter(({ note }) => note === "langchain-agent").length;
  return graphs > direct.filter(({ note }) => !/-agent(?:-sdk)?$/.test(note)).length;
}

function* entries(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const type of typesNamed(file, toolTypeName)) {
    const body = fieldsOf(
      codeOf(file, { start: type.start, end: Math.min(type.end, type.start + 12_000) }),
      file.language,
    );
    if (named.test(body) && ((description.test(body) && schema.test(body)) || wholeSchema.test(body))) {
      yield {
        ...finding("tool-type", "entries", "effect", type.start, "a tool carries name, description and schema"),
        apt:
          (/^(?:I|Base|Abstract|Agent|Callable|Declarative|Function)?_?Tool(?:Definition|Spec|Base|Builder|Config)?\b/.test(
            type.name,
          )
            ? 7
            : 0) + (/mcp|custom|serialized|wrapper|plugin|options|legacy/i.test(type.name) ? 0 : 2),
      };
    }
  }
  for (const offset of offsetsIn(file.text, /["']?name["']?\s*:\s*[^,\n]{1,60},?\s*["']?description["']?\s*:/g)) {
    const around = textOf(file, { start: offset, end: offset + 900 });
    // Made from what an entry carries, it shows what entries carry.
    const carried =
      /^["']?name["']?\s*:\s*(\w+)(?:\[["']name["']\]|\.name)\s*,\s*["']?description["']?\s*:\s*\1(?:\.|\[)/.test(
        around,
      ) &&
      new RegExp(`\\b${/:\s*(\w+)/.exec(around)?.[1]}\\b[^\\n]{0,40}(?:param|schema|input|arg)`, "i").test(around) &&
      index.farFromAnchors(file.path) <= 1 &&
      !adapter.test(file.path);
    if (carried && schema.test(around))
      yield finding("entry-described", "entries", "effect", offset, "an entry gives its name, description and schema");
    else if (schema.test(around))
      yield finding("tool-literal", "entries", "declaration", offset, "a tool written as a literal with schema");
  }
  for (const call of callsTo(
    file,
    /(^|\.)(tool|function_tool|defineTool|createTool|StructuredTool|FunctionTool|zodFunction|function_to_json|DynamicStructuredTool)$/,
  )) {
    yield finding("tool-factory", "entries", "called", call.start, "a tool is made from a declaration");
  }
}

/**
 * What a type says of its own fields: the insides of methods and of values are left out, the parameters of a
 * constructor stay.
 */
function fieldsOf(code: string, language: FileFacts["language"]): string {
  const base = language === "python" ? 0 : 1;
  const kept: string[] = [];
  let depth = 0;
  let making = false;
  for (const [at, char] of [...code].entries()) {
    if (/[([{]/.test(char)) {
      depth += 1;
      if (depth === base + 1) making = /(?:constructor|__init__)\s*$/.test(code.slice(Math.max(0, at - 24), at));
      continue;
    }
    if (/[)\]}]/.test(char)) {
      depth -= 1;
      if (depth <= base) making = false;
      continue;
    }
    if (depth <= base || making) kept.push(char);
  }
  return kept.join("");
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
  asserted:
    /tool.{0,50}(regist|look(?:s|ed)? ?up|unknown|not found|does not exist|duplicate|schema|definition|by name|dispatch|listed)|(regist|unknown|dispatch|look(?:s|ed)? ?up)\w*.{0,50}tool/i,
  denied: /tool (?:registry|calling|calls|use|interface)|tool-calling interface/,
};
