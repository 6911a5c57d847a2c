/**
 * Tool pool assembly: the set offered to the model is computed per session, agent or turn from mode, permission or
 * availability.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { contains, type FileFacts, functionAt } from "../source/facts.ts";
import { argumentsOf, codeOf, finding, functionsNamed, lastName, offsetsIn, textOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { chosenSets } from "./tool-pool-choice.ts";
import { joinedUnderConditions } from "./tool-pool-conditions.ts";

const criterion =
  /enabled|disabled|allow|deny|denied|exclu|includ|permission|mode|availab|read_?only|readonly|active|\bhas\(|includes\(|support|role|agent|isEnabled|whitelist|blacklist|visible|plan/i;
const filters: readonly RegExp[] = [
  /[\w.$]*tools?(?:definitions?|registry|map|list|sets?|kit|box|classes|entries|configs?|specs)?(?:\.values\(\)|\(\))?[\])]?\??\s*\.filter\(/gi,
  /\[\s*\w+\s+for\s+\w+\s+in\s+[\w.]*tools?(?:_?(?:registry|map|list|sets?|kit|box|classes|instances|definitions|specs|configs?))?(?:\.values\(\)|\.items\(\)|\(\))?\s+if\b/gi,
  /\{\s*\w+\s*:\s*\w+\s+for\s+\w+\s*,\s*\w+\s+in\s+[\w.]*tools?\w*\.items\(\)\s+if\b/gi,
];
/** Tools that are complained of are not offered. */
const complaint = /\b(?:bad|invalid|missing|unknown|duplicate|unused|orphan|failed)\w*\s*(?::[^=\n]+)?=\s*\[?\s*$/i;
/** Rows of tools are the pool where what the agent is set to decides which. */
const rowsOfAgent = /in_\([^)\n]*(?:config|agent|session|role|mode|user)/i;
/** The names an agent, a mode or a template carries decide which tools there are. */
const ofAgent =
  /\b\w*(?:agent|template|profile|mode|persona|definition|spec)\w*\??\.(?:allowed_?)?tool(?:s|_?names)\??\.(?:includes|has|some|filter)\(|\b(?:if|and|or|not)\b[^\n]{0,60}\bin\s+(?:\w+\.)*\w*(?:agent|template|profile|mode|persona|spec)\w*\.(?:allowed_?)?tool(?:s|_names)\b/gi;
const builder =
  /^_*(?:get|select|assemble|build|resolve|create|filter|load|set|list|prepare|compute|setup|collect|make|assign|enabled|active|available|update|refresh|configure|init\w*)_?\w*(?:tools|tool_?(?:set|pool|kit|list|names|definitions|declarations|schemas)s?)(?:_?(?:for|by|from|with|in|of|to|when|based)_?\w*)?$|^_*tools_?for|setActiveTools/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const pattern of filters) {
    for (const offset of offsetsIn(file.code, pattern)) {
      const statement = file.text.slice(offset, Math.min(offset + 260, file.text.length));
      if (!criterion.test(conditionIn(statement))) continue;
      const fn = functionAt(file, offset);
      if (complaint.test(file.code.slice(Math.max(0, offset - 60), offset))) continue;
      if (/\bquery\([^)]*$/.test(file.code.slice(Math.max(0, offset - 40), offset)) && !rowsOfAgent.test(statement))
        continue;
      if (
        /\.name\s*===?\s*\w*(name|Name)\)/.test(statement.slice(0, 120)) ||
        /tool_?(call|result|use)s?/i.test(statement.slice(0, 30))
      )
        continue;
      const used = index.onRunPath(file, offset) || (fn !== undefined && index.callsOf(fn.name) > 0);
      yield finding(
        "tools-filtered",
        "computed",
        used ? "effect" : "declaration",
        offset,
        "the set of tools is filtered",
      );
    }
  }
  for (const fn of functionsNamed(file, builder)) {
    if (/call|result|output|message|count|icon|label/i.test(fn.name)) continue;
    const branch = file.branches.find(
      (candidate) =>
        contains(fn, candidate) &&
        criterion.test(textOf(file, candidate.condition)) &&
        /tool/i.test(textOf(file, candidate.body)),
    );
    if (branch)
      yield finding(
        "tools-built",
        "computed",
        index.callsOf(fn.name) > 0 ? "effect" : "declaration",
        branch.start,
        "the set of tools depends on a condition",
      );
  }
  for (const offset of offsetsIn(file.code, ofAgent)) {
    const fn = functionAt(file, offset);
    if (fn && (index.onRunPath(file, offset) || index.callsOf(fn.name) > 0))
      yield finding("tools-of-agent", "computed", "effect", offset, "each agent has its own set of tools");
  }
  yield* joinedUnderConditions(file, index);
  yield* chosenSets(file, index);
  yield* allowedPerTurn(file, index);
  yield* offered(file, index);
}

const flag = /^_?(?:allow|enable|permit|can|disallow|disable)_?[A-Za-z]\w*$/;
const shapes = /(?:schema|tools?|actions?|functions?)$/i;

