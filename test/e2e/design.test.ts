// `swarm design` from end to end, without a terminal: what it writes is what `evaluate --against` holds code to, and
// nothing of somebody else's is replaced.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documentOf, type Finished, fixture, openSwarm, type Swarm } from "../support/swarm-cli.ts";

let swarm: Swarm;
beforeAll(async () => {
  swarm = await openSwarm();
});
afterAll(() => swarm?.[Symbol.asyncDispose]());

interface Refused {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}
interface Written {
  readonly primitives: readonly { readonly id: string; readonly decision: string; readonly trigger: string | null }[];
  readonly assumed: readonly string[];
}

const given = (text: string): string => {
  const file = join(swarm.cwd, "answers.yaml");
  writeFileSync(file, text);
  return file;
};
const design = (out: string, text: string, ...flags: string[]): Promise<Finished> =>
  swarm.ask(["design", "--answers", given(text), "--out", out, ...flags]);

test("a solo tool skips at least five, each with its trigger; the same answers give the same files", async () => {
  const solo = "runs: cli\nusers: me\nagents: one\neffects: workspace\npermissions: rules\nmoney: metered\n";
  const out = join(swarm.cwd, "solo");
  const finished = await design(out, solo, "--json");
  expect(finished).toMatchObject({ code: 0, stderr: "" });
  const { primitives, assumed } = documentOf<Written>(finished);
  const skipped = primitives.filter(({ decision }) => decision === "skip");
  expect(skipped.length).toBeGreaterThanOrEqual(5);
  const page = readFileSync(join(out, "HARNESS.md"), "utf8");
  for (const { trigger } of skipped) expect(page).toContain(`Skip until ${trigger}.`);
  expect(assumed).toContain("session");
  const before = readFileSync(join(out, "harness.json"), "utf8");
  expect(await design(out, solo)).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, "harness.json"), "utf8")).toBe(before);
  expect(readFileSync(join(out, "HARNESS.md"), "utf8")).toBe(page);
});

test("without a terminal and answers it says which flag answers, and exits with 2", async () => {
  const finished = await swarm.ask(["design", "--json"]);
  expect(finished.code).toBe(2);
  expect(documentOf<Refused>(finished).error).toMatchObject({
    code: "usage.answers_needed",
    hint: expect.stringContaining("--answers"),
  });
  expect(existsSync(join(swarm.cwd, "HARNESS.md"))).toBe(false);
});

test("a swarm without permissions is refused by name, and stands once it is confirmed", async () => {
  const wish = "agents: swarm\nusers: team\nsession: hours\npermissions: none\n";
  const out = join(swarm.cwd, "bold");
  const refused = await design(out, wish, "--json");
  expect(refused.code).toBe(2);
  const { error } = documentOf<Refused>(refused);
  expect(error).toMatchObject({
    code: "design.contradiction",
    message: expect.stringContaining("swarm-without-permissions"),
    hint: expect.stringContaining('"confirmed": ["swarm-without-permissions"]'),
  });
  expect(existsSync(out)).toBe(false);
  expect(await design(out, `${wish}confirmed: [swarm-without-permissions]\n`)).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, "HARNESS.md"), "utf8")).toContain("Taken against advice");
});

test("what people wrote is replaced with --yes only", async () => {
  const out = join(swarm.cwd, "mine");
  mkdirSync(out);
  writeFileSync(join(out, "HARNESS.md"), "# Mine\n");
  const refused = await design(out, "{}", "--json");
  expect(refused.code).toBe(2);
  expect(documentOf<Refused>(refused).error.code).toBe("design.exists");
  expect(readFileSync(join(out, "HARNESS.md"), "utf8")).toBe("# Mine\n");
  expect(existsSync(join(out, "harness.json"))).toBe(false);
  expect(await design(out, "{}", "--yes")).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, "HARNESS.md"), "utf8")).toContain("# The harness");
});

test("an evaluation by the local analyst names each breach and exits with 3; a baseline alone changes no exit code", async () => {
  const out = join(swarm.cwd, "held");
  expect(await design(out, "money: metered\nagents: kinds\neffects: none\n")).toMatchObject({ code: 0 });
  const evaluate = (...flags: string[]): Promise<Finished> =>
    swarm.ask([
      "evaluate",
      fixture("wrapped-client"),
      "--analyst",
      "local",
      "--only",
      "token-budget,agent-type-system",
      "--json",
      ...flags,
    ]);
  const page = join(swarm.cwd, "report.html");
  const broken = await evaluate("--against", out, "--html", page);
  interface Report {
    readonly against: { readonly breaches: readonly { readonly id: string }[]; readonly unseen: readonly string[] };
    readonly baseline: { readonly same: readonly string[]; readonly worse: readonly unknown[] };
  }
  expect(broken.code).toBe(3);
  const { breaches, unseen } = documentOf<Report>(broken).against;
  expect(breaches.map(({ id }) => id)).toContain("agent-type-system");
  expect(broken.stderr).toContain("breach: agent-type-system is ");
  expect(readFileSync(page, "utf8")).toContain("Against the design");
  expect(unseen).toContain("tool-registry");
  const baseline = join(swarm.cwd, "baseline.json");
  writeFileSync(baseline, broken.stdout);
  const again = await evaluate("--baseline", baseline);
  expect(again.code).toBe(0);
  expect(documentOf<Report>(again).baseline).toMatchObject({ worse: [], same: ["token-budget", "agent-type-system"] });
  for (const [flag, file] of [
    ["--against", baseline],
    ["--baseline", join(out, "harness.json")],
  ] as const) {
    const refused = await evaluate(flag, file);
    expect(refused.code).toBe(2);
    expect(documentOf<Refused>(refused).error.code).toBe(`usage.${flag.slice(2)}`);
  }
});
