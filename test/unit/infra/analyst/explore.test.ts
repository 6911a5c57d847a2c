/** The explore task of the local analyst: levels by the rubric, over the real Probe. */
import { describe, expect, test } from "vitest";
import { brain } from "../../../../infra/model/local/analyst/brain.ts";
import { primitiveIds } from "../../../../registry/probes/finding.ts";
import { converse, taskText } from "../../../support/fixture-repos/converse.ts";
import { type fixtureNames, openFixture, openScratch } from "../../../support/fixture-repos/repos.ts";

interface Value {
  readonly primitive: string;
  readonly level: string;
  readonly maturity: number;
  readonly confidence: string;
  readonly findings: readonly { path: string; line: number; quote: string; probe: string }[];
  readonly why: string;
  readonly next: string;
}

async function explored(name: (typeof fixtureNames)[number], primitive: string): Promise<Value> {
  const { report } = await converse(await openFixture(name), taskText("explore", { primitive }));
  expect(report?.outcome).toBe("done");
  return report?.value as Value;
}

/** The key, read off the fixtures by eye: p present, h partial (half), a absent, u unknown; in the order of the ids. */
const key: Readonly<Record<Exclude<(typeof fixtureNames)[number], "wrapped-client">, string>> = {
  "ts-complete": "pppppppppppp",
  "ts-bare": "haaaaaaaaaaa",
  "py-complete": "pppappahhaaa",
  "py-partial": "hhhahhhhhahh",
  "ts-traps": "aaaahaaaaaaa",
  "not-an-agent": "uuuuuuuuuuuu",
};
const levels: Readonly<Record<string, string>> = { p: "present", h: "partial", a: "absent", u: "unknown" };

const cases = Object.entries(key).flatMap(([name, row]) =>
  primitiveIds.map(
    (primitive, index) => [name as keyof typeof key, primitive, levels[row[index] ?? ""] ?? ""] as const,
  ),
);

test.each(cases)("%s: %s is %s", async (name, primitive, level) => {
  const value = await explored(name, primitive);
  expect(value.level).toBe(level);
  expect(value.primitive).toBe(primitive);
  const maturity = { present: [2, 3], partial: [1], absent: [0], unknown: [0] }[level];
  expect(maturity).toContain(value.maturity);
  if (level === "unknown") expect(value.findings).toEqual([]);
  else expect(value.findings.length).toBeGreaterThan(0);
  expect(value.why).toMatch(/local structural analysis/i);
  expect(value.next).not.toMatch(/swarm|more agents/i);
});

describe("unknown rather than a guess", () => {
  const levelOf = async (files: Readonly<Record<string, string>>, primitive: string): Promise<string> => {
    const scratch = await openScratch(files);
    try {
      const { report } = await converse(scratch.box, taskText("explore", { primitive }));
      return (report?.value as Value | undefined)?.level ?? "none";
    } finally {
      await scratch.remove();
    }
  };

  test("a single model call, with all source read, is enough for silence to be absence", async () => {
    const once = `import OpenAI from "openai";
export const ask = (messages: never[]) => new OpenAI().chat.completions.create({ model: "m", messages });
`;
    expect(await levelOf({ "ask.ts": once }, "permission-system")).toBe("absent");
  });

  test("a library with sessions and no model call has no session persistence of an agent", async () => {
    const store = `import { appendFile, readFile } from "node:fs/promises";
export async function appendSession(sessionFile: string, message: string) {
  await appendFile(sessionFile, message);
}
export async function loadSession(sessionFile: string) {
  return (await readFile(sessionFile, "utf8")).split("\\n");
}
export async function main(sessionFile: string) {
  const messages = await loadSession(sessionFile);
  await appendSession(sessionFile, messages.join());
}
`;
    expect(await levelOf({ "store.ts": store }, "session-persistence")).toBe("unknown");
  });
});

describe("a report", () => {
  test("carries as evidence the lines of its findings and nothing else", async () => {
    const { report } = await converse(
      await openFixture("ts-complete"),
      taskText("explore", { primitive: "token-budget" }),
    );
    const value = report?.value as Value;
    const evidence = report?.evidence as { kind: string; path: string; line: number; quote: string }[];
    expect(evidence.length).toBeGreaterThan(0);
    expect(new Set(evidence.map(({ path, line }) => `${path}:${line}`))).toEqual(
      new Set(value.findings.map(({ path, line }) => `${path}:${line}`)),
    );
    expect(evidence.every(({ kind }) => kind === "file")).toBe(true);
  });

  test("of absence shows the anchors on which nothing fired", async () => {
    const { level, findings } = await explored("ts-bare", "token-budget");
    expect(level).toBe("absent");
    expect(findings.map(({ probe }) => probe)).toEqual([
      "anchor:model-call",
      "anchor:tool-dispatch",
      "anchor:main-loop",
    ]);
  });

  test("of a denial shows the repository's own line", async () => {
    const { level, findings } = await explored("ts-traps", "streaming-events");
    expect(level).toBe("absent");
    expect(findings[0]).toMatchObject({ path: "README.md", probe: "statement:denied" });
  });

  test("is made after one Probe and bounded reads", async () => {
    const { calls } = await converse(
      await openFixture("ts-complete"),
      taskText("explore", { primitive: "token-budget" }),
    );
    expect(calls.map(({ turn, name }) => `${turn} ${name}`)).toEqual(
      ["0 Probe", "1 Read", "1 Read", "2 Report"].slice(0, calls.length - 1).concat("2 Report"),
    );
    expect(calls.filter(({ name }) => name === "Read").length).toBeGreaterThan(0);
  });

  test("drops a line that Read shows to be different", async () => {
    const instead = (name: string) =>
      name === "Read" ? { text: "1\tsomething else entirely", isError: false } : undefined;
    const { report } = await converse(
      await openFixture("py-partial"),
      taskText("explore", { primitive: "streaming-events" }),
      { instead },
    );
    const value = report?.value as Value;
    expect(value.level).not.toBe("partial");
    expect(value.findings.every(({ path }) => path === "agent/loop.py")).toBe(true);
  });
});

