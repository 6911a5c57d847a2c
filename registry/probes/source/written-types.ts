/**
 * Types that are not declared as such: unions and records written as schemas, lists of schemas that a union is made
 * of, and the aliases of Python. Pure; found in the code between offsets.
 */
import type { TypeFact } from "./facts.ts";

/** What is longer is data. In UTF-16 units. */
const spanCharsMax = 30_000;
/** So many written types are read in one file. */
const perFileMax = 200;

const schemaCall =
  /\b([\w$]+)\s*(?::[^=;\n]{0,160})?=\s*(?:lazySchema\(\s*\(\)\s*=>\s*)?(?:[\w$]+\.)*(discriminatedUnion|union|variant|Union|taggedUnion|object|strictObject|looseObject|Struct|Object|TaggedStruct)\(/g;
const schemaModules = /\bzod\b|typebox|valibot|arktype|effect|superstruct|runtypes|\bmini\b/i;
/** A list of records that a union takes in: `const toolEvents = [z.object({ type: z.literal("…") }), …]`. */
const schemaList =
  /\b(?:const|let)\s+([\w$]+)\s*(?::[^=;\n]{0,80})?=\s*\[\s*(?:[\w$]+\.)*(?:object|strictObject|looseObject|Struct|Object)\(/g;
const pythonAlias =
  /^(?:type\s+([A-Z]\w*)(?:\[[^\]\n]*\])?\s*=\s*|([A-Z]\w*)\s*(?::\s*[\w.]*TypeAlias\s*)?=\s*(?=\(?\s*(?:(?:[\w.]*\.)?(?:Annotated|Union|Literal)\s*\[|["']?[A-Z][\w.]*(?:\[[^\]\n]*\])?["']?\s*\|)))/gm;

/** Schemas of a script or a module, named by the constant that holds them. */
export function schemaTypes(code: string, imports: string): TypeFact[] {
  if (!schemaModules.test(imports)) return [];
  const found: TypeFact[] = [];
  for (const match of code.matchAll(schemaCall)) {
    const union = /union|variant/i.test(match[2] ?? "");
    // From the call on: what stands before it is a name and perhaps a type.
    const start = match.index + match[0].search(/(?:[\w$]+\.)*[\w$]+\($/);
    add(found, union ? "alias" : "schema", match[1], start, closing(code, match.index + match[0].length - 1));
  }
  for (const match of code.matchAll(schemaList)) {
    const start = code.indexOf("[", match.index + match[0].search(/=\s*\[/));
    add(found, "alias", match[1], start, closing(code, start));
  }
  return found;
}

/** Aliases at the top of a Python module: `Event = Union[A, B]`, `type Event = A | B`. */
export function pythonAliases(code: string): TypeFact[] {
  const found: TypeFact[] = [];
  for (const match of code.matchAll(pythonAlias))
    add(found, "alias", match[1] ?? match[2], match.index, statementEnd(code, match.index + match[0].length));
  return found;
}

function add(found: TypeFact[], kind: TypeFact["kind"], name: string | undefined, start: number, end: number): void {
  if (name === undefined || end <= start || found.length >= perFileMax) return;
  found.push({ kind, name, start, end });
}

const opening = /[([{]/;
const closes = /[)\]}]/;

/** Just behind the bracket that closes the one at the offset. */
function closing(code: string, offset: number): number {
  let depth = 0;
  for (let at = offset; at < Math.min(code.length, offset + spanCharsMax); at += 1) {
    const char = code[at] ?? "";
    if (opening.test(char)) depth += 1;
    else if (closes.test(char) && --depth === 0) return at + 1;
  }
  return -1;
}

/** The end of the line on which every bracket is closed again. */
function statementEnd(code: string, offset: number): number {
  let depth = 0;
  for (let at = offset; at < Math.min(code.length, offset + spanCharsMax); at += 1) {
    const char = code[at] ?? "";
    if (opening.test(char)) depth += 1;
    else if (closes.test(char)) depth -= 1;
    else if (char === "\n" && depth <= 0) return at;
  }
  return Math.min(code.length, offset + spanCharsMax);
}

/** Parts between a separator that stands in no brackets; the text's own strings hold no separators that matter. */
export function partsOf(text: string, separator: "|" | ","): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (/[([{<]/.test(char)) depth += 1;
    else if (/[)\]}]/.test(char) || (char === ">" && text[at - 1] !== "=" && text[at - 1] !== "-")) depth -= 1;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The inside of the first brackets at or after the offset. */
export function insideOf(text: string, offset: number): string {
  const open = text.slice(offset).search(opening);
  if (open < 0) return "";
  const end = closing(text, offset + open);
  return text.slice(offset + open + 1, end < 0 ? undefined : end - 1);
}
