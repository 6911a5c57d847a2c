/** An agent asks its parent: a person answers in words from anywhere; where nobody is, it is told so and goes on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ofType,
  openStage,
  type RunDocument,
  report,
  type Stage,
  says,
  toldBefore,
  use,
} from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const asks = () => says(use("AskParent", { question: "Which roof?", options: ["flat", "steep"] }));

interface Approval {
  readonly id: string;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

test("the run is left parked with the question; a bare yes is no answer, and the agent is told the words that are", async () => {
  const { finished, document, requests } = await stage.play(
    [asks(), report("a flat roof")],
    ["--json", "--approve", "ask"],
  );
  expect(finished.code, finished.stderr).toBe(5);
  const { approvals } = documentOf<{ approvals: Approval[] }>(await stage.swarm.ask(["approvals", "list", "--json"]));
  expect(approvals).toMatchObject([{ tool: "AskParent", input: { agent: "a_goal", task: "goal" } }]);
  const { id = "" } = approvals[0] ?? {};
  expect(finished.stderr).toContain(`${id} waits for an answer: a_goal asks: Which roof? 1.`);
  expect(finished.stderr).toContain(`swarm approve ${id} --reason`);
  const shown = (await stage.swarm.ask(["approvals", "show", id])).stdout;
  expect(shown).toContain("│ Which roof?");
  expect(shown).toContain("1. flat");
  const bare = await stage.swarm.ask(["approve", id, "--json"]);
  expect(bare.code).toBe(2);
  expect(documentOf<{ error: { code: string; hint: string } }>(bare).error).toMatchObject({
    code: "approval.answer",
    hint: `swarm approve ${id} --reason "<your answer>"`,
  });
  expect((await stage.swarm.ask(["approve", id, "--reason", "flat, it is cheaper"])).code).toBe(0);
  const resumed = await stage.swarm.ask(["resume", document.runId, "--json"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(documentOf<RunDocument>(resumed).result).toMatchObject({ status: "verified" });
  const after = stage.double.served.filter(({ body }) => body.includes("flat, it is cheaper"));
  expect(after.length).toBeGreaterThan(0);
  expect(requests.length).toBe(1);
  const events = await stage.events(document.runId);
  expect(ofType(events, "question.answered")).toMatchObject([{ answer: "flat, it is cheaper" }]);
});

test("where nobody can be asked the agent is told at once, and no question is left behind", async () => {
  const { finished, requests, events } = await stage.play([asks(), report("a flat roof")]);
  expect(finished.code, finished.stderr).toBe(0);
  expect(JSON.stringify(toldBefore(requests[1]))).toContain("nobody can be asked in this run");
  expect(ofType(events, "approval.requested")).toEqual([]);
  expect(ofType(events, "question.answered")).toMatchObject([{ answer: null }]);
});
