/**
 * Turns one source file into its facts: one native search for all the syntax that matters, everything else read from
 * the text between offsets. Pure but for the parser; a file that does not parse gives what its readable parts give.
 */
import type { SgNode } from "@ast-grep/napi";
import { agentFileFacts } from "./agent-files.ts";
import type { BranchFact, CallFact, ExitFact, FileFacts, FunctionFact, Span, TypeFact } from "./facts.ts";
import { parse, type SourceLanguage } from "./languages.ts";
import { luaFacts } from "./lua.ts";
import type { Role } from "./scope.ts";
import { pythonAliases, schemaTypes } from "./written-types.ts";

const scriptKinds = [
  "comment",
  "string",
  "string_fragment",
  "regex",
  "function_declaration",
  "generator_function_declaration",
  "function_expression",
  "arrow_function",
  "method_definition",
  "class_declaration",
  "abstract_class_declaration",
  "interface_declaration",
  "type_alias_declaration",
  "enum_declaration",
  "if_statement",
  "while_statement",
  "do_statement",
  "for_statement",
  "for_in_statement",
  "ternary_expression",
  "switch_case",
  "call_expression",
  "new_expression",
  "throw_statement",
  "return_statement",
  "break_statement",
  "continue_statement",
  "yield_expression",
  "import_statement",
] as const;

const pythonKinds = [
  "comment",
  "string_content",
  "function_definition",
  "class_definition",
  "if_statement",
  "elif_clause",
  "while_statement",
  "for_statement",
  "conditional_expression",
  "case_clause",
  "call",
  "raise_statement",
  "return_statement",
  "break_statement",
  "continue_statement",
  "yield",
  "import_statement",
  "import_from_statement",
] as const;

/** A string longer than this is prose or a prompt, never a key, a discriminant or a state. */
const literalCharsMax = 48;

const typeKinds: Readonly<Record<string, TypeFact["kind"]>> = {
  class_declaration: "class",
  abstract_class_declaration: "class",
  class_definition: "class",
  interface_declaration: "interface",
  type_alias_declaration: "alias",
  enum_declaration: "enum",
};

const exitKinds: Readonly<Record<string, ExitFact["kind"]>> = {
  throw_statement: "throw",
  raise_statement: "throw",
  return_statement: "return",
  break_statement: "break",
  continue_statement: "continue",
  yield_expression: "yield",
  yield: "yield",
};

const branchKinds: Readonly<Record<string, BranchFact["kind"]>> = {
  if_statement: "if",
  elif_clause: "if",
  while_statement: "while",
  ternary_expression: "ternary",
  switch_case: "case",
  case_clause: "case",
};

const functionKinds = /^(function_|generator_function|arrow_function|method_definition)/;
const loopKinds = /^(while|do|for|for_in)_statement$/;
const blankKinds = /^(comment|string|string_fragment|string_content|regex)$/;

interface Syntax extends Span {
  readonly kind: string;
  readonly node: SgNode;
}

/** @throws whatever the parser throws; the caller counts the file as unreadable. */
export async function extract(path: string, source: string, language: SourceLanguage, role: Role): Promise<FileFacts> {
  if (language === "lua") return luaFacts(path, source, role);
  if (language === "agent file") return agentFileFacts(path, source, role);
  const root = await parse(language, source);
  const kinds = language === "python" ? pythonKinds : scriptKinds;
  const rule = { rule: { any: kinds.map((kind) => ({ kind })) } };
  const syntax = root
    .root()
    .findAll(rule as unknown as Parameters<SgNode["findAll"]>[0])
    .map((node): Syntax => {
      const { start, end } = node.range();
      return { kind: String(node.kind()), node, start: start.index, end: end.index };
    })
    .sort((left, right) => left.start - right.start || right.end - left.end);
  const blanks = syntax.filter(({ kind }) => blankKinds.test(kind));
  const code = blanked(source, blanks);
  const text = blanked(
    source,
    blanks.filter((blank) => !isLiteral(source, blank)),
  );
  const imports = syntax
    .filter(({ kind }) => kind.startsWith("import_"))
    .map(({ start, end }) => source.slice(start, end))
    .join("\n");
  const written = language === "python" ? pythonAliases(code) : schemaTypes(code, imports);
  const types = [...typesOf(syntax, code), ...written].sort((left, right) => left.start - right.start);
  return {
    path,
    language,
    role,
    source,
    code,
    text,
    lineStarts: lineStartsOf(source),
    types,
    functions: functionsOf(syntax, code, types),
    branches: branchesOf(syntax),
    loops: syntax.filter(({ kind }) => loopKinds.test(kind)).map(({ start, end }) => ({ start, end })),
    calls: callsOf(syntax, code),
    exits: syntax.flatMap(({ kind, start, end }) => {
      const exit = exitKinds[kind];
      return exit ? [{ kind: exit, start, end }] : [];
    }),
    imports,
  };
}

