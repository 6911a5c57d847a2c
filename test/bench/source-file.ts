/** Plausible source files, 2 to 8 KB, the same every time: services, stores and loops as a program would have them. */

const NOUNS = [
  "order",
  "invoice",
  "customer",
  "session",
  "shipment",
  "ticket",
  "message",
  "budget",
  "report",
  "device",
];
const VERBS = ["load", "save", "check", "merge", "retry", "publish", "collect", "expire", "assign", "review"];

/** A generator with a seed (mulberry32): the repository is the same on every machine. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `index` counts from 0. Three files of four are TypeScript, the others Python. */
export function sourceFile(index: number): { readonly path: string; readonly text: string } {
  const next = chance(index + 1);
  const pick = (words: readonly string[]): string => words[Math.floor(next() * words.length)] as string;
  const python = index % 4 === 3;
  const noun = pick(NOUNS);
  const bytesWanted = 2_048 + Math.floor(next() * 6_000);
  const parts = [python ? pythonHead(noun) : typescriptHead(noun)];
  for (let part = 0, bytes = 0; bytes < bytesWanted; part += 1) {
    const text = python ? pythonPart(noun, pick(VERBS), part, next) : typescriptPart(noun, pick(VERBS), part, next);
    parts.push(text);
    bytes += text.length;
  }
  const folder = `src/area-${index % 40}/${pick(NOUNS)}s`;
  return { path: `${folder}/${noun}-${index}.${python ? "py" : "ts"}`, text: parts.join("\n") };
}

const typescriptHead = (noun: string): string =>
  `import { readFile, writeFile } from "node:fs/promises";\n\nexport interface ${capital(noun)} {\n  readonly id: string;\n  readonly amount: number;\n  readonly tags: readonly string[];\n}\n`;

const typescriptPart = (noun: string, verb: string, part: number, next: () => number): string => {
  const limit = Math.floor(next() * 90) + 10;
  return `/** Tries to ${verb} one ${noun}; gives up after ${limit} attempts. */
export async function ${verb}${capital(noun)}${part}(path: string, known: Map<string, ${capital(noun)}>): Promise<${capital(noun)}[]> {
  const found: ${capital(noun)}[] = [];
  for (let attempt = 0; attempt < ${limit}; attempt += 1) {
    const rows = JSON.parse(await readFile(path, "utf8")) as ${capital(noun)}[];
    for (const row of rows) {
      if (known.has(row.id) || row.amount > ${limit * 7}) continue;
      known.set(row.id, row);
      found.push({ ...row, tags: [...row.tags, "${verb}-${part}"] });
    }
    if (found.length > ${part + 3}) break;
  }
  await writeFile(\`\${path}.${part}\`, JSON.stringify(found));
  return found;
}
`;
};

const pythonHead = (noun: string): string =>
  `import json\nfrom dataclasses import dataclass, field\n\n\n@dataclass\nclass ${capital(noun)}:\n    id: str\n    amount: float\n    tags: list[str] = field(default_factory=list)\n\n`;

const pythonPart = (noun: string, verb: string, part: number, next: () => number): string => {
  const limit = Math.floor(next() * 90) + 10;
  return `
def ${verb}_${noun}_${part}(path: str, known: dict[str, ${capital(noun)}]) -> list[${capital(noun)}]:
    """Tries to ${verb} one ${noun}; gives up after ${limit} attempts."""
    found: list[${capital(noun)}] = []
    for attempt in range(${limit}):
        with open(path) as source:
            rows = [${capital(noun)}(**row) for row in json.load(source)]
        for row in rows:
            if row.id in known or row.amount > ${limit * 7}:
                continue
            known[row.id] = row
            found.append(row)
        if len(found) > ${part + 3}:
            break
    return found

`;
};
