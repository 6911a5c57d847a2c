/** Names that a JSON text gives twice: a parser takes the last of them, and whoever reads the file may see the first. */

interface Level {
  readonly isObject: boolean;
  readonly names: Set<string>;
  name: string;
  awaitsName: boolean;
}

/** Of the object that stands under `field` of the outermost one. `text` is valid JSON. */
export function repeatedNames(text: string, field: string): readonly string[] {
  const levels: Level[] = [];
  const repeated = new Set<string>();
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/gs)) {
    const level = levels.at(-1);
    if (token === "{" || token === "[") {
      levels.push({ isObject: token === "{", names: new Set(), name: "", awaitsName: token === "{" });
    } else if (token === "}" || token === "]") {
      levels.pop();
    } else if (level?.isObject === true && token === ",") {
      level.awaitsName = true;
    } else if (level?.awaitsName === true) {
      level.awaitsName = false;
      level.name = JSON.parse(token) as string;
      const isSubject = levels.length === 2 && levels[0]?.name === field;
      if (isSubject && level.names.has(level.name)) repeated.add(level.name);
      level.names.add(level.name);
    }
  }
  return [...repeated];
}
