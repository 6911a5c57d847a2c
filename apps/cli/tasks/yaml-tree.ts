/**
 * A YAML text as plain data in which every value knows its place. Tags, anchors, aliases and whatever else could make it
 * more than it shows are refused, each by line and column; how deep and how long a text may be has limits.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from "yaml";
import { hiddenCharacter } from "../../../registry/hidden-characters.ts";

/** Both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Trouble extends Place {
  readonly reason: string;
}

export type Path = readonly PropertyKey[];

export interface YamlTree {
  readonly value: unknown;
  /** Where the value of this path begins; of one that is not there, where the nearest above it does. */
  placeOf(path: Path): Place;
  /** Where the name of this field stands. */
  placeOfKey(path: Path): Place;
}

/**
 * Characters that YAML gives a meaning, at most: a text of a thousand tasks has a third of it. Without a limit a
 * megabyte of brackets keeps the parser for a quarter of a minute (measured; 60,000 of them for some 2 s).
 */
const MARKS_MAX = 60_000;
const MARKS = /[[\]{},\r\n\\&*!?%]|[:-](?=\s)/g;
/** Levels of nesting: as deep as contracts go, and far from what the parser's stack takes. */
const DEPTH_MAX = 64;
const TROUBLES_MAX = 100;

/** Pure. What cannot be read at all is one trouble; what can be told apart is told one by one. */
export function yamlTree(text: string): YamlTree | readonly Trouble[] {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const hidden = hiddenCharacter(source);
  if (hidden !== null) {
    const column = hidden.index - source.lastIndexOf("\n", hidden.index - 1);
    return [{ line: hidden.line, column, reason: `it holds a character that nobody sees: ${hidden.name}` }];
  }
  const marks = source.match(MARKS)?.length ?? 0;
  if (marks > MARKS_MAX) {
    return [
      { line: 1, column: 1, reason: `${marks} marks of YAML ([ ] { } , and ends of lines); at most ${MARKS_MAX}` },
    ];
  }
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    schema: "core",
    // Checked below: the parser's own way takes the square of a map's length.
    uniqueKeys: false,
    strict: true,
    prettyErrors: false,
    // By "silent" a second document would be left out without a word.
    logLevel: "error",
  });
  const walk = new Walk(lines);
  const unreadable = [...document.errors, ...document.warnings.filter(({ code }) => code !== "TAG_RESOLVE_FAILED")];
  for (const { code, message, pos } of unreadable) walk.trouble(pos[0], inWords(code, message));
  if (walk.troubles.length > 0) return walk.troubles;
  const value = contentsOf(document, walk);
  return walk.troubles.length > 0 ? walk.troubles : walk.tree(value);
}

const contentsOf = ({ contents }: Document, walk: Walk): unknown =>
  contents === null ? null : walk.read(contents, []);

class Walk {
  readonly troubles: Trouble[] = [];
  readonly #lines: LineCounter;
  readonly #values = new Map<string, Place>();
  readonly #keys = new Map<string, Place>();

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  trouble(offset: number, reason: string): void {
    if (this.troubles.length < TROUBLES_MAX) this.troubles.push({ ...this.#at(offset), reason });
  }

  tree(value: unknown): YamlTree {
    const placeOf = (path: Path): Place =>
      this.#values.get(keyOf(path)) ?? (path.length === 0 ? { line: 1, column: 1 } : placeOf(path.slice(0, -1)));
    return { value, placeOf, placeOfKey: (path) => this.#keys.get(keyOf(path)) ?? placeOf(path) };
  }

  read(node: Node, path: Path): unknown {
    const offset = node.range?.[0] ?? 0;
    this.#values.set(keyOf(path), this.#at(offset));
    if (isAlias(node))
      return this.trouble(offset, `an alias (*${node.source.slice(0, 40)}) is not taken: write it out`);
    if (path.length > DEPTH_MAX) return this.trouble(offset, `it lies more than ${DEPTH_MAX} levels deep`);
    const { anchor, tag } = node as { readonly anchor?: string; readonly tag?: string };
    if (anchor !== undefined) this.trouble(offset, `an anchor (&${anchor.slice(0, 40)}) is not taken: leave it away`);
    if (tag !== undefined) this.trouble(offset, "a tag (!name) is not taken: leave it away, or quote the text");
    if (isScalar(node)) return this.#scalar(node, offset);
    if (isSeq(node)) return node.items.map((item, index) => this.#item(item, [...path, index], offset));
    return isMap(node) ? this.#map(node.items, path, offset) : null;
  }

  #scalar({ value }: Scalar, offset: number): unknown {
    if (typeof value === "number" && !Number.isFinite(value)) {
      return this.trouble(offset, "infinity and not-a-number are no values here; quote them if a text is meant");
    }
    return value;
  }

  #map(pairs: readonly Pair[], path: Path, offset: number): Record<string, unknown> {
    const fields = new Map<string, unknown>();
    for (const { key, value } of pairs) {
      if (!isScalar(key) || typeof key.value !== "string") {
        const keyAt = (key as Node | null)?.range?.[0] ?? offset;
        this.trouble(keyAt, "the name of a field is no plain text: quote it");
        continue;
      }
      const keyAt = key.range?.[0] ?? offset;
      const below = [...path, key.value];
      if (key.anchor !== undefined || key.tag !== undefined)
        this.trouble(keyAt, "a field's name has an anchor or a tag");
      if (fields.has(key.value)) this.trouble(keyAt, `the field "${clipped(key.value)}" stands twice`);
      this.#keys.set(keyOf(below), this.#at(keyAt));
      fields.set(key.value, this.#item(value, below, keyAt));
    }
    // A field called __proto__ is a field like any other.
    return Object.fromEntries(fields);
  }

  /** `offset`: of whoever holds it, for what has no text of its own. */
  #item(item: unknown, path: Path, offset: number): unknown {
    if (item !== null && typeof item === "object" && "range" in item) return this.read(item as Node, path);
    this.#values.set(keyOf(path), this.#at(offset));
    return null;
  }

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

const keyOf = (path: Path): string => JSON.stringify(path);

const clipped = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** What people run into, with the way out. */
function inWords(code: string, message: string): string {
  const short = clipped(message.split("\n")[0] ?? "");
  switch (code) {
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return `it is no YAML: ${short}; a text with a colon in it wants quotes, or a block (goal: >-)`;
    case "TAB_AS_INDENT":
      return "it is no YAML: lines are indented by spaces, never by tabs";
    case "MULTIPLE_DOCS":
      return "it holds more than one document (---): put each into a file of its own";
    case "RESOURCE_EXHAUSTION":
      return "it nests too deep to be read";
    default:
      return `it is no YAML: ${short}`;
  }
}
