/**
 * What somebody should look at twice before they approve a plugin's tools: names that pass for other tools, descriptions
 * that steer other tools or speak to the model. Signs, shown with the question; nothing is decided by them.
 */

import type { PluginDefinition } from "./definition.ts";
import { textsOf } from "./json-extent.ts";

/** Another tool that an agent may have. */
export interface KnownTool {
  readonly name: string;
  /** `built-in`, or the id of its server. */
  readonly of: string;
}

const WARNINGS_MAX = 10;
const QUOTE_CHARS = 120;
/** Longer names of fields are sentences. */
const NAME_CHARS = 40;

/** What text for a model sounds like when it is not about the tool. */
const ORDERS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(ignore|disregard|forget)\b[^.]{0,40}\b(previous|prior|above|earlier|other|all)\b/i,
    "tells the model to disregard something",
  ],
  [
    /\b(do not|don't|never|without)\b[^.]{0,30}\b(tell|mention|inform|show|reveal|notify|asking|telling)\w*\b/i,
    "tells the model to keep something quiet",
  ],
  [/<\s*\/?\s*(important|system|instructions?|secret|admin|critical)\b/i, "has a mark that passes for another voice"],
  [/\b(system prompt|developer message|hidden instruction)/i, "speaks of the model's own instructions"],
  [
    /\b(before|after|whenever|each time|prior to)\b[^.]{0,20}\b(using|calling|invoking|you (use|call))\b[^.]{0,30}\b(tool|any|other|this)\b/i,
    "says what to do around calls",
  ],
  [
    /\b(you must|always|required to)\b[^.]{0,40}\b(call|use|invoke|run|read|send|include|pass)\b/i,
    "gives the model an order",
  ],
  [
    /(\.ssh\b|id_rsa|\.env\b|\.aws\b|\.netrc|\/etc\/(passwd|shadow)|\bmcp\.json|api[_ -]?keys?\b|credentials?\b|\bpasswords?\b)/i,
    "speaks of secrets",
  ],
  [/[A-Za-z0-9+/]{120,}={0,2}/, "holds a long piece of coded text"],
];

/** In words, each once, at most ten. */
export function warningsOf(definition: PluginDefinition, others: readonly KnownTool[]): string[] {
  const found: string[] = [...nameWarnings(definition, others)];
  const { name: _, ...texts } = definition;
  for (const [place, text] of textsOf(texts)) {
    // A plain name of a field orders nothing; a sentence is no name, and a model reads it as well.
    const isName = place.startsWith("a name in");
    if (isName && text.length <= NAME_CHARS && !/\s/.test(text)) continue;
    const said = isName ? text.replace(/[_./-]+/g, " ") : text;
    for (const [pattern, what] of ORDERS) {
      const match = pattern.exec(said);
      if (match !== null) found.push(`${place} ${what}: ${quoted(match[0])}`);
    }
    found.push(...mentions(place, text, definition.name, others), ...mixedScripts(place, text));
  }
  return [...new Set(found)].slice(0, WARNINGS_MAX);
}

/** Case, separators and look-alike digits taken off. */
const loose = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[_.-]/g, "")
    .replace(/0/g, "o")
    .replace(/[1|]/g, "l")
    .replace(/5/g, "s")
    .replace(/rn/g, "m")
    .replace(/vv/g, "w")
    .replace(/i/g, "l");

function nameWarnings({ name, title }: PluginDefinition, others: readonly KnownTool[]): string[] {
  return others
    .filter((other) => loose(other.name) === loose(name) || (title !== undefined && loose(other.name) === loose(title)))
    .slice(0, 3)
    .map(({ name: other, of }) =>
      of === "built-in"
        ? `its name passes for the built-in tool ${other}`
        : `its name passes for ${other} of server ${of}`,
    );
}

/** Other tools by name: what steers them is not about this one. */
function mentions(place: string, text: string, own: string, others: readonly KnownTool[]): string[] {
  const found: string[] = [];
  const foreign = /\bmcp__[\w-]+/.exec(text);
  if (foreign !== null) found.push(`${place} names a tool of a server: ${quoted(foreign[0])}`);
  const words = new Set(text.match(/[A-Za-z][\w-]*/g) ?? []);
  for (const { name, of } of others) {
    if (name === own || !words.has(name)) continue;
    // A plain word (Read, edit, list) is a tool's name only where it is treated as one.
    const plain = /^[A-Za-z][a-z]*$/.test(name);
    const asTool = new RegExp(`[\`'"]${name}[\`'"]|\\b${name}\\s+(tool|command)\\b|\\btool\\s+${name}\\b`);
    if (!plain || asTool.test(text))
      found.push(`${place} names ${of === "built-in" ? "the built-in tool" : `a tool of server ${of}:`} ${name}`);
  }
  return found.slice(0, 3);
}

/** A word of letters from two scripts that look alike. */
function mixedScripts(place: string, text: string): string[] {
  const word = text
    .match(/\p{L}+/gu)
    ?.find(
      (one) =>
        /\p{Script=Latin}/u.test(one) &&
        /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u.test(one),
    );
  return word === undefined ? [] : [`${place} has a word with letters of two scripts: ${quoted(word)}`];
}

const quoted = (text: string): string =>
  JSON.stringify(text.length > QUOTE_CHARS ? `${text.slice(0, QUOTE_CHARS)}…` : text);
