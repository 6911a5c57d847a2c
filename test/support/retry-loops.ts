/**
 * Finds what tries again by itself in a file of the product, by its syntax tree: loops that wait and go on after a failure,
 * loops that count attempts, timers set because something failed, and clients told to try again on their own.
 */
import { Lang, parse, type SgNode } from "@ast-grep/napi";

export interface Found {
  readonly line: number;
  readonly what: string;
}

const LOOPS = ["for_statement", "for_in_statement", "while_statement", "do_statement"];
const LIBRARIES =
  /^(?:p-retry|async-retry|retry|exponential-backoff|cockatiel|opossum|promise-retry|ts-retry.*|@lifeomic\/attempt)$/;
const PAUSES = /^(?:setTimeout|setInterval|setImmediate|pauseMsOf|backoffMs)$/;
/** A counter by such a name counts how often something was tried. */
const COUNTERS = /attempt|retr(?:y|ies)|\btries|backoff/i;

/** What is wrong in a file; empty where nothing is. */
export function retryLoopsIn(text: string): Found[] {
  const root = parse(Lang.TypeScript, text).root();
  const pauses = pausesOf(root);
  const found = (node: SgNode, what: string): Found => ({ line: node.range().start.line + 1, what });
  const loops = LOOPS.flatMap((kind) => root.findAll({ rule: { kind } }));
  return [
    ...loops
      .filter((loop) => has(loop, "await_expression") && goesOn(loop, pauses) && waits(loop, pauses))
      .map((loop) => found(loop, "a loop that waits and goes on after a failure")),
    ...loops
      .filter((loop) => COUNTERS.test(headOf(loop)) && has(loop, "await_expression") && has(loop, "catch_clause"))
      .map((loop) => found(loop, "a loop that counts attempts")),
    ...catchers(root, pauses)
      .filter((node) => waits(node, pauses))
      .map((node) => found(node, "a timer that is set because something failed")),
    ...settingsIn(root).map(([node, what]) => found(node, what)),
    ...importsIn(root)
      .filter(([name]) => LIBRARIES.test(name))
      .map(([name, node]) => found(node, `the retry library ${name}`)),
  ];
}

/** Names that this file waits by: timers, and whatever it calls the timers of promises. */
function pausesOf(root: SgNode): (name: string) => boolean {
  const names = new Set<string>();
  for (const [from, node] of importsIn(root)) {
    if (!/^(?:node:)?timers\/promises$/.test(from)) continue;
    for (const one of node.findAll({ rule: { kind: "import_specifier" } })) {
      names.add(one.field("alias")?.text() ?? one.field("name")?.text() ?? "");
    }
  }
  return (name) => names.has(name) || PAUSES.test(name) || /\.after$/.test(name);
}

const importsIn = (root: SgNode): [string, SgNode][] =>
  root
    .findAll({ rule: { kind: "import_statement" } })
    .map((node) => [(node.field("source")?.text() ?? "").replace(/["']/g, ""), node]);

const callsIn = (node: SgNode): SgNode[] => node.findAll({ rule: { kind: "call_expression" } });
const calleeOf = (call: SgNode): string => call.field("function")?.text() ?? "";
const has = (node: SgNode, kind: string): boolean => node.find({ rule: { kind } }) !== null;
const waits = (node: SgNode, pauses: (name: string) => boolean): boolean =>
  callsIn(node).some((call) => pauses(calleeOf(call)));

/** Catches whose failure is not simply passed on: they end neither the loop nor the function. */
function catchers(node: SgNode, pauses: (name: string) => boolean): SgNode[] {
  const clauses = node.findAll({ rule: { kind: "catch_clause" } });
  const chained = callsIn(node).filter((call) => {
    if (!/\.catch$/.test(calleeOf(call))) return false;
    // A pause that is called off is no failure of anything.
    const caught = call.field("function")?.field("object");
    return !(caught?.kind() === "call_expression" && pauses(calleeOf(caught)));
  });
  return [...clauses, ...chained];
}

const goesOn = (loop: SgNode, pauses: (name: string) => boolean): boolean =>
  catchers(loop, pauses).some((node) => !endsAtOnce(node));

/** The last statement of its block throws or returns, whatever was caught. */
function endsAtOnce(node: SgNode): boolean {
  const body = node.kind() === "catch_clause" ? node.field("body") : null;
  const last = body?.children().findLast((child) => child.isNamed() && child.kind() !== "comment");
  return last !== undefined && ["throw_statement", "return_statement", "break_statement"].includes(String(last.kind()));
}

const headOf = (loop: SgNode): string => {
  const body = loop.field("body")?.text() ?? "";
  return loop.text().replace(body, "");
};

/** Clients that try again by themselves: of ours none does. */
function settingsIn(root: SgNode): [SgNode, string][] {
  return root.findAll({ rule: { kind: "pair" } }).flatMap((pair): [SgNode, string][] => {
    const key = pair.field("key")?.text() ?? "";
    const value = pair.field("value")?.text() ?? "";
    if (key === "maxRetries" && value !== "0") return [[pair, `maxRetries: ${value}`]];
    if (key === "attempts" && /^\d+$/.test(value) && value !== "1") return [[pair, `attempts: ${value}`]];
    if (key === "backoff") return [[pair, `backoff: ${value}`]];
    return [];
  });
}
