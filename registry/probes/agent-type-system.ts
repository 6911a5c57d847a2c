/**
 * Agent type system: at least two named types of agent, each with its own prompt and its own tools or limits, that can
 * be chosen by name.
 */
import { type FileFacts, functionAt } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { codeOf, finding, functionsNamed, offsetsIn, textOf, typesNamed } from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const prompt = /\b(\w*prompt\w*|instructions|system_?message|system|persona)\b/i;
const ownPrompt = /\b(?:\w*prompt\w*|instructions|system_?message|persona|role_?definition)["']?\s*[:=,]/i;
const ownPowers =
  /\b(?:\w*tools|functions|permissions?|max_?(?:turns|steps|iterations)|groups|disallowed\w*)["']?\s*[:=,]/i;
const powers =
  /\b(\w*tools|functions|tool_?names|permissions?|max_?(turns|steps|tokens|iterations)|limits?|mode|disallowed\w*)\b/i;
const literal = /["']?(?:name|id|slug|agentType|agent_type)["']?\s*[:=]\s*["'][\w -]{2,40}["']/g;
const agentWord = /agent|role|persona|coder|mode|profile|worker/i;
const byName: readonly RegExp[] = [
  /\b[\w.$]*(?:agents?|roles?|profiles|subagents?|modes|personas|agent_?types|AGENTS?(?:_REGISTRY|_TYPES|_CONFIGS|_DEFINITIONS)?)(?:\.get\(|\[)\s*[\w.$?]*(?:name|type|agent|role|mode|id|key|kind|config)\w*/gi,
  /\b[\w.$]*(?:agents?|modes|roles|subagents?)\w*\.find\w*\(\s*\(?\s*\w+[^)]{0,30}\)?\s*=>[^;]{0,60}?\.(?:name|type|slug|id)\s*===?/gi,
  /\b(?:subagent_?type|agent_?type|agentType|subagentType|edit_format)\s*(?:===?|\bin\b|not in)/gi,
];

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  yield* literals(file, base);
  yield* subclasses(file);
  for (const type of typesNamed(file, /agent|coder|persona|mode|role/i)) {
    const body = codeOf(file, { start: type.start, end: Math.min(type.end, type.start + 3_000) });
    if (prompt.test(body) && powers.test(body))
      yield finding("agent-class", "declarable", "declaration", type.start, "a type to declare agents with");
  }
  for (const pattern of byName) {
    for (const offset of offsetsIn(file.code, pattern)) {
      const fn = functionAt(file, offset);
      if (/user_?agent/i.test(file.code.slice(offset, offset + 60))) continue;
      if (fn && (index.onRunPath(file, offset) || index.callsOf(fn.name) > 0))
        yield finding("chosen-by-name", "selectable", "effect", offset, "an agent is chosen by name");
    }
  }
  for (const fn of functionsNamed(
    file,
    /^(get|select|resolve|find|load|create|spawn)_?(sub)?agent(_?(by_?)?(name|type|config|definition))?$/i,
  )) {
    if (
      index.callsOf(fn.name) > 0 &&
      /name|type/i.test(textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 160) }))
    )
      yield finding("agent-factory", "selectable", "called", fn.start, "agents are made by name");
  }
}

/** Object or dictionary literals, or calls, that name an agent and give it a prompt and powers of its own. */
function* literals(file: FileFacts, base: string): Iterable<Finding> {
  for (const match of file.text.matchAll(literal)) {
    const span = bracketed(file.code, match.index);
    if (!span || span.end - span.start > 8_000) continue;
    const code = codeOf(file, span);
    const quoted = textOf(file, span);
    const before = file.code.slice(Math.max(0, span.start - 120), span.start);
    const named = agentWord.test(before) || agentWord.test(base) || /agent/i.test(quoted.slice(0, 80));
    const schema = /\bparameters\b|inputSchema|input_schema/.test(code);
    if (named && !schema && ownPrompt.test(quoted) && ownPowers.test(quoted))
      yield finding("agent-definition", "types", "effect", match.index, "a named agent with its own prompt and powers");
  }
}

/** The innermost brackets around an offset, searched within a few thousand characters. */
function bracketed(code: string, offset: number): { readonly start: number; readonly end: number } | undefined {
  let depth = 0;
  let start = -1;
  for (let at = offset; at >= Math.max(0, offset - 3_000); at -= 1) {
    const char = code[at];
    if (char === "}" || char === ")") depth += 1;
    else if ((char === "{" || char === "(") && --depth < 0) {
      start = at;
      break;
    }
  }
  if (start < 0) return undefined;
  depth = 0;
  for (let at = start; at < Math.min(code.length, start + 8_000); at += 1) {
    const char = code[at];
    if (char === "{" || char === "(") depth += 1;
    else if ((char === "}" || char === ")") && --depth === 0) return { start, end: at + 1 };
  }
  return undefined;
}

/** Classes of agents under a common base, each with its own prompt. */
function* subclasses(file: FileFacts): Iterable<Finding> {
  for (const type of file.types) {
    if (type.kind !== "class") continue;
    const head = codeOf(file, { start: type.start, end: Math.min(type.end, type.start + 200) });
    if (!/\b(?:class\s+\w+\s*\(\s*\w*(?:Agent|Coder)\w*|extends\s+\w*(?:Agent|Coder)\b)/.test(head)) continue;
    const body = codeOf(file, { start: type.start, end: Math.min(type.end, type.start + 8_000) });
    const own = /\b\w*prompt\w*\s*=|self\.\w*prompt\w*\s*=|system_?prompt|instructions/i.test(body);
    if (!own) continue;
    const able =
      /\btools\b\s*[=:]|\b_?(?:get|build|create|select)_?tools\s*\(|allowed_?tools|max_?(steps|turns)\s*=/i.test(body);
    yield finding(
      "agent-subclass",
      able ? "types" : "declarable",
      able ? "effect" : "declaration",
      type.start,
      able ? "a type of agent with its own prompt and powers" : "a type of agent with its own prompt",
    );
  }
}

export const agentTypeSystem: PrimitiveProbes = {
  id: "agent-type-system",
  aspects: [
    {
      id: "types",
      required: true,
      text: "at least two named types, each with its own prompt and its own tools or limits",
      atLeast: 2,
    },
    { id: "selectable", required: true, supporting: true, text: "a type is chosen by name" },
    { id: "declarable", required: false, text: "a class to declare agents with" },
  ],
  probe,
  asserted: /sub-?agent|agent.{0,20}(type|definition|tools|prompt|name)/i,
  denied: /sub-?agents?|agent types/,
};
