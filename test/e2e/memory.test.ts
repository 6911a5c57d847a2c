/**
 * Three runs over one workspace: the first keeps something; after a kill -9 of all there is the second is told of it; and
 * the third, whose files say otherwise by then, is not; its log says what was forgotten and why.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { signalProcess } from "../../infra/redis/process-identity.ts";
import {
  MAIN,
  MAIN_LINES,
  ofType,
  openStage,
  quote,
  report,
  type Stage,
  says,
  toldBefore,
  use,
  wireOf,
} from "../support/run-stage.ts";
import { documentOf, eventually, processesOf } from "../support/swarm-cli.ts";

interface Listed {
  readonly items: readonly {
    readonly id: string;
    readonly topic: string;
    readonly fact: string;
    readonly forgotten?: { readonly reason: string };
  }[];
}

/** SIGKILL to every process there is, the server of the private Redis among them. */
async function killAll({ swarm }: Stage): Promise<void> {
  for (const identity of processesOf(swarm.home)) signalProcess(identity, "SIGKILL");
  await eventually("nothing of it is left", () => processesOf(swarm.home).length === 0);
}

const fact = "Numbers are added on line 3, and nowhere else.";
const source = { path: MAIN, line: 3, quote: (MAIN_LINES[2] ?? "").trim() };
const told = (request: Parameters<typeof toldBefore>[0]): string => JSON.stringify(toldBefore(request));

it("what one run keeps the next one is told, until the line that bears it out is gone", {
  timeout: 240_000,
}, async () => {
  await using stage = await openStage();
  const memory = async (...args: string[]): Promise<Listed> =>
    documentOf<Listed>(await stage.swarm.run(["memory", ...args, "--workspace", stage.workspace, "--json"]));

  const first = await stage.play([
    says(
      use("Remember", { topic: "where-sums-are", fact, source }),
      use("Note", { topic: "state", fact: "The first half is done.", source }),
    ),
    report("It adds."),
  ]);
  expect(first.document.status).toBe("completed");
  expect(JSON.stringify(wireOf(first.requests[0] ?? { body: "{}" }).messages)).not.toContain("<memory>");
  const [kept] = ofType(first.events, "memory.kept").filter(({ tier }) => tier === "workspace");
  expect(kept).toMatchObject({ topic: "where-sums-are", fact, marked: false });
  for (const words of [["show"], ["forget"], ["list", "m_0"], ["forget", "m_0"]]) {
    const refused = await stage.swarm.ask(["memory", ...words, "--workspace", stage.workspace]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/needs the id|takes no id|"m_0": 0 things/),
    ]);
  }
  expect(told(first.requests[1])).toContain("<fact>");
  const shown = await stage.swarm.run(["show", first.document.runId]);
  expect(shown.stdout).toContain(`fact, by a_goal (${MAIN}:3): The first half is done.`);
  await killAll(stage);

  const more = { topic: "more", fact: "The first line says what it does." };
  const second = await stage.play([
    says(
      use("Recall", { topic: "where-sums-are" }),
      use("Remember", { ...more, source: { path: MAIN, line: 1, quote: MAIN_LINES[0] ?? "" } }),
    ),
    report("It still adds."),
  ]);
  expect(second.document.status).toBe("completed");
  const begun = JSON.stringify(wireOf(second.requests[0] ?? { body: "{}" }).messages);
  expect(begun).toContain("where-sums-are");
  expect([begun.includes(fact), begun.includes("The first half")]).toEqual([false, false]);
  expect(told(second.requests[1])).toContain(fact);
  expect(ofType(second.events, "memory.recalled").map(({ by, items }) => [by, items])).toEqual([
    ["session", []],
    ["call", [kept?.item]],
  ]);
  // The prompt is what it was to the byte, whatever was asked in between.
  const [one, other] = second.requests.map((request) => wireOf(request));
  expect([other?.system, other?.tools]).toEqual([one?.system, one?.tools]);
  expect(other?.messages[0]?.content.map(({ text }) => text)).toEqual(
    one?.messages[0]?.content.map(({ text }) => text),
  );
  const [, last] = (await memory("list")).items;
  expect([last?.topic, last?.fact]).toEqual([more.topic, more.fact]);
  const seen = await stage.swarm.run(["memory", "show", kept?.item ?? "", "--workspace", stage.workspace]);
  expect(seen.stdout).toMatch(/source: src\/main\.ts:3[\s\S]*now: holds/);
  await memory("forget", last?.id ?? "", "--reason", "of no use");

  writeFileSync(join(stage.workspace, MAIN), "export const add = 1;\n");
  const third = await stage.play([report("It does not.", [quote(1, "export const add = 1;")])]);
  expect(third.document.status).toBe("completed");
  expect(third.requests.map(({ body }) => body).join()).not.toMatch(/where-sums-are|nowhere else|first line says/);
  expect(ofType(third.events, "memory.forgotten")).toMatchObject([
    { tier: "workspace", item: kept?.item, reason: "source-changed", why: expect.stringContaining(MAIN) },
  ]);
  expect((await memory("list", "--forgotten")).items.map(({ id, forgotten }) => [id, forgotten?.reason])).toEqual([
    [kept?.item, "source-changed"],
    [last?.id, "person"],
  ]);
});
