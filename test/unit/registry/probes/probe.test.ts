/** What the probes find in repositories written for it, traps included. */
import { describe, expect, test } from "vitest";
import type { Box } from "../../../../registry/box.ts";
import { type PrimitiveId, primitiveIds } from "../../../../registry/probes/finding.ts";
import { effectsOn, probe } from "../../../support/fixture-repos/probe.ts";
import { fixtureNames, openFixture } from "../../../support/fixture-repos/repos.ts";

async function lineAt(box: Box, path: string, line: number): Promise<string> {
  const { bytes } = await box.read(path, { bytesMax: 1_000_000 });
  return new TextDecoder().decode(bytes).split("\n")[line - 1]?.trim() ?? "";
}

describe("a complete harness", () => {
  test.each(primitiveIds)("shows an effect for every required aspect of %s", async (primitive) => {
    const examination = await probe(await openFixture("ts-complete"), primitive);
    const required = examination.aspects.filter((aspect) => aspect.required && aspect.id !== "guard-tests");
    expect(required.length).toBeGreaterThan(0);
    const proved = required.filter(({ id, atLeast = 1 }) => effectsOn(examination, id).length >= atLeast);
    expect(proved.map(({ id }) => id)).toEqual(required.map(({ id }) => id));
  });

  test("is recognised by its model call, its dispatch and its loop", async () => {
    const { understood, anchors } = await probe(await openFixture("ts-complete"), "tool-registry");
    expect(understood).toBe(true);
    expect(new Set(anchors.map(({ kind }) => kind))).toEqual(new Set(["model-call", "tool-dispatch", "main-loop"]));
  });

  const six: PrimitiveId[] = [
    "tool-registry",
    "permission-system",
    "session-persistence",
    "token-budget",
    "streaming-events",
  ];
  test.each(six)("in Python shows an effect for every required aspect of %s", async (primitive) => {
    const examination = await probe(await openFixture("py-complete"), primitive);
    const required = examination.aspects.filter((aspect) => aspect.required);
    expect(required.length).toBeGreaterThan(0);
    const open = required.filter(({ id }) => effectsOn(examination, id).length === 0);
    expect(open).toEqual([]);
  });
});

describe("every hit and every anchor", () => {
  test.each(fixtureNames)("of %s quotes its line as it stands", async (name) => {
    const box = await openFixture(name);
    let checked = 0;
    for (const primitive of primitiveIds) {
      const { hits, anchors } = await probe(box, primitive);
      for (const { path, line, quote } of [...hits, ...anchors]) {
        expect(quote).toBe(await lineAt(box, path, line));
        expect(quote).not.toBe("");
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(0);
  });
});

describe("traps", () => {
  const silent: PrimitiveId[] = [
    "tool-registry",
    "permission-system",
    "session-persistence",
    "workflow-state",
    "system-event-log",
    "transcript-compaction",
    "permission-audit-trail",
    "agent-type-system",
  ];
  test.each(silent)(
    "comments, strings, README claims, examples and vendored code do not prove %s",
    async (primitive) => {
      const examination = await probe(await openFixture("ts-traps"), primitive);
      expect(examination.understood).toBe(true);
      expect(examination.hits).toEqual([]);
    },
  );

  test("a budget that is declared and never compared is a declaration", async () => {
    const { hits } = await probe(await openFixture("ts-traps"), "token-budget");
    expect(hits.map(({ aspect, strength }) => ({ aspect, strength }))).toContainEqual({
      aspect: "limit",
      strength: "declaration",
    });
    expect(hits.filter(({ strength }) => strength === "effect")).toEqual([]);
  });

  test("a README that says there is none is a hit of its own, with its line", async () => {
    const { hits } = await probe(await openFixture("ts-traps"), "streaming-events");
    expect(hits.map(({ aspect, path, line }) => ({ aspect, path, line }))).toEqual([
      { aspect: "denied", path: "README.md", line: 4 },
    ]);
  });

  test("what was left out is counted by reason", async () => {
    const { filesSkipped, filesScanned } = await probe(await openFixture("ts-traps"), "tool-registry");
    const counts = Object.fromEntries(filesSkipped.map(({ why, count }) => [why, count]));
    expect(counts).toEqual({ example: 5, vendored: 5, generated: 1 });
    expect(filesScanned).toBe(1);
  });

  test("a record of denials alone does not cover the allows", async () => {
    const examination = await probe(await openFixture("py-partial"), "permission-audit-trail");
    expect(examination.hits.length).toBeGreaterThan(0);
    expect(effectsOn(examination, "both")).toEqual([]);
  });

  test("names of permissions in a library without a model call are not understood as a harness", async () => {
    const { understood, anchors } = await probe(await openFixture("not-an-agent"), "permission-system");
    expect(understood).toBe(false);
    expect(anchors).toEqual([]);
  });

  test("a turn cap is no token budget", async () => {
    const examination = await probe(await openFixture("py-partial"), "token-budget");
    expect(effectsOn(examination, "turn-cap").length).toBeGreaterThan(0);
    expect(effectsOn(examination, "limit")).toEqual([]);
  });
});

test("a client behind two functions of the repository is followed to the loop", async () => {
  const { anchors } = await probe(await openFixture("wrapped-client"), "tool-registry");
  const places = anchors.map(({ kind, path }) => `${kind} ${path}`);
  expect(places).toContain("model-call src/gateway.ts");
  expect(places).toContain("main-loop src/agent.ts");
  expect(places).toContain("tool-dispatch src/agent.ts");
});

test("one file examined again gives the hits it gave in the whole", async () => {
  const box = await openFixture("ts-complete");
  const whole = await probe(box, "permission-system");
  const path = "src/loop.ts";
  const again = await probe(box, "permission-system", path);
  const expected = whole.hits.filter((hit) => hit.path === path);
  expect(expected.length).toBeGreaterThan(0);
  expect(again.hits).toEqual(expected);
  expect(again.path).toBe(path);
});
