/**
 * Agent type system: at least two named types of agent, each with its own prompt and its own tools or limits, that can
 * be chosen by name.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { agentDeclaredIn } from "../source/agent-files.ts";
import { contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { codeOf, finding, functionsNamed, lastName, offsetsIn, textOf } from "../source/query.ts";
import { wordsIn } from "../source/variants.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { agentFamilies, agentsSideBySide, namedWithPrompt } from "./agent-families.ts";
import { modeSites } from "./agent-modes.ts";

const prompt = /\b(\w*prompt\w*|templates?|\w*instructions?|system_?message|system|persona)\b/i;
const ownPrompt = /\b(?:\w*prompt\w*|instructions|system_?message|persona|role_?definition)["']?\s*[:=,]/i;
const ownPowers =
  /\b(?:\w*tools|\w*tool_?(?:names|set|list|config|kit|ids)|functions|permissions?|max_?(?:turns|steps|iterations)|groups|disallowed\w*)["']?\s*[:=,]/i;
const powers =
  /\b(\w*tools|functions|tool_?names|permissions?|max_?(turns|steps|tokens|iterations)|limits?|mode|disallowed\w*)\b/i;
const literal = /["']?(?:name|id|slug|agentType|agent_type)["']?\s*[:=]\s*["'][\w -]{2,40}["']/g;
const systemPrompt = /\b(?:system_?prompt|prompt_?config|role_?definition|instructions)\b/i;
/** A literal with long prompts in it is still one. In UTF-16 units. */
const literalCharsMax = 24_000;
const agentWord = /agent|role|persona|coder|mode|profile|worker/i;
const collection =
  "(?:sub_?)?(?:agents|agent_?(?:types?|classes|configs?|definitions?|defs|specs|registry|map|profiles|graphs))|subagent_?\\w*|modes|personas|profiles?|roles|AGENTS?(?:_[A-Z]+)*";
const byName: readonly RegExp[] = [
  new RegExp(
    `\\b[\\w.$#]*?(?<![bB]y_?)(?:${collection})\\??(?:\\.get\\(|\\.has\\(|\\[)\\s*[\\w.$?]*(?:name|type|agent|role|mode|slug|profile|persona|kind)\\b(?!\\s*[\\])]\\s*=[^=])`,
    "gi",
  ),
  /\b[\w.$]*(?:agents|modes|roles|personas|profiles|subagents)\w*\.find\w*\(\s*\(?\s*\w+[^)]{0,30}\)?\s*=>[^;]{0,60}?\.(?:name|type|slug|id)\s*===?/gi,
  /\b(?:subagent_?type|agent_?type|agentType|subagentType|edit_format)\s*(?:===?|\bin\b|not in)/gi,
];

/** What tells of an agent, runs one, or shows one declares none. */
const noDeclaration =
  /(?:Event|Props|Executor|Runner|Context|State|Result|Telemetry|Entry|Options|Params|Args|Request|Response|Message|Manager|Session|Store|Service|Client|Factory|Provider|Handler|Builder|Loader|Parser|Step|Action|Tool|Adapter|Model)$|Telemetry/;
const plainlyAgent = /^(?:Base|LLM|Llm|Chat|Custom|Sub)?Agent(?:Config|Definition|Spec|Type|Info)?$/;
/** A declaration with its documentation is no longer than this. In UTF-16 units. */
const typeCharsMax = 8_000;
const declaring = new Set("agent agents subagent coder persona mode role".split(" "));

