/**
 * The head of a Markdown file: YAML between two lines of dashes, read as plain data. Tags, aliases, and whatever else
 * could make it more than it shows are refused; every value knows the line that it stands on.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { hiddenCharacter } from "./hidden-characters.ts";

export interface Field {
  readonly value: unknown;
  /** From 1, in the file. */
  readonly line: number;
}

export interface HeadedFile {
  readonly fields: ReadonlyMap<string, Field>;
  /** All after the head. */
  readonly body: string;
  /** Line of the file on which the body begins, from 1. */
  readonly bodyLine: number;
}

export interface HeadProblem {
  readonly line: number | null;
  readonly reason: string;
}

/** Of the head, in UTF-16 units: a name, a description of 1,024 and what else a program may want. */
const HEAD_CHARS_MAX = 16_384;
const FIELDS_MAX = 64;
/** Brackets that a head may open; more are no list of names. */
const NESTED_MAX = 200;

/** Null where the file has no head at all: a text for people. */
export function headedFile(text: string): HeadedFile | HeadProblem | null {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const opened = /^---[ \t]*\r?\n/.exec(source);
  if (opened === null) return null;
  const from = opened[0].length;
  const closed = /^---[ \t]*$/m.exec(source.slice(from).replaceAll("\r\n", " \n"));
  if (closed === null) return { line: 1, reason: "its head is opened by --- and never closed" };
  const head = source.slice(from, from + closed.index);
  if (head.length > HEAD_CHARS_MAX) {
    return { line: 1, reason: `its head has ${head.length} characters; at most ${HEAD_CHARS_MAX} are read` };
  }
  const hidden = hiddenCharacter(head);
  if (hidden !== null) {
    return { line: hidden.line + 1, reason: `it holds a character that nobody sees: ${hidden.name}` };
  }
  const fields = fieldsOf(head);
  if (!(fields instanceof Map)) return fields;
  const rest = source.slice(from + closed.index);
  const end = rest.indexOf("\n");
  const before = source.slice(0, from + closed.index).split("\n").length;
  return { fields, body: end < 0 ? "" : rest.slice(end + 1), bodyLine: before + 1 };
}

export const isHeadProblem = (found: HeadedFile | HeadProblem): found is HeadProblem => "reason" in found;

function fieldsOf(head: string): Map<string, Field> | HeadProblem {
  if ((head.match(/[[{]/g)?.length ?? 0) > NESTED_MAX) {
    return { line: 2, reason: `its head opens more than ${NESTED_MAX} brackets` };
  }
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line + 1;
  const document = parseDocument(head, {
    lineCounter: lines,
    schema: "core",
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
    // Silent, it would take the first of two documents and say nothing of the second.
    logLevel: "error",
  });
  // A warning is a tag that nobody knows: what it would mean is not guessed.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) return { line: lineAt(problem.pos[0]), reason: inWords(problem.code, problem.message) };
  if (hasAlias(document)) return { line: 2, reason: "its head refers to itself (&name, *name); write it out" };
  const { contents } = document;
  if (contents === null) return new Map();
  if (!isMap(contents)) return { line: 2, reason: "its head is no list of fields (name: value)" };
  if (contents.items.length > FIELDS_MAX) return { line: 2, reason: `its head has more than ${FIELDS_MAX} fields` };
  const fields = new Map<string, Field>();
  for (const { key, value } of contents.items) {
    if (!isScalar(key) || typeof key.value !== "string") {
      return { line: 2, reason: "a name of a field in its head is no plain text" };
    }
    const line = lineAt(key.range?.[0] ?? 0);
    fields.set(key.value, { value: isNode(value) ? (value.toJS(document) as unknown) : value, line });
  }
  return fields;
}

/** An alias is no more than a few characters, and what it stands for can double with each. */
function hasAlias(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** What people run into, with the way out. */
function inWords(code: string, message: string): string {
  const short = message.split("\n")[0]?.slice(0, 200) ?? "";
  switch (code) {
    case "TAG_RESOLVE_FAILED":
      return `a tag of YAML is not taken: ${short}`;
    case "DUPLICATE_KEY":
      return "a field stands twice in its head";
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return `its head is no YAML: ${short}; a text with a colon in it wants quotes, or a block (description: >-)`;
    default:
      return `its head is no YAML: ${short}`;
  }
}
