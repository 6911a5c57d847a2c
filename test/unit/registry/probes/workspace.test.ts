/** The one pass: shared, fresh, bounded, and honest about what it left out. */
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTick } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createWorkspaceCache } from "../../../../registry/probes/source/cache.ts";
import { run } from "../../../../registry/tools/run/probe.ts";
import { probe } from "../../../support/fixture-repos/probe.ts";
import { openFixture, openScratch, type Scratch } from "../../../support/fixture-repos/repos.ts";

const signal = () => new AbortController().signal;
const loop = (limit: string) => `import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
export async function run(messages: never[], costLimit: number) {
  let cost = 0;
  while (true) {
    ${limit}
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages });
    cost += answer.usage.output_tokens;
    if (answer.stop_reason !== "tool_use") return answer;
  }
}
`;
const compared = `if (cost >= costLimit) throw new Error("cost limit");`;
const unchecked = `console.log(cost, costLimit, "cost limit, checked");`.padEnd(compared.length);

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

test("twelve callers at once share one pass", async () => {
  const cache = createWorkspaceCache();
  const box = await openFixture("ts-complete");
  const workspaces = await Promise.all(Array.from({ length: 12 }, () => cache.open(box, signal())));
  expect(new Set(workspaces).size).toBe(1);
  expect(cache.passes()).toBe(1);
});

test("a changed file is parsed again, an unchanged workspace is not", async () => {
  const cache = createWorkspaceCache();
  scratch = await openScratch({ "a.ts": "export const a = 1;\n" });
  await cache.open(scratch.box, signal());
  await cache.open(scratch.box, signal());
  expect(cache.passes()).toBe(1);
  await scratch.write("b.ts", "export const b = 2;\n");
  const later = await cache.open(scratch.box, signal());
  expect(cache.passes()).toBe(2);
  expect(later.files.map(({ path }) => path)).toEqual(["a.ts", "b.ts"]);
});

test("one caller's abort leaves the pass to the others, and the last one's ends it", async () => {
  const cache = createWorkspaceCache();
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}.ts`, loop(compared)]));
  scratch = await openScratch(many);
  const leaving = new AbortController();
  const first = cache.open(scratch.box, leaving.signal);
  const second = cache.open(scratch.box, signal());
  const begun = () => cache.passes() > 0;
  while (!begun()) await nextTick();
  for (let tick = 0; tick < 3; tick += 1) await nextTick();
  leaving.abort(new Error("left"));
  await expect(first).rejects.toThrow("left");
  expect((await second).files.length).toBe(300);
});

test("a call that was aborted before it began reads nothing", async () => {
  const cache = createWorkspaceCache();
  const gone = AbortSignal.abort(new Error("gone"));
  await expect(cache.open(await openFixture("ts-bare"), gone)).rejects.toThrow("gone");
  expect(cache.passes()).toBe(0);
});

test("a file examined by path is read afresh even where size and time did not change", async () => {
  scratch = await openScratch({ "loop.ts": loop(compared) });
  const at = new Date(1_700_000_000_000);
  await utimes(join(scratch.folder, "loop.ts"), at, at);
  const limits = async (path?: string) =>
    (await probe((scratch as Scratch).box, "token-budget", path)).hits.filter(
      ({ aspect, strength }) => aspect === "limit" && strength === "effect",
    ).length;
  expect(await limits()).toBe(1);
  await scratch.write("loop.ts", loop(unchecked));
  await utimes(join(scratch.folder, "loop.ts"), at, at);
  expect(await limits("loop.ts")).toBe(0);
});

test("large, binary, minified and foreign files are left out and said, and the rest is read", async () => {
  scratch = await openScratch({
    "loop.ts": loop(compared),
    "big.ts": `export const big = "${"x".repeat(1_000_001)}";\n`,
    "data.js": new Uint8Array([118, 97, 114, 0, 1, 2]),
    "packed.js": `var a=1;${"a+=1;".repeat(2_000)}\n`,
    "server.go": "package main\n",
    "latin.py": new Uint8Array([35, 0xff, 0xfe, 10, 120, 61, 49, 10]),
  });
  const { filesSkipped, filesScanned } = await probe(scratch.box, "token-budget");
  expect(Object.fromEntries(filesSkipped.map(({ why, paths }) => [why, paths]))).toEqual({
    "too large": ["big.ts"],
    "not text": ["data.js"],
    minified: ["packed.js"],
    "unsupported language": ["server.go"],
  });
  expect(filesScanned).toBe(2);
});

test("a path that cannot be examined is refused with its reason", async () => {
  scratch = await openScratch({ "loop.ts": loop(compared), "examples/loop.ts": loop(compared) });
  const ask = async (path: string) =>
    run({ primitive: "token-budget", path }, { box: (scratch as Scratch).box, signal: signal() });
  expect(await ask("missing.ts")).toMatchObject({ ok: false, text: expect.stringContaining("missing.ts") });
  expect(await ask("../outside.ts")).toMatchObject({ ok: false, text: expect.stringContaining("outside") });
  expect(await ask("examples/loop.ts")).toMatchObject({ ok: false, text: expect.stringContaining("example") });
});

test("an empty workspace is not understood and claims nothing", async () => {
  scratch = await openScratch({});
  expect(await probe(scratch.box, "tool-registry")).toMatchObject({
    understood: false,
    filesScanned: 0,
    hits: [],
    anchors: [],
  });
});

test("a limit that is compared and only logged stops nothing", async () => {
  scratch = await openScratch({ "loop.ts": loop(`if (cost >= costLimit) console.warn("cost limit");`) });
  const { hits } = await probe(scratch.box, "token-budget");
  expect(hits.filter(({ aspect, strength }) => aspect === "accounting" && strength === "effect").length).toBe(1);
  expect(hits.filter(({ aspect, strength }) => aspect === "limit" && strength === "effect")).toEqual([]);
});

test("recording in the branch of a denial is not recording both, recording before it is", async () => {
  const dispatch = (before: string, inside: string) => `import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
export async function run(messages: never[], tools: Record<string, (input: unknown) => Promise<string>>) {
  while (true) {
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages });
    for (const call of answer.content) {
      if (call.type !== "tool_use") return;
      const decision = decidePermission(call.name, call.input);
      ${before}
      if (decision.outcome === "deny") {
        ${inside}
        continue;
      }
      await tools[call.name]?.(call.input);
    }
  }
}
`;
  const record = "await recordDecision(call.name, decision.outcome);";
  const both = async (source: string) => {
    await scratch?.remove();
    scratch = await openScratch({ "loop.ts": source });
    return (await probe(scratch.box, "permission-audit-trail")).hits.filter(({ aspect }) => aspect === "both").length;
  };
  expect(await both(dispatch("", record))).toBe(0);
  expect(await both(dispatch(record, ""))).toBe(1);
});