/** What a tool, a command or a caller names an agent by. */
const typeParameter =
  /\b(?:sub_?agent_?(?:type|name)|agent_?type)["']?\??\s*:\s*(?:str\b|z\.\w+\(|string\b|Type\.\w+\(|Annotated\b|\w*(?:AgentType|AgentName)\b)/gi;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (file.language === "agent file") {
    const declared = agentDeclaredIn(file);
    if (declared !== undefined)
      yield finding("agent-file", "types", "effect", declared, "an agent in a file, with its own prompt and powers");
    return;
  }
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  yield* literals(file, base);
  yield* declaredInFolder(file);
  yield* agentFamilies(file, index);
  yield* namedWithPrompt(file);
  yield* agentsSideBySide(file, index);
  yield* graphs(file, index);
  yield* configured(file);
  yield* modes(file, base, index);
  yield* helpers(file, index);
  for (const type of file.types) {
    if (!wordsIn(type.name).some((word) => declaring.has(word)) || noDeclaration.test(type.name)) continue;
    const body = codeOf(file, { start: type.start, end: Math.min(type.end, type.start + typeCharsMax) });
    if (prompt.test(body) && powers.test(body))
      yield finding(
        "agent-class",
        "declarable",
        "declaration",
        type.start,
        "a type to declare agents with",
        plainlyAgent.test(type.name) ? 8 : 0,
      );
  }
  for (const pattern of byName) {
    for (const offset of offsetsIn(file.code, pattern)) {
      const fn = functionAt(file, offset);
      const said = file.code.slice(offset, offset + 80).split("\n")[0] ?? "";
      // Counts and labels kept by the name of an agent choose none.
      if (
        /user_?agent|(?:interactive|aria|dom|accessib\w*|node|message|chat)_?roles|[\])]\s*[-+]=|count|stat|label|color|icon|binar/i.test(
          said,
        )
      )
        continue;
      if (fn && (index.onRunPath(file, offset) || index.callsOf(fn.name) > 0))
        yield {
          ...finding("chosen-by-name", "selectable", "effect", offset, "an agent is chosen by name"),
          apt: /agent/i.test(file.code.slice(offset, offset + 60)) ? 6 : 0,
        };
    }
  }
  for (const offset of offsetsIn(file.code, typeParameter))
    if (index.farFromAnchors(file.path) <= 2)
      yield finding("type-as-parameter", "selectable", "effect", offset, "the type of an agent is a parameter");
  for (const fn of functionsNamed(
    file,
    /^(?:(?:get|load|select|apply|set)_?(?:profile|persona|mode|preset)(?:_?by_?name)?$|(get|select|resolve|find|load|create|spawn)_?(sub)?agent(_?(by_?)?(name|type|config|definition))?$)/i,
  )) {
    if (
      index.callsOf(fn.name) > 0 &&
      !/\b(?:login|user\w*|account\w*|email|member\w*)\b/i.test(
        textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 90) }),
      ) &&
      /name|type/i.test(textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 160) }))
    )
      yield finding("agent-factory", "selectable", "effect", fn.start, "agents are made by name");
  }
}

/** A mode that changes prompt and tools is a type; one that changes the prompt alone differs in what it says. */
function* modes(file: FileFacts, base: string, index: WorkspaceIndex): Iterable<Finding> {
  for (const site of modeSites(index)) {
    if (site.file !== file) continue;
    if (!site.both) {
      yield finding("mode-of-prompt", "declarable", "called", site.offset, "a named mode changes the prompt");
      continue;
    }
    const apt = /prompt|instruction|tool|preset/i.test(`${functionAt(file, site.offset)?.name} ${base}`) ? 5 : 0;
    yield finding("mode-of-agent", "types", "effect", site.offset, `a named mode changes the ${site.changes}`, apt);
    if (site.changes === "tools")
      yield finding("mode-chosen", "selectable", "effect", site.offset, "a mode is chosen by name");
  }
}

const subAgent = /sub_?agent/i;
const givenTo = /\b\w*(?:prompt|instructions?|system_?message)\w*\b/i;
const called = (fn: FunctionFact, index: WorkspaceIndex): boolean => index.callsOf(fn.name) > 0;

/** A function of a sub-agent that reaches the model: an agent besides the main one, whatever it is made of. */
function* helpers(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, subAgent, true)) {
    const body = codeOf(file, fn);
    if (!givenTo.test(body) || !(index.onRunPath(file, fn.start + 1) || called(fn, index))) continue;
    yield finding("sub-agent", "declarable", "called", fn.start, "a sub-agent with its own prompt");
  }
}

const profileFolder = /(?:^|\/)\.?(?:profiles|agents|personas|modes|presets)\//i;
const givenPrompt = /^([\w$]+)\.(?:system_?message|system_?prompt|instructions|custom_?instructions)\s*\+?=(?!=)/gim;