/** Flags that the turn sets decide which actions the schema, or the list, of the next request has. */
function* allowedPerTurn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!shapes.test(call.callee) || !index.onRunPath(file, call.start)) continue;
    const fn = functionAt(file, call.start);
    const given = codeOf(file, { start: call.argumentsAt + 1, end: call.end - 1 });
    const flags = given
      .split(",")
      .map((one) => one.trim())
      .filter((one) => flag.test(one));
    if (!fn || flags.length < 2) continue;
    const set = flags.filter(
      (one) => (codeOf(file, fn).match(new RegExp(`\\b${one}\\s*=(?!=)`, "g"))?.length ?? 0) > 1,
    );
    const asksModel = index.anchors.some(
      ({ kind, file: home, offset }) =>
        kind === "model-call" && home === file && contains(fn, { start: offset, end: offset + 1 }),
    );
    if (set.length === 0 || !asksModel) continue;
    yield finding("actions-by-flags", "computed", "effect", call.start, "each turn sets which actions there are", 6);
    yield finding("actions-by-flags", "offered", "effect", call.start, "what is allowed shapes the request", 6);
  }
}

/** What decides: in a comprehension nothing beyond its closing bracket. */
function conditionIn(statement: string): string {
  const from = statement.slice(Math.max(0, statement.search(/filter\(|\bif\b/)));
  return /^if\b/.test(from) ? (from.split(/[\]}]\s*(?:\n|$)/)[0] ?? from) : from;
}

function* offered(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const anchor of index.anchors) {
    if (anchor.kind !== "model-call" || anchor.file !== file || anchor.distance > 3) continue;
    const call = file.calls.find(({ start }) => start === anchor.offset);
    const fn = functionAt(file, anchor.offset);
    const apt = 6 - 2 * anchor.distance;
    const passes =
      call &&
      /\b\w*tools\b|\bfunctions\b|\btool_?(?:definitions?|specs|declarations|schemas|config|list|set)\b/i.test(
        argumentsOf(file, call),
      );
    if (call && /\btools\s*[=:]\s*\[\s*\]/.test(argumentsOf(file, call))) continue;
    if (passes)
      yield { ...finding("tools-offered", "offered", "effect", anchor.offset, "the request carries the tools"), apt };
    else if (
      fn &&
      /\b(?:tools|functions)\b\s*[:=]|\[["'](?:tools|functions)["']\]|bind_?tools/i.test(textOf(file, fn)) &&
      (call === undefined || lastName(call.callee) !== "")
    ) {
      yield { ...finding("tools-offered", "offered", "effect", anchor.offset, "the request carries the tools"), apt };
    }
  }
  for (const fn of file.functions) {
    if (fn.name === "" || fn.end - fn.start > 6_000 || index.farFromAnchors(file.path) > 2) continue;
    const text = textOf(file, fn);
    const tools = /["']?\btools\b["']?\s*(?::|=|\]\s*=)(?!=)/.exec(text);
    if (!tools || !/\bmessages\b|\bcontents\b/.test(text) || !/max_?tokens|\bmodel\b/i.test(text)) continue;
    const used = index.onRunPath(file, fn.start + 1) || index.callsOf(fn.name) > 0;
    if (used)
      yield finding(
        "tools-in-request",
        "offered",
        "effect",
        fn.start + tools.index,
        "the request is built with the tools",
      );
  }
  yield* passedOn(file, index);
  for (const offset of offsetsIn(
    file.code,
    /\b(?:tools|functions)\b\s*(?::\s*(?:list|List|Sequence|readonly|Array|Tool|Any)\b[\w[\], |<>.]*)/g,
  )) {
    yield finding("tools-parameter", "static-list", "declaration", offset, "the caller gives a list of tools");
  }
}

/** The tools of a request that are neither written there nor a constant come from whoever called, or from settings. */
function* passedOn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const match of file.code.matchAll(
    /(?:\btools\b|\[\s*["']\s*["']\s*\])["']?[ \t]*(?:\??:|=(?!=))[ \t]*(?:await[ \t]+)?([\w$.?]*[\w$])/g,
  )) {
    const given = match[1] ?? "";
    if (!/tools\b/.test(file.text.slice(match.index, match.index + 12)) || !/[a-z]/.test(given.split(".").at(-1) ?? ""))
      continue;
    if (
      /^(?:None|null|undefined|true|false|True|False|list|List|Sequence|str|string|readonly|Any|any|dict|Dict|typing|z|new|await|Field)\b/.test(
        given,
      )
    )
      continue;
    if (/^[A-Z]\w*$/.test(given) || !index.onRunPath(file, match.index) || index.farFromAnchors(file.path) > 1)
      continue;
    yield finding("tools-passed-on", "static-list", "declaration", match.index, "the tools come from the caller");
  }
}

export const toolPoolAssembly: PrimitiveProbes = {
  id: "tool-pool-assembly",
  aspects: [
    { id: "computed", required: true, text: "the set is computed from mode, permission or availability" },
    { id: "offered", required: true, supporting: true, text: "the computed set is what the model gets" },
    { id: "static-list", required: false, text: "a static list from the caller" },
  ],
  probe,
  asserted:
    /(filter|exclu|includ|enabl|disabl|allow|deny|active|available|select|only)\w*.{0,40}tools?|tools?.{0,40}(filter|exclu|enabl|disabl|allow|active|available|select|mode)/i,
  denied: /tool (?:pools?|filtering|selection)/,
};
