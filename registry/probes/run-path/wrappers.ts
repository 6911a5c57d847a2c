/**
 * From the model client to whatever reaches it: the repository's own functions, under whatever names they go on, level
 * by level.
 */

import { type CallFact, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { escaped, lastName } from "../source/query.ts";
import { type Anchor, importedClients } from "./anchors.ts";
import { commonNames, receiverOfModel } from "./model-clients.ts";

/** How many functions of the repository may stand between the loop and the client. */
const wrapperLevelsMax = 8;

/** Calls of the repository's own functions that end in a model call, level by level. */
export async function wrappersOf(
  files: readonly FileFacts[],
  direct: readonly Anchor[],
  breathe: () => Promise<void>,
): Promise<Anchor[]> {
  const found = new Map(direct.map((anchor) => [`${anchor.file.path}:${anchor.offset}`, anchor]));
  const renamed: Alias[][] = [];
  const handed: Called[][] = [];
  for (const file of files) {
    renamed.push(aliasesIn(file));
    handed.push(valuesIn(file));
    await breathe();
  }
  let level: readonly Anchor[] = direct;
  const values = new Map<string, Home>();
  for (const file of files) for (const name of importedClients(file)) values.set(name, emptyHome(file.path));
  for (
    let distance = 1;
    distance <= wrapperLevelsMax && (level.length > 0 || (distance === 1 && values.size > 0));
    distance += 1
  ) {
    const wrappers = wrapperNames(level);
    if (distance === 1)
      for (const [name, home] of values) if (!wrappers.homes.has(name)) wrappers.homes.set(name, home);
    // Twice: a name may stand for another that stands for the function.
    for (let pass = 0; pass < 2; pass += 1)
      for (const [index, file] of files.entries()) addAliases(wrappers, renamed[index] ?? [], file.path);
    const next: Anchor[] = [];
    for (const [index, file] of files.entries()) {
      const calls = file.calls.filter((call) => callsWrapper(file, call, wrappers));
      const values = (handed[index] ?? []).filter((value) => handsOn(file, value, wrappers));
      for (const call of [...calls, ...values]) {
        if (found.has(`${file.path}:${call.start}`)) continue;
        const note = `reaches the model through ${lastName(call.callee)}`;
        next.push({ kind: "model-call", file, offset: call.start, note, distance });
      }
      await breathe();
    }
    for (const anchor of next) found.set(`${anchor.file.path}:${anchor.offset}`, anchor);
    level = next;
  }
  return [...found.values()];
}

interface Home {
  readonly paths: Set<string>;
  readonly owners: Set<string>;
  /** A name too common to follow but from the same class. */
  readonly ownOnly?: boolean;
  /** The function gives back one that reaches the model: what holds its result reaches it too. */
  makes: boolean;
}

interface Wrappers {
  readonly homes: Map<string, Home>;
}

function emptyHome(path: string): Home {
  return { paths: new Set([path]), owners: new Set(), makes: false };
}

function wrapperNames(level: readonly Anchor[]): Wrappers {
  const homes = new Map<string, Home>();
  for (const { file, offset } of level) {
    const fn = functionAt(file, offset);
    const table = fn === undefined ? tableAt(file, offset) : undefined;
    if (table !== undefined) homes.set(table, emptyHome(file.path));
    const constructs = fn !== undefined && /^(constructor|__init__)$/.test(fn.name);
    if (!fn || constructs) continue;
    const ownOnly = commonNames.has(fn.name) && fn.name !== "__call__";
    if (ownOnly && fn.owner === "") continue;
    const home = homes.get(fn.name) ?? { ...emptyHome(file.path), ownOnly };
    home.paths.add(file.path);
    if (fn.owner !== "") home.owners.add(fn.owner.toLowerCase());
    home.makes ||= isGivenBack(file, fn, offset);
    homes.set(fn.name, home);
    // Calling an object runs its __call__: the class name stands for it.
    if (fn.name === "__call__" && fn.owner !== "") homes.set(fn.owner, emptyHome(file.path));
  }
  return { homes };
}

/** The name of the module's table in which the offset stands: what is taken from it by a key may reach the model. */
function tableAt({ code }: FileFacts, offset: number): string | undefined {
  return /\b([\w$]+)\s*(?::[^;]{0,200})?=\s*\{[^;]{0,600}$/.exec(code.slice(Math.max(0, offset - 800), offset))?.[1];
}

/** Whether the offset lies in a nameless function, or in a table of them, that the function returns. */
function isGivenBack(file: FileFacts, fn: FunctionFact, offset: number): boolean {
  const before = file.code.slice(Math.max(fn.start, offset - 2_000), offset);
  if (/\breturn\s*\{[^}]*$/.test(before)) return true;
  return file.functions.some(
    (inner) =>
      inner.name === "" &&
      inner.start > fn.start &&
      inner.start <= offset &&
      offset < inner.end &&
      /(?:return|=>)\s*$/.test(file.code.slice(Math.max(0, inner.start - 12), inner.start)),
  );
}

type Alias = readonly [name: string, target: string, ofResult: boolean];

/** A function that goes on under another name: `const send = given ?? streamSimple`, `{ stream: streamAnthropic }`. */
const aliases: readonly (readonly [RegExp, boolean])[] = [
  [/\b([\w$]+)\s*=\s*[\w$.?]+\s*(?:\|\||\?\?|\bor\b)\s*([\w$]+)\b(?!\s*[(.])/g, false],
  [/[{,]\s*(?:["']\s*["']|([\w$]+))\s*:\s*([\w$]+)\s*(?=[,}])/g, false],
  // A function kept whole, or wrapped by another that changes nothing of what it reaches.
  [/\b([\w$]+)\s*=\s*(?:[\w$]+\.)*([\w$]+)[ \t]*;?[ \t]*$/gm, false],
  [
    /\b([\w$]+)\s*=\s*[\w$.]*(?:partial|wrap|retry|bind|decorat|trace|observe|limit)[\w$]*\(\s*(?:[\w$]+\s*=\s*)?(?:[\w$]+\.)*([\w$]+)\s*[,)]/gi,
    false,
  ],
  // Taken from a table by a key.
  [/\b([\w$]+)\s*=\s*(?:await\s+)?[\w$.?]*?\b([\w$]+)\[[^\]\n=]{1,60}\]/g, false],
  // What a maker of such functions gave, kept under a name.
  [/[{,]\s*([\w$]+)\s*:\s*(?:[\w$.?]+\s*(?:\|\||\?\?)\s*)?([\w$]+)\(/g, true],
  [/\b([\w$]+)\s*=\s*(?:[\w$.?]+\s*(?:\|\||\?\?|\bor\b)\s*)?([\w$]+)\(/g, true],
  // A property that hands out what it keeps.
  [/\b(?:def|get)\s+([\w$]+)\(\s*(?:self)?\s*\)[^\n{]*[:{][\s"']*return\s+(?:self|this)\.([\w$]+)\s*[;}\n]/g, false],
];

function aliasesIn({ code }: FileFacts): Alias[] {
  return aliases.flatMap(([alias, ofResult]) =>
    [...code.matchAll(alias)].flatMap(([, name, target]): Alias[] =>
      name === undefined || target === undefined || name === target || commonNames.has(name)
        ? []
        : [[name, target, ofResult]],
    ),
  );
}

function addAliases({ homes }: Wrappers, renamed: readonly Alias[], path: string): void {
  for (const [name, target, ofResult] of renamed) {
    const home = homes.get(target);
    if (!home || (ofResult && !home.makes)) continue;
    const known = homes.get(name) ?? emptyHome(path);
    known.paths.add(path);
    known.makes ||= home.makes && !ofResult;
    homes.set(name, known);
  }
}

type Called = Pick<CallFact, "callee" | "start">;

/** Own methods, and those of models, that are handed to others to call: `retry(self._ask, …)`, `ask = self._a if x else self._b`. */
const value =
  /[(,=]\s*(?:await\s+)?((?:(?:self|this|cls)|(?:[\w$]+\.)*[\w$]*(?:[mM]odel|llm|LLM|[cC]lient|[pP]rovider)[\w$]*)\.([\w$]+))[ \t]*(?=[,)]|\s+if\b|$)/gm;

function valuesIn({ code }: FileFacts): Called[] {
  return [...code.matchAll(value)].flatMap(({ 0: text, 1: callee = "", 2: name = "", index }) =>
    commonNames.has(name) ? [] : [{ callee, start: index + text.lastIndexOf(callee) }],
  );
}

/** A field of the same name is no function: only what the file defines itself, or a name that says what it does. */
function handsOn(file: FileFacts, { callee }: Called, { homes }: Wrappers): boolean {
  const name = lastName(callee);
  const home = homes.get(name);
  if (!home || home.ownOnly === true) return false;
  return /^(?:self|this|cls)\./.test(callee) ? home.paths.has(file.path) && isMethod(file, name) : home.owners.size > 0;
}

function isMethod(file: FileFacts, name: string): boolean {
  return file.functions.some((fn) => fn.name === name && fn.owner !== "");
}

function callsWrapper(file: FileFacts, call: CallFact, { homes }: Wrappers): boolean {
  const name = lastName(call.callee);
  const home = homes.get(name);
  if (!home) return false;
  const receiver = call.callee.slice(0, -name.length).replace(/[.?]+$/, "");
  if (home.ownOnly === true) return home.paths.has(file.path) && /^(?:this|self|cls|super\(\))$/.test(receiver);
  if (receiver === "") return home.paths.has(file.path) || new RegExp(`\\b${escaped(name)}\\b`).test(file.imports);
  if (receiverOfModel.test(receiver)) return true;
  const held = lastName(receiver).replace(/_/g, "").toLowerCase();
  if (held.length >= 5 && [...home.owners].some((owner) => owner.endsWith(held) || owner.startsWith(held))) return true;
  // A module under its own name.
  return (
    /^[\w$]+$/.test(receiver) &&
    [...home.paths].some((path) => path.toLowerCase().split(/[/.]/).includes(receiver.toLowerCase())) &&
    new RegExp(`\\b${escaped(receiver)}\\b`).test(file.imports)
  );
}
