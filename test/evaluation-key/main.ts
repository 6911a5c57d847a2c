/**
 * How far an analyst agrees with an answer key:
 *
 *   npx tsx test/evaluation-key/main.ts KEY=TARGET …
 *
 * KEY is a name in `keys/` or the path of a key file. TARGET is a checkout of the commit that it names, which the local
 * analyst then judges, or a file with what `swarm evaluate --json` printed, whatever model it was made with. Ends with 1
 * where a level is two levels off or a checkout lacks a line that was quoted from it.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { documentSchema } from "../../apps/cli/evaluate/document.ts";
import { judge } from "../../infra/model/local/analyst/judgement.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import { examine } from "../../registry/probes/examine.ts";
import { type PrimitiveId, primitiveIds } from "../../registry/probes/finding.ts";
import { listSources, readWorkspace } from "../../registry/probes/source/workspace.ts";
import { compareWithKey, letters, type Miss } from "./compare.ts";
import { type Level, levelsOf, readKey } from "./key.ts";

interface Answers {
  readonly levels: Partial<Record<PrimitiveId, Level>>;
  /** Places whose quote was not found there again. */
  readonly untrue: readonly string[];
}

const never = new AbortController().signal;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function answersAbout(target: string): Promise<Answers> {
  return statSync(target).isDirectory() ? answersOfAnalyst(target) : answersIn(target);
}

function answersIn(file: string): Answers {
  const { primitives } = documentSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  return { levels: Object.fromEntries(primitives.map(({ id, level }) => [id, level])), untrue: [] };
}

async function answersOfAnalyst(folder: string): Promise<Answers> {
  const box = await openBox(folder);
  const workspace = await readWorkspace(box, await listSources(box, never), never);
  const levels: Partial<Record<PrimitiveId, Level>> = {};
  const untrue: string[] = [];
  for (const primitive of primitiveIds) {
    const { level, findings } = judge(structuredClone(await examine(workspace, primitive, never)) as never);
    levels[primitive] = level;
    for (const { path, line, quote } of findings) {
      const text = readFileSync(join(folder, path), "utf8").split(/\r\n|\n|\r/)[line - 1];
      if (text?.trim() !== quote) untrue.push(`${primitive} ${path}:${line}`);
    }
  }
  return { levels, untrue };
}

const keyFile = (name: string): string =>
  name.endsWith(".json") ? name : fileURLToPath(new URL(`keys/${name}.json`, import.meta.url));

const told = ({ primitive, wanted, found, twoLevels, arguable }: Miss): string =>
  `  ${primitive}: ${found}, the key says ${wanted}${arguable ? " (arguable)" : ""}${twoLevels ? ", TWO LEVELS OFF" : ""}`;

async function main(pairs: readonly string[]): Promise<number> {
  if (pairs.length === 0 || pairs.some((pair) => !/^[^=-][^=]*=./.test(pair))) {
    process.stderr.write("say what to compare: KEY=FOLDER or KEY=REPORT.json, as many as you like\n");
    return 2;
  }
  const all: Miss[] = [];
  let compared = 0;
  let untrueLines = 0;
  for (const pair of pairs) {
    const [name = "", target = ""] = pair.split(/=(.*)/s);
    const key = await readKey(keyFile(name));
    const { levels, untrue } = await answersAbout(target);
    const one = compareWithKey(key, levels);
    say(
      `${name} (${key.use}): ${one.exact} of ${one.compared}; key ${letters(levelsOf(key))}, found ${letters(levels)}`,
    );
    for (const miss of one.misses) say(told(miss));
    for (const place of untrue) say(`  not there word for word: ${place}`);
    all.push(...one.misses);
    compared += one.compared;
    untrueLines += untrue.length;
  }
  summarise(all, compared);
  return all.some(({ twoLevels }) => twoLevels) || untrueLines > 0 ? 1 : 0;
}

function summarise(misses: readonly Miss[], compared: number): void {
  const exact = compared - misses.length;
  const two = misses.filter(({ twoLevels }) => twoLevels).length;
  say(`\n${exact} of ${compared} exact (${Math.round((100 * exact) / compared)} %), ${two} two levels off`);
  for (const primitive of primitiveIds) {
    const own = misses.filter((miss) => miss.primitive === primitive);
    const count = (way: Miss["way"]): number => own.filter((miss) => miss.way === way).length;
    if (own.length > 0)
      say(`  ${primitive}: ${count("over")} over, ${count("under")} under, ${count("unknown")} unknown`);
  }
}

process.exitCode = await main(process.argv.slice(2));
