/**
 * Families of agents: classes below one class of agents, in the repository or out of it. Each member is read for a
 * prompt and for powers of its own; many members with prompts are types even where their powers are written as code.
 */

import type { Finding } from "../finding.ts";
import { type FileFacts, functionAt, type TypeFact } from "../source/facts.ts";
import { codeOf, finding, lastName, textOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

/** What a class of agents is called by its last word; `SystemRole` is a role that a prompt is written for. */
const agentClass = /(?:Agent|Coder|Role|Persona)\d*$/m;
const noAgent =
  /(?:Error|Exception|Test|Mock|Event|Config|Settings|Params|Wrapper|Proxy|Mixin|Protocol|Adapter)$|^I[A-Z]/;
const head = /\b(?:class\s+\w+\s*\(([^)]*)\)|(?:extends|implements)\s+([\w$.]+))/;

/** A prompt that is written down: a literal, a constant, a template; not a field that its user fills. */
const ownPrompt =
  /\b\w*(?:[Pp]rompt|PROMPT|[Ii]nstruction|[Pp]ersona|[Bb]ackstory|[Gg]uidance|[Gg]oal|[Ss]ystem_?[Mm]essage)\w*["'\])]*\s*(?::[^=\n]{1,80})?[=:]\s*\(?\s*(?:[frFR]{0,2}["'`]{1,3}\s{8}|[\w.]*\b[A-Z][A-Z\d]*_[A-Z_\d]+\b|[\w.]*(?:[Pp]rompt|[Tt]emplate|[Ii]nstruction)\w*\()|\.template\(|\b_?(?:get|build|render|load|create|format)_?\w*[Pp]rompt\w*\(/;
const ownPowers =
  /\btools\b\s*[=:]|\b_?(?:get|build|create|select)_?tools\s*\(|\ballowed_?tools|\bmax_?\w*(?:steps|turns|loop|iterations)\b[^=\n]{0,20}=|\bset_?(?:actions|tools)\(/i;
/** A method of acting that a class has of its own: what it does to the world is not what its base does. */
const actsItself =
  /\bdef\s+_?(?:apply|execute|act|perform|edit|get_edits|reply|allowed)\w*\(|\b(?:async\s+)?(?:execute|act|perform|apply)[A-Z]?\w*\([^)]*\)\s*(?::[^{;]{0,80})?\{/;

const bodyCharsMax = 8_000;
/** So many members with prompts of their own do different things, whatever their powers are written as. */
const membersOfTypes = 5;

interface Member {
  readonly file: FileFacts;
  readonly type: TypeFact;
  readonly prompt: boolean;
  readonly powers: boolean;
}

const known = new WeakMap<WorkspaceIndex, readonly Member[]>();

/** Every class below a class of agents, near the model. */
function membersIn(index: WorkspaceIndex): readonly Member[] {
  const made = known.get(index) ?? found(index);
  known.set(index, made);
  return made;
}

function found(index: WorkspaceIndex): readonly Member[] {
  const near = index.product.filter(({ path }) => index.farFromAnchors(path) <= 2);
  const classes = near.flatMap((file) =>
    file.types.filter(({ kind }) => kind === "class").map((type) => ({ file, type })),
  );
  const inherited = new Set(
    classes.filter(({ type }) => agentClass.test(type.name)).flatMap(({ type }) => index.below(type.name)),
  );
  return classes
    .filter(
      ({ file, type }) =>
        !noAgent.test(type.name) &&
        (inherited.has(type.name) || agentClass.test(basesOf(file, type))) &&
        !/\bABC\b|\babstract\b/.test(headOf(file, type)),
    )
    .map(({ file, type }) => {
      const body = codeOf(file, { start: type.start, end: Math.min(type.end, type.start + bodyCharsMax) });
      return {
        file,
        type,
        prompt: ownPrompt.test(body),
        powers: ownPowers.test(body) || actsItself.test(body),
      };
    });
}

function headOf(file: FileFacts, type: TypeFact): string {
  const before = Math.max(0, type.start - 10);
  return codeOf(file, { start: before, end: Math.min(type.end, type.start + 240) }).split(/\{|:\s*\n/)[0] ?? "";
}

/** The names that a class extends, each at the end of a line. */
function basesOf(file: FileFacts, type: TypeFact): string {
  const [, listed = "", one = ""] = head.exec(headOf(file, type)) ?? [];
  return `${listed},${one}`
    .split(/[,[\]<>\s]+/)
    .map(lastName)
    .join("\n");
}

/** The members of families that a file declares. */
export function* agentFamilies(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const members = membersIn(index);
  const many = members.filter(({ prompt }) => prompt).length >= membersOfTypes;
  for (const { file: home, type, prompt, powers } of members) {
    if (home !== file) continue;
    const able = prompt && (powers || many);
    if (able)
      yield finding(
        "agent-subclass",
        "types",
        "effect",
        type.start,
        "a type of agent with its own prompt and powers",
        powers ? 2 : 0,
      );
    else if (prompt || members.length > 1)
      yield finding("agent-subclass", "declarable", "declaration", type.start, "one of several kinds of agent");
  }
}

const agentFolder = /(?:^|\/)agents\//;
/** What serves agents is none. */
const machinery =
  /(?:Manager|Executor|Server|Util|Utils|Data|Resolver|Memory|Middleware|Tool|Invocation|Handler|State|Result|Builder|Loader|Parser|Factory|Service|Provider|Client|Registry|Store|Runner)$/;
const partName = /^(?:[A-Z][a-z]+)+Agent$/;
/** So many agents beside each other, and one is no mere wrapper of the other. */
const partsMin = 3;

const parts = new WeakMap<WorkspaceIndex, readonly Omit<Member, "prompt" | "powers">[]>();

/** Classes with prompts of their own that stand side by side without a common base: agents wired one after the other. */
export function* agentsSideBySide(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const made = parts.get(index) ?? standing(index);
  parts.set(index, made);
  if (made.length < partsMin) return;
  for (const { file: home, type } of made)
    if (home === file)
      yield finding(
        "agent-beside-others",
        "declarable",
        "declaration",
        type.start,
        "one of several agents, with its own prompt",
      );
}

function standing(index: WorkspaceIndex): readonly Omit<Member, "prompt" | "powers">[] {
  return index.product
    .filter(({ path }) => index.farFromAnchors(path) <= 2)
    .flatMap((file) =>
      file.types
        .filter(
          (type) =>
            type.kind === "class" &&
            (partName.test(type.name) || agentFolder.test(file.path)) &&
            !noAgent.test(type.name) &&
            !machinery.test(type.name) &&
            basesOf(file, type).trim() === "" &&
            ownPrompt.test(codeOf(file, { start: type.start, end: Math.min(type.end, type.start + bodyCharsMax) })),
        )
        .map((type) => ({ file, type })),
    );
}

const personWord = /(?:Agent|Role|Persona|Coder)$/;
const givenPrompt = /^\(\s*["'][\w ./-]{2,48}["']\s*,\s*(?:[A-Z][A-Z_\d]{3,}\b|["'\w.]*(?:prompt|instruction)\w*)/;

/** Agents made one after the other with a name and a prompt: `Role("reviewer", REVIEW_PROMPT)`. */
export function* namedWithPrompt(file: FileFacts): Iterable<Finding> {
  const made = file.calls.filter(
    (call) =>
      personWord.test(lastName(call.callee)) &&
      givenPrompt.test(textOf(file, { start: call.argumentsAt, end: call.end })) &&
      functionAt(file, call.start)?.name !== lastName(call.callee),
  );
  if (made.length < 2) return;
  for (const call of made.slice(0, 2))
    yield finding("named-with-prompt", "declarable", "called", call.start, "roles by name, each with its own prompt");
}
