/**
 * Facts of a Lua script, found without a parser: such scripts are the stored procedures of a Redis store, and what they
 * refuse or append is done by the harness. Branches, calls of the store and exits; the file is one function.
 */
import type { BranchFact, CallFact, ExitFact, FileFacts } from "./facts.ts";
import type { Role } from "./scope.ts";

export function luaFacts(path: string, source: string, role: Role): FileFacts {
  const text = source.replace(/--\[\[[\s\S]*?\]\]|--[^\n]*/g, (comment) => comment.replace(/[^\n]/g, " "));
  const code = text.replace(
    /(["'])([^"'\n]*)\1/g,
    (_, quote: string, inner: string) => quote + " ".repeat(inner.length) + quote,
  );
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.lua$/i, "");
  const lineStarts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return {
    path,
    language: "lua",
    role,
    source,
    code,
    text,
    lineStarts,
    functions: [{ name, owner: "", start: 0, end: source.length }],
    types: [],
    branches: branchesOf(code),
    loops: [],
    calls: callsOf(code, text),
    exits: exitsOf(code),
    imports: "redis",
  };
}

function branchesOf(code: string): BranchFact[] {
  return [...code.matchAll(/\b(?:else)?if\b([\s\S]{1,400}?)\bthen\b/g)].map((match) => {
    const from = match.index + match[0].indexOf(match[1] ?? "");
    const body = { start: match.index + match[0].length, end: bodyEnd(code, match.index + match[0].length) };
    return {
      kind: "if",
      start: match.index,
      end: body.end,
      condition: { start: from, end: from + (match[1] ?? "").length },
      body,
    };
  });
}

/** Where the block that begins here ends: its own `end`, or the next arm. */
function bodyEnd(code: string, from: number): number {
  let depth = 1;
  const words = /\b(if|for|while|function|repeat|end|until|else|elseif)\b/g;
  words.lastIndex = from;
  for (let word = words.exec(code); word; word = words.exec(code)) {
    if (word[1] === "end" || word[1] === "until") depth -= 1;
    else if (word[1] === "else" || word[1] === "elseif") {
      if (depth === 1) return word.index;
    } else depth += 1;
    if (depth === 0) return word.index;
  }
  return code.length;
}

/** `redis.call('XADD', …)` is a call of `redis.xadd`. */
function callsOf(code: string, text: string): CallFact[] {
  return [...code.matchAll(/\b([\w.]+)\(/g)].flatMap((match): CallFact[] => {
    const argumentsAt = match.index + match[0].length - 1;
    const end = closing(code, argumentsAt);
    if (end < 0 || /^(if|while|and|or|not|function|return)$/.test(match[1] ?? "")) return [];
    const command = /^redis\.p?call$/.test(match[1] ?? "")
      ? /^\(\s*["'](\w+)["']/.exec(text.slice(argumentsAt, end))?.[1]
      : undefined;
    const callee = command === undefined ? (match[1] ?? "") : `redis.${command.toLowerCase()}`;
    return [{ callee, argumentsAt, start: match.index, end }];
  });
}

function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < Math.min(code.length, open + 4_000); at += 1) {
    if (code[at] === "(") depth += 1;
    else if (code[at] === ")" && --depth === 0) return at + 1;
  }
  return -1;
}

function exitsOf(code: string): ExitFact[] {
  return [...code.matchAll(/\breturn\b[^\n]*|\berror\([^\n]*/g)].map((match) => ({
    kind: match[0].startsWith("error") ? "throw" : "return",
    start: match.index,
    end: match.index + match[0].length,
  }));
}
