// What a tasks file says of checks and of failure, in a whole run against a scripted Messages server: a claim that does not hold is
// taken back and made again with the reason, another type of agent takes over, and people are told of both.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, quote, type RunDocument, type Stage, says, toldBefore, use } from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const report = (value: unknown) => says(use("Report", { outcome: "done", value, evidence: [quote(3)], notDone: [] }));
const verdict = (holds: boolean) =>
  report({
    verdict: holds ? "holds" : "fails",
    points: [
      { point: "it adds", holds: holds ? "yes" : "no", why: holds ? "it is there" : "the line shows nothing of it" },
    ],
  });
const blocked = says(
  use("Report", { outcome: "blocked", value: { summary: "no" }, evidence: [], notDone: ["all of it"] }),
);

test("one task is called off with what needs it, while the others go on; what is verified, unknown or parked is refused by name", async () => {
  const file = join(stage.swarm.home, "called-off.yaml");
  writeFileSync(
    file,
    [
      "tolerate_failures: true",
      "tasks:",
      "  - {id: long, goal: Word-long., agent: explore}",
      "  - {id: after, goal: Word-after., agent: explore, needs: [long]}",
      "  - {id: short, goal: Word-short., agent: explore}",
    ].join("\n"),
  );
  stage.double.script(
    { when: "Word-long.", held: true, ...report({ summary: "too late" }) },
    { when: "Word-short.", ...report({ summary: "done" }) },
  );
  const running = stage.swarm.start(["run", file, "--workspace", stage.workspace, "--json"]);
  const [run = ""] = await running.said(/r_\w+/);
  const stop = (...more: string[]) => stage.swarm.ask(["stop", run, "--json", ...more]);
  await running.said(/short: verified/);
  expect((await stop("--task", "long")).stdout).toContain("a single task is not parked");
  expect((await stop("--cancel", "--task", "lung")).stdout).toContain("It has: long, after, short.");
  expect((await stop("--cancel", "--task", "short")).stdout).toContain("it is verified");
  expect(JSON.parse((await stop("--cancel", "--task", "long")).stdout)).toEqual({
    v: 1,
    runId: run,
    stopped: "cancelling long",
  });
  const document = documentOf<Shown>(await running.done);
  expect(document.tasks).toMatchObject([
    { id: "long", status: "cancelled" },
    { id: "after", status: "skipped" },
    { id: "short", status: "verified" },
  ]);
  const fenced = (await stage.events(run)).filter(({ type }) => type === "actor.fenced");
  expect(fenced).toMatchObject([{ fenced: "a_long" }]);
  stage.double.release();
});

interface Shown extends RunDocument {
  readonly tasks: readonly object[];
}

test("a claim that does not hold is made again, and a task goes to another type of agent; both are told", async () => {
  const file = join(stage.swarm.home, "tasks.yaml");
  writeFileSync(
    file,
    [
      "tasks:",
      "  - {id: find, goal: Word-find., agent: explore, verify: independent, attempts: 2, deadline: 5m, priority: 3}",
      "  - {id: sum, goal: Word-sum., agent: explore, needs: [find], on_failure: [{agent: general}]}",
    ].join("\n"),
  );
  // The check is told what was asked for, so its own words are looked for first.
  for (const [when, ...entries] of [
    ["Somebody reported to have done a task", verdict(false), verdict(true)],
    ["Word-find.", report({ summary: "the first claim" }), report({ summary: "the second claim" })],
    ["Word-sum.", blocked, report({ summary: "summed up" })],
  ] as const) {
    stage.double.script(...entries.map((entry) => ({ when, ...entry })));
  }
  const finished = await stage.swarm.ask(["run", file, "--workspace", stage.workspace, "--json"]);
  expect(finished.code, finished.stderr).toBe(0);
  const document = documentOf<Shown>(finished);
  expect(document.result).toMatchObject({
    status: "verified",
    value: {
      tasks: {
        find: { status: "verified", result: "res_find.2", value: { summary: "the second claim" } },
        sum: { status: "verified", result: "res_sum.2", value: { summary: "summed up" } },
      },
    },
    revoked: [
      { result: "res_find", reason: expect.stringContaining("the line shows nothing of it"), by: "find-check" },
      { result: "res_find-check" },
    ],
  });
  // How it came about is no result.
  expect(document.result?.value).not.toHaveProperty("tasks.find-check");
  expect(document.tasks).toMatchObject([
    { id: "find", attempt: 2 },
    { id: "find-check", role: "check", of: "find", status: "verified" },
    { id: "sum", attempt: 2, type: "explore", playedBy: "general" },
  ]);
  const events = await stage.events(document.runId);
  const said = events.map(({ type }) => type);
  expect(said.indexOf("verdict.read")).toBeLessThan(said.indexOf("result.revoked"));
  expect(
    events.flatMap((event) => (event.type === "supervision.decided" ? [`${event.task} ${event.decision}`] : [])),
  ).toEqual(["find retry", "sum other-type"]);
  // Whoever makes it again is told what was wrong; whoever checks is told the claim, and nobody's reasons.
  const second = stage.double.served.filter(
    ({ body }) => body.includes("Word-find.") && !body.includes("Somebody reported"),
  )[1];
  expect(JSON.stringify(toldBefore(second))).toContain("the line shows nothing of it");
  const shown = await stage.swarm.ask(["show", document.runId]);
  expect(shown.stdout).toContain("task sum: a general agent took over from explore (attempt 2)");
  expect(shown.stdout).toMatch(/find-check +verify +verified .*check of find/);
});
