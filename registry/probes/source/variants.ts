/**
 * The kinds of a union, wherever they are declared: inline records, names that stand for records, lists spread into a
 * schema, members of an enumeration, classes below one base. Each kind has the words it is told apart by.
 */
import { textOf } from "./query.ts";
import type { PlacedType, WorkspaceIndex } from "./workspace-index.ts";
import { insideOf, partsOf } from "./written-types.ts";

/** One kind: what it is called, by its discriminant and its type, and what its record says. */
export interface Variant {
  readonly tag: string;
  readonly body: string;
}

type Known = Pick<WorkspaceIndex, "typeNamed">;

/** Names are followed so many steps: a union of unions of records. */
const depthMax = 4;
const variantsMax = 200;
const bodyCharsMax = 3_000;
const unionCharsMax = 30_000;

const discriminant =
  /\b["']?(type|kind|event_kind|eventKind|message_type|messageType|msg_type|event|sessionUpdate|session_update|event_type|eventType|event_name|_tag|tag|subtype|action|method|op|name|object|state|status|phase)["']?\??\s*(?::|=)\s*(Literal\[[^\]]{1,1200}\]|[^;,\n}]{1,240})/g;
const enumerated = /\b(?:Str|Int)?Enum\b/;

/** The kinds of a type that is a union, an enumeration or a map of events; one for a plain record. */
export function variantsOf(placed: PlacedType, index: Known, depth = 0): Variant[] {
  const { file, type } = placed;
  const text = textOf(file, type).slice(0, unionCharsMax);
  if (type.kind === "alias") return aliasVariants(text, type.name, index, depth).slice(0, variantsMax);
  if (type.kind === "enum" || (type.kind === "class" && enumerated.test(text.slice(0, 160)))) return members(text);
  if (type.kind === "interface" && /(events|event_?map)$/i.test(type.name)) return keysOf(text);
  return recordVariants(text, type.name, index, depth);
}

/** The kinds that one name of a list stands for. */
export function kindsListed(name: string, index: Known): Variant[] {
  return partVariants(name, "", index, 0);
}

function aliasVariants(text: string, name: string, index: Known, depth: number): Variant[] {
  const call = /^[\w$.]*\w\(/.test(text);
  const equals = call || text.startsWith("[") ? -1 : assignmentIn(text);
  let body = text
    .slice(equals + 1)
    .trim()
    .replace(/;\s*$/, "");
  const map = /\}\s*\[\s*keyof\s/.test(body);
  if (body.startsWith("(") && body.endsWith(")")) body = body.slice(1, -1).trim();
  while (/^(?:[\w.]*\.)?Annotated\s*\[/.test(body)) body = partsOf(insideOf(body, 0), ",")[0] ?? "";
  const listed = /^(?:[\w$]+\.)*(?:discriminatedUnion|union|variant|taggedUnion|Union|Literal)\s*[([]/.test(body);
  if (map) return keysOf(body);
  if (listed || body.startsWith("[")) {
    const inner = insideOf(body, 0);
    const list = inner.search(/\[/) >= 0 && /^\s*["']/.test(inner) ? insideOf(inner, inner.indexOf("[")) : inner;
    const flat = list.trim().startsWith("[") && !list.trim().startsWith("[[") ? insideOf(list, 0) : list;
    return partsOf(flat, ",").flatMap((part) => partVariants(part, name, index, depth));
  }
  const parts = partsOf(body, "|");
  return parts.flatMap((part) => partVariants(part, name, index, depth));
}

/** The equals sign that stands in no brackets of type parameters. */
function assignmentIn(text: string): number {
  let depth = 0;
  for (let at = 0; at < Math.min(text.length, 600); at += 1) {
    const char = text[at];
    if (char === "<" || char === "[") depth += 1;
    else if (char === ">" || char === "]") depth -= 1;
    else if (char === "=" && depth === 0) return at;
  }
  return text.indexOf("=");
}

function partVariants(given: string, name: string, index: Known, depth: number): Variant[] {
  const part = given.replace(/^\.\.\./, "").replace(/^\(\s*|\s*\)$/g, "");
  const literal = /^["']([^"'\n]+)["']$/.exec(part)?.[1];
  if (literal !== undefined) {
    // In Python a name in quotes is a name that is declared later.
    const later = /^[A-Z]\w+$/.test(literal) ? index.typeNamed(literal) : undefined;
    if (!later) return [{ tag: literal, body: "" }];
  }
  const named =
    literal ??
    /(?:typeof\s+|^)([\w$]+(?:\.[\w$]+)*)/.exec(
      part.replace(/^(?:[\w$]+\.)*(?:infer|Static|Readonly|InferOutput|Type)\s*<\s*/, ""),
    )?.[1];
  const inline = part.includes("{") && !/^[\w$.]+\s*&/.test(part);
  if (inline) return recordVariants(part, "", index, depth);
  const last = named?.split(".").at(-1) ?? "";
  const placed = last === name ? undefined : index.typeNamed(last);
  if (placed && depth < depthMax) return variantsOf(placed, index, depth + 1);
  return last === "" || /^(?:null|None|undefined|never|string|str|Any|any|unknown)$/.test(last)
    ? []
    : [{ tag: last, body: part }];
}

/** A record is one kind, or as many as its discriminant has values. */
function recordVariants(text: string, name: string, index: Known, depth: number): Variant[] {
  const body = text.slice(0, bodyCharsMax);
  for (const [, key = "", value = ""] of body.matchAll(discriminant)) {
    // Where an event stands in its run tells kinds apart only where nothing else does, and all its values are declared.
    const state = /^(?:state|status|phase)$/.test(key);
    if (state && depth > 0) continue;
    const tags = state ? [] : [...new Set(tagsIn(value))];
    const declared =
      tags.length === 0 && (state || /type|kind|event|tag/i.test(key)) ? enumeratedBy(value, index, depth) : [];
    if (declared.length > 0) return declared.map(({ tag }) => ({ tag, body }));
    if (tags.length === 0 || (key === "name" && name === "")) continue;
    return tags.map((tag) => ({ tag: `${tag} ${name}`.trim(), body }));
  }
  return [{ tag: name === "" ? (/["']([\w.:-]+)["']/.exec(body)?.[1] ?? "") : name, body }];
}

function tagsIn(value: string): string[] {
  const literals = [...value.matchAll(/["'`]([\w./:-]+)["'`]/g)].map(([, literal = ""]) => literal);
  return literals.length > 0 ? literals : [...value.matchAll(/\b[A-Z]\w*\.([A-Z]\w*)/g)].map(([, one = ""]) => one);
}

/** The values of a discriminant that is typed by an enumeration. */
function enumeratedBy(value: string, index: Known, depth: number): Variant[] {
  const name = /^([A-Z]\w*)\s*$/.exec(value.split("=")[0]?.trim() ?? "")?.[1];
  const placed = name === undefined ? undefined : index.typeNamed(name);
  if (!placed || depth >= depthMax || placed.type.kind === "interface") return [];
  const found = variantsOf(placed, index, depth + 1);
  return found.length > 1 ? found : [];
}

function members(text: string): Variant[] {
  const lines = text
    .slice(text.search(/[{:]/) + 1)
    .matchAll(/^\s*(\w+)\s*(?:=\s*["']?([\w.:/-]*)["']?[^\n]*)?,?\s*$/gm);
  return [...lines]
    .filter(([, name = ""]) => !/^(?:def|return|class|pass|async)$/.test(name))
    .map(([, name = "", value = ""]) => ({ tag: `${name} ${value}`.trim(), body: "" }));
}

function keysOf(text: string): Variant[] {
  return [
    ...text.matchAll(
      /^\s*(?:readonly\s+)?(?:\[\s*[\w$]+\.([\w$]+)\s*\]|["']([\w.:/-]+)["']|([\w$]+))\??\s*:\s*([^\n]*)/gm,
    ),
  ].map(([, computed, quoted, plain, body = ""]) => ({ tag: computed ?? quoted ?? plain ?? "", body }));
}

/** The words of a name in humps, dots, dashes or underscores, in small letters. */
export function wordsIn(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}
