/**
 * Small JSON that a step writes anew each time (an actor's core, its orders), with its commonest words as one control
 * character each: cheaper than deflating it, and shorter. It stays text; JSON itself holds no control characters.
 */

/** Never to be changed, only added to at the end: what is stored can only be read with exactly this list. At most 31. */
const WORDS = [
  '{"type":"tool.run","call":"toolu_',
  '{"type":"tool.run","call":"',
  '{"type":"model.call","turn":',
  ',"attempt":',
  '","tool":"',
  '","inputHash":"',
  '","risk":"read-only","repeat":"safe","status":"',
  '","risk":"',
  '","repeat":"',
  '","status":"',
  '{"value":{"thinking":"calling"},"context":{"turn":',
  '{"value":"executing","context":{"turn":',
  '{"value":',
  '"context":{',
  ',"calls":[{"id":"toolu_',
  ',"calls":[{"id":"',
  '"},{"id":"toolu_',
  '"},{"id":"',
  'running"}]}}',
  'done"}]}}',
  "running",
  "judged",
] as const;

/** What shortened text begins with; JSON never does. */
const MARK = "^";
const CODES: ReadonlyMap<string, string> = new Map(WORDS.map((word, at) => [word, String.fromCharCode(at + 1)]));
const escaped = (word: string): string => word.replace(/[[\]{}().*+?^$|\\]/g, "\\$&");
const ANY_WORD = new RegExp(WORDS.map(escaped).join("|"), "g");
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes.
const ANY_CODE = /[\u0000-\u001f]/g;

/** JSON in, text of the same meaning out; what already holds control characters stays as it is. */
export function shortened(json: string): string {
  if (json.search(ANY_CODE) !== -1) return json;
  return MARK + json.replace(ANY_WORD, (word) => CODES.get(word) as string);
}

/** The other way round. Throws where a code stands for nothing: the store was written by something else. */
export function lengthened(text: string): string {
  if (!text.startsWith(MARK)) return text;
  return text.slice(MARK.length).replace(ANY_CODE, (code) => {
    const word = WORDS[code.charCodeAt(0) - 1];
    if (word === undefined) throw new Error("a stored text holds a code that stands for nothing");
    return word;
  });
}