function isLiteral(source: string, { kind, start, end }: Syntax): boolean {
  if (kind === "comment" || kind === "regex" || end - start > literalCharsMax) return false;
  // Triple quotes hold prose, even in one short line.
  if (/^("""|''')$/.test(source.slice(start - 3, start))) return false;
  return !source.slice(start, end).includes("\n");
}

/** Blanks the spans but keeps line breaks and length, so that every offset stays true. Quotes of strings stay. */
function blanked(source: string, spans: readonly Syntax[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { kind, start, end } of spans) {
    const from = Math.max(kind === "string" ? start + 1 : start, at);
    const to = kind === "string" ? end - 1 : end;
    if (to <= from) continue;
    parts.push(source.slice(at, from), source.slice(from, to).replace(/[^\n]/g, " "));
    at = to;
  }
  parts.push(source.slice(at));
  return parts.join("");
}

function lineStartsOf(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

const typeName = /\b(?:class|interface|type|enum)\s+([\w$]+)/;

function typesOf(syntax: readonly Syntax[], code: string): TypeFact[] {
  return syntax.flatMap(({ kind: syntaxKind, start, end }) => {
    const kind = typeKinds[syntaxKind];
    const name = typeName.exec(code.slice(start, Math.min(end, start + 300)))?.[1];
    return kind && name !== undefined ? [{ kind, name, start, end }] : [];
  });
}

const declaredName =
  /^(?:(?:public|private|protected|static|override|abstract|readonly|async|get|set|def|function)\b\s*)*\*?\s*(#?[\w$]+)\s*(?:<|\(|\[)/;
const assignedName =
  /([\w$]+)\s*(?::(?:(?!=>)[^;{}=])*)?[=:]\s*(?:async\s+)?(?:(?:[\w$]+\.)*(?:(?:use)?(?:callback|memo|wrap\w*)|fn\w*|gen|trace[ds]?|with[A-Z]\w*|async[A-Z]\w*|throttle|debounce)(?:\(\s*["'`][^"'`\n]*["'`]\s*\))?\(\s*)?(?:async\s+)?$/i;

function functionsOf(syntax: readonly Syntax[], code: string, types: readonly TypeFact[]): FunctionFact[] {
  const classes = types.filter(({ kind }) => kind === "class");
  return syntax
    .filter(({ kind }) => functionKinds.test(kind))
    .map(({ kind, start, end }) => {
      const anonymous = kind === "arrow_function" || kind === "function_expression";
      const name = anonymous
        ? assignedName.exec(code.slice(Math.max(0, start - 160), start))?.[1]
        : declaredName.exec(code.slice(start, Math.min(end, start + 200)))?.[1];
      const owner = classes.findLast((type) => type.start <= start && end <= type.end)?.name ?? "";
      return { name: name ?? "", owner, start, end };
    });
}

function branchesOf(syntax: readonly Syntax[]): BranchFact[] {
  return syntax.flatMap(({ kind: syntaxKind, node, start, end }) => {
    const kind = branchKinds[syntaxKind] ?? (syntaxKind === "conditional_expression" ? "ternary" : undefined);
    if (kind === undefined) return [];
    const condition =
      kind === "case" ? (node.field("value") ?? node.child(1)) : (node.field("condition") ?? node.child(2));
    const body = kind === "case" ? null : (node.field("consequence") ?? node.field("body") ?? node.child(0));
    if (!condition) return [];
    return [{ kind, start, end, condition: spanOf(condition), body: body ? spanOf(body) : { start, end } }];
  });
}

function spanOf(node: SgNode): Span {
  const { start, end } = node.range();
  return { start: start.index, end: end.index };
}

function callsOf(syntax: readonly Syntax[], code: string): CallFact[] {
  return syntax.flatMap(({ kind, start, end }) => {
    if (kind !== "call_expression" && kind !== "call" && kind !== "new_expression") return [];
    const argumentsAt = openingBracket(code, start, end);
    if (argumentsAt <= start) return [];
    const callee = code
      .slice(Math.max(start, argumentsAt - 200), argumentsAt)
      .replace(/\s+/g, kind === "new_expression" ? " " : "");
    return [{ callee: callee.slice(-120), argumentsAt, start, end }];
  });
}

/** The bracket that the last character of a call closes. */
function openingBracket(code: string, start: number, end: number): number {
  if (code[end - 1] !== ")") return -1;
  let depth = 0;
  for (let at = end - 1; at >= start; at -= 1) {
    const char = code[at];
    if (char === ")") depth += 1;
    else if (char === "(" && --depth === 0) return at;
  }
  return -1;
}