/** A file that makes an agent what it is: it sets the prompt of one, and its powers. */
function* configured(file: FileFacts): Iterable<Finding> {
  if (!profileFolder.test(file.path)) return;
  for (const match of file.code.matchAll(givenPrompt)) {
    const own = new RegExp(
      `^${match[1]}\\.(?:[\\w.]*(?:tools|functions|permissions|languages|max_\\w+|limits?|auto_?run|auto_?approve|safe_?mode|sandbox|budget|import_\\w+|offline|supports_\\w+))\\s*=(?!=)`,
      "im",
    );
    if (own.test(file.code))
      yield finding(
        "agent-profile",
        "types",
        "effect",
        match.index,
        "a profile sets the prompt and the powers of an agent",
      );
    return;
  }
}

/** Object or dictionary literals, or calls, that name an agent and give it a prompt and powers of its own. */
function* literals(file: FileFacts, base: string): Iterable<Finding> {
  const seen = new Set<number>();
  for (const match of file.text.matchAll(literal)) {
    const span = bracketed(file.code, match.index);
    // An id and a name in one literal are one agent.
    if (!span || seen.has(span.start) || span.end - span.start > literalCharsMax) continue;
    seen.add(span.start);
    const code = codeOf(file, span);
    const quoted = textOf(file, span);
    const before = file.code.slice(Math.max(0, span.start - 120), span.start);
    if (/(?:Event|Log|Metric|Tool\w*)s?\s*\(?\s*$|\b(?:capture|track|report|log)\w*\s*$/.test(before)) continue;
    // An agent that is made and run on the spot is a helper and no type.
    if (/\bcreate_?(?:react_?|deep_?)?agent\s*$/i.test(before) && functionAt(file, match.index)) continue;
    const named =
      agentWord.test(before) ||
      agentWord.test(base) ||
      profileFolder.test(file.path) ||
      /agent/i.test(quoted.slice(0, 80));
    // What has a schema of its own and no prompt of a system is a tool.
    const isTool = /\bparameters\b|inputSchema|input_schema/.test(code) && !systemPrompt.test(code);
    if (named && !isTool && ownPrompt.test(quoted) && ownPowers.test(quoted))
      yield finding("agent-definition", "types", "effect", match.index, "a named agent with its own prompt and powers");
  }
}

const makesAgent =
  /(?:^|\.)(?:create_deep_agent|createDeepAgent|create_react_agent|createReactAgent|create_agent|createAgent)$/;

/** A function that gives back an agent of the framework with tools of its own. Several such files are several types. */
function* graphs(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const { kind, start, end } of file.exits) {
    if (kind !== "return") continue;
    const made = file.calls.find(
      (call) =>
        contains({ start, end }, call) &&
        makesAgent.test(call.callee) &&
        index.functionsNamed(lastName(call.callee)).length === 0,
    );
    const given = made ? textOf(file, { start: made.argumentsAt, end: made.end }) : "";
    if (!made || !/\btools\s*[=:]\s*(?:\[\s*[\w*.]|\w)/.test(given) || !/prompt|instructions|middleware/i.test(given))
      continue;
    yield finding("agent-graph", "types", "effect", made.start, "an agent with its own tools, made by a function", 3);
    return;
  }
}

/** A changed copy of an agent is no type of its own. */
const changedCopy = /\b(?:replace|clone|copy|model_copy|evolve|update|assign)\s*\(?$/;

/** A file of a folder of agents that gives a prompt and tools in one literal: its name may stand elsewhere. */
function* declaredInFolder(file: FileFacts): Iterable<Finding> {
  if (!profileFolder.test(file.path)) return;
  for (const match of file.code.matchAll(/\b(?:systemPrompt|system_prompt|instructions)["']?\s*[:=]\s*(?=[`"'\w(])/g)) {
    const span = bracketed(file.code, match.index);
    if (!span || file.types.some((type) => type.start <= match.index && match.index < type.end)) continue;
    if (changedCopy.test(file.code.slice(Math.max(0, span.start - 80), span.start))) continue;
    if (!/\b(?:toolNames|tool_names|tools|allowed_?tools)["']?\s*[:=]\s*[[\w]/i.test(codeOf(file, span))) continue;
    yield finding("agent-literal", "types", "effect", match.index, "an agent with its own prompt and tools", 3);
    return;
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
  for (let at = start; at < Math.min(code.length, start + literalCharsMax); at += 1) {
    const char = code[at];
    if (char === "{" || char === "(") depth += 1;
    else if ((char === "}" || char === ")") && --depth === 0) return { start, end: at + 1 };
  }
  return undefined;
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