describe("a rejected report", () => {
  const prompt = taskText("explore", { primitive: "token-budget" });

  test("is corrected once without the rejected line, and the level follows", async () => {
    const box = await openFixture("ts-complete");
    const first = (await converse(box, prompt)).report?.value as Value;
    const limit = first.findings.find(({ probe }) => probe === "limit-compared");
    expect(first.level).toBe("present");
    const { report, calls } = await converse(box, prompt, {
      onReport: (_, count) =>
        count === 1 ? `evidence rejected: ${limit?.path}:${limit?.line} does not match the file` : undefined,
    });
    const second = report?.value as Value;
    expect(calls.filter(({ name }) => name === "Report").length).toBe(2);
    expect(second.level).toBe("partial");
    expect(second.findings.map(({ line }) => line)).not.toContain(limit?.line);
  });

  test("a second time ends in blocked, and a third in words", async () => {
    const { calls, report, text } = await converse(await openFixture("ts-complete"), prompt, {
      onReport: (input) => `no: ${JSON.stringify(input.evidence)} src/loop.ts`,
    });
    const outcomes = calls.filter(({ name }) => name === "Report").map(({ input }) => input.outcome);
    expect(outcomes.at(-1)).toBe("blocked");
    expect(outcomes.length).toBeLessThanOrEqual(3);
    expect(report).toMatchObject({ value: { level: "unknown" } });
    expect(text).toMatch(/^Local analysis/);
  });

  test("for a reason that names no evidence is not repeated", async () => {
    const { calls } = await converse(await openFixture("ts-complete"), prompt, {
      onReport: () => "the value does not obey the contract",
    });
    expect(calls.filter(({ name }) => name === "Report").map(({ input }) => input.outcome)).toEqual([
      "done",
      "blocked",
    ]);
  });
});

describe("what the analyst cannot do, it says", () => {
  test("a failed Probe becomes a blocked report with the reason", async () => {
    const instead = (name: string) => (name === "Probe" ? { text: "tool timed out", isError: true } : undefined);
    const { report } = await converse(
      await openFixture("ts-bare"),
      taskText("explore", { primitive: "token-budget" }),
      { instead },
    );
    expect(report).toMatchObject({ outcome: "blocked", value: { level: "unknown" } });
    expect(String(report?.notDone)).toContain("tool timed out");
  });

  test("a Probe answer that is no examination is not believed", async () => {
    const instead = (name: string) => (name === "Probe" ? { text: '{"level":"present"}', isError: false } : undefined);
    const { report } = await converse(
      await openFixture("ts-bare"),
      taskText("explore", { primitive: "token-budget" }),
      { instead },
    );
    expect(report?.outcome).toBe("blocked");
  });

  test.each([
    ["no task", "Write me a poem."],
    ["an unknown type", taskText("poem", {})],
    ["a task that is no JSON", "<task>\n{oops\n</task>"],
  ])("%s is blocked and names the key", async (_, prompt) => {
    const { report } = await converse(await openFixture("ts-bare"), prompt);
    expect(report?.outcome).toBe("blocked");
    expect(String(report?.notDone)).toContain("ANTHROPIC_API_KEY");
  });

  test("without a Report tool it answers in words, labelled as local", async () => {
    const { text, calls } = await converse(await openFixture("ts-bare"), "Write me a poem.", { tools: [] });
    expect(calls).toEqual([]);
    expect(text).toMatch(/^Local analysis: .*ANTHROPIC_API_KEY/);
  });

  test("it calls no tool that was not offered", async () => {
    const { calls } = await converse(
      await openFixture("ts-complete"),
      taskText("explore", { primitive: "token-budget" }),
      { tools: ["Probe", "Report"] },
    );
    expect(calls.map(({ name }) => name)).toEqual(["Probe", "Report"]);
  });

  test("the same request gets the same answer", async () => {
    const { requests } = await converse(
      await openFixture("ts-complete"),
      taskText("explore", { primitive: "tool-registry" }),
    );
    expect(requests.length).toBeGreaterThan(1);
    for (const request of requests) expect(await brain(structuredClone(request))).toEqual(await brain(request));
  });
});
