/**
 * Makes one example's call, as a run would, on the workbench, and says what came of it and what was seen from outside:
 * the answer, every file that is another, the hands that were used, what was reached for.
 */
import { readFile, rm } from "node:fs/promises";
import { sha256 } from "../../../infra/ids.ts";
import type { ActingBox, Box, BoxPage } from "../../../registry/box.ts";
import { triedMemory } from "../../../registry/memory/tried-memory.ts";
import type { ToolDeclaration, ToolExample, ToolOutput } from "../../../registry/tool.ts";
import { actingBox } from "../acting-box.ts";
import type { Bench } from "./bench.ts";
import { changedBetween, folderState } from "./folder-state.ts";
import { countersFrom, reachedBetween, reachOf } from "./reach.ts";

export interface Tried {
  readonly ok: boolean;
  /** The folder's own name, and times, are taken out: they are never the same. */
  readonly text: string;
  readonly truncated: boolean;
  /** Paths that are new, gone or different. */
  readonly changed: readonly string[];
  /** SHA-256 of the changed files' content; null: it is gone. */
  readonly leaves: Readonly<Record<string, string | null>>;
  /** Deeds it asked its box for. */
  readonly hands: readonly string[];
  readonly reachedOut: readonly string[];
}

/** Longest an example may take, in milliseconds. */
const EXAMPLE_MS_MAX = 60_000;

/** @throws where the tool breaks: that is a finding of whoever asked. `notTried`: why it could not be tried here. */
export async function tryExample(
  tool: ToolDeclaration,
  example: ToolExample,
  bench: Bench,
): Promise<Tried | { readonly notTried: string }> {
  const parsed = tool.input.safeParse(example.input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`);
    return untouched(false, problems.join("; "));
  }
  if (tool.category === "shell" && !bench.confined) return { notTried: "there is no sandbox to try commands in" };
  if (tool.load === undefined && tool.loadDeed === undefined) return untouched(true, "");
  const run = await tool.load?.();
  const deed = run === undefined ? await tool.loadDeed?.() : undefined;
  const { box, effect } = await bench.workspace(example.files);
  const before = await folderState(box.root, { by: "content" });
  const hands: string[] = [];
  const reached: string[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  const context = {
    box: { ...box, fetch: fetchOf(bench, example, reached) },
    signal,
    ...(example.shelf === undefined ? {} : { shelf: example.shelf }),
    ...(example.manual === undefined ? {} : { manual: async () => example.manual ?? [] }),
    ...(example.memory === undefined ? {} : { memory: triedMemory(example.memory) }),
  };
  const acting = deed === undefined ? null : await handsOf(bench, example, { box, effect, signal }, hands, reached);
  const { value: output, reached: opened } = await reachOf<ToolOutput>(() =>
    withinTime(Math.min(tool.timeoutMs, EXAMPLE_MS_MAX), stop, async () =>
      acting === null || deed === undefined
        ? ((await run?.(parsed.data, context)) as ToolOutput)
        : deed(parsed.data, { box: acting, signal }),
    ),
  );
  const changed = changedBetween(before, await folderState(box.root, { by: "content" }));
  // A command's recorder is a process of ours; what is fetched goes through the box's own door.
  const ours = tool.category === "shell" || reached.length > 0;
  return {
    ok: output.ok,
    text: steady(output.text, box.root),
    truncated: output.truncated ?? false,
    changed,
    leaves: Object.fromEntries(
      await Promise.all(changed.map(async (path) => [path, (await hashOf(box, path)) ?? null] as const)),
    ),
    hands,
    reachedOut: [...reached, ...(ours ? [] : opened)],
  };
}

/** Whoever does not listen to the signal is not waited for. */
async function withinTime<Value>(timeoutMs: number, stop: AbortController, act: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const late = new Error(`it did not end within ${timeoutMs} ms`);
      stop.abort(late);
      reject(late);
    }, timeoutMs);
  });
  try {
    return await Promise.race([act(), over]);
  } finally {
    clearTimeout(timer);
  }
}

const untouched = (ok: boolean, text: string): Tried => ({
  ok,
  text,
  truncated: false,
  changed: [],
  leaves: {},
  hands: [],
  reachedOut: [],
});

const hashOf = async (box: Box, path: string): Promise<string | undefined> =>
  (await box.hash(path).catch(() => null))?.sha256;

/** What is the same of two tries of one thing, on whatever machine. */
const steady = (text: string, root: string): string =>
  text
    .replaceAll(root, "<workspace>")
    .replace(/\b\d+ ms\b/g, "<time> ms")
    .replace(/^\[sandbox: partial\]$/gm, "");

function fetchOf({ fetch }: Bench, { pages = {} }: ToolExample, reached: string[]): NonNullable<Box["fetch"]> {
  return async (url, options): Promise<BoxPage> => {
    reached.push("a page of the web");
    const page = pages[url];
    if (page === undefined) return fetch(url, options);
    const { status = 200, contentType, body } = page;
    return { url, status, contentType, bytes: Buffer.from(body), cut: false };
  };
}

interface Setting {
  readonly box: Parameters<typeof actingBox>[0]["box"];
  readonly effect: string;
  readonly signal: AbortSignal;
}

/** Hands behind a real gate, each use noted. */
async function handsOf(
  { journal }: Bench,
  { seen = [] }: ToolExample,
  { box, effect, signal }: Setting,
  hands: string[],
  reached: string[],
): Promise<ActingBox> {
  const known = new Map(await Promise.all(seen.map(async (path) => [path, await hashOf(box, path)] as const)));
  const acting = actingBox({
    box,
    journal,
    effect,
    inputHash: "example",
    signal,
    mayChange: () => true,
    lastSeen: (path) => known.get(path),
    changed: () => {},
  });
  return {
    ...acting,
    replace(path, content, options) {
      hands.push("replace");
      return acting.replace(path, content, options);
    },
    async exec(command, options) {
      hands.push("exec");
      const exit = await acting.exec(command, { ...options, runs: counting(options.runs ?? command) });
      const counters = await countersOf(box);
      reached.push(...reachedBetween({}, countersFrom(counters)));
      return exit;
    },
  };
}

/** A name that no example uses; taken away again before anybody compares. */
const COUNTERS_FILE = ".statehive-network";

/** The command, and after it what its network says of it: a new one begins at nothing. */
const counting = (command: string): string =>
  [
    `(\n${command}\n)`,
    "statehive_code=$?",
    `cat /proc/net/snmp /proc/net/snmp6 /proc/net/dev >${COUNTERS_FILE} 2>/dev/null`,
    "exit $statehive_code",
  ].join("\n");

async function countersOf({ root }: Pick<Box, "root">): Promise<string> {
  const path = `${root}/${COUNTERS_FILE}`;
  const text = await readFile(path, "utf8").catch(() => "");
  await rm(path, { force: true });
  return text;
}

/** What tells this outcome from another one, whatever folder and machine it was tried on. */
export const digestOf = ({ ok, text, truncated, leaves }: Tried): string =>
  sha256(JSON.stringify([ok, text, truncated, Object.entries(leaves).sort(([a], [b]) => (a < b ? -1 : 1))]));
