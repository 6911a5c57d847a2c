// What agents say to each other, from the command line: a question that outlives a kill of everything, messages of a topic that
// are told once and in order although everything died in between. The model is scripted; all else is real.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAlive, signalProcess } from "../../infra/redis/process-identity.ts";
import type { EntryInput } from "../support/messages-double/script.ts";
import { ofType, openStage, quote, report, type Stage, says, toldBefore, use } from "../support/run-stage.ts";
import { documentOf, eventually, processesOf } from "../support/swarm-cli.ts";

interface Asked {
  readonly id: string;
  readonly tool: string;
  readonly input: { readonly question: string; readonly agent: string };
}

const asked = async ({ swarm }: Stage): Promise<readonly Asked[]> =>
  documentOf<{ approvals: Asked[] }>(await swarm.ask(["approvals", "list", "--json"])).approvals;

async function killAll({ swarm }: Stage): Promise<void> {
  const all = processesOf(swarm.home);
  expect(all.length).toBeGreaterThan(0);
  for (const one of all) signalProcess(one, "SIGKILL");
  await eventually("everything is dead", () => !all.some(isAlive));
}

const resumed = async ({ swarm }: Stage, run: string) => {
  const finished = await swarm.ask(["resume", run, "--json"]);
  return { code: finished.code, document: documentOf<{ status: string }>(finished) };
};

test("a question outlives a kill of everything, is answered with approve --reason, and reaches the model word for word", async () => {
  await using stage = await openStage();
  const question = { question: "Which port does it listen on?", options: ["8080", "8443"] };
  const { command, requests } = stage.begin(
    [says(use("AskParent", question)), report("it listens on 8443")],
    ["--json", "--approve", "ask", "--worktree", "never", "--detach"],
  );
  const { runId } = documentOf<{ runId: string }>(await command.done);
  const one = await eventually("somebody is asked", async () => (await asked(stage))[0]);
  expect(one).toMatchObject({ tool: "AskParent" });
  expect(one.input.question).toContain("Which port does it listen on?\n  1. 8080\n  2. 8443");
  await killAll(stage);
  const mute = await stage.swarm.ask(["approve", one.id, "--json"]);
  expect(mute.code).toBe(2);
  expect((await stage.swarm.ask(["approve", one.id, "--reason", "8443, since last week"])).code).toBe(0);
  expect(await resumed(stage, runId)).toMatchObject({ code: 0, document: { status: "completed" } });
  const answers = JSON.stringify(toldBefore(requests()[1] as ReturnType<typeof requests>[number]));
  expect(answers).toContain("8443, since last week");
  expect(answers).toContain("gives no right");
  const events = await stage.events(runId);
  expect(ofType(events, "question.asked")).toHaveLength(1);
  expect(ofType(events, "question.answered")).toMatchObject([{ answer: "8443, since last week" }]);
  expect((await stage.swarm.ask(["replay", runId])).code).toBe(0);
});

test("where nobody can be asked, a question is closed at once: the agent goes on, and nobody is left waiting", async () => {
  await using stage = await openStage();
  const { finished, document, requests } = await stage.play([
    says(use("AskParent", { question: "Which port?" })),
    report("I could not find out the port"),
  ]);
  expect([finished.code, document.status, document.approvals]).toEqual([0, "completed", []]);
  expect(JSON.stringify(toldBefore(requests[1] as (typeof requests)[number]))).toContain("There is no answer");
});

test("messages of a topic are told once and in order to who hears it, although everything was killed in between", async () => {
  await using stage = await openStage();
  const file = join(stage.swarm.home, "words.yaml");
  const lines = [
    "goal: Two that talk",
    "parallel: 2",
    "tasks:",
    "  - {id: speaker, goal: Goal-speaker., topics: [found]}",
    "  - {id: hearer, goal: Goal-hearer., topics: [found]}",
  ];
  writeFileSync(file, lines.join("\n"));
  const post = (line: number) => use("Send", { to: "#found", kind: "finding", body: { marker: `line-${line}` } });
  const script = (when: string, ...entries: EntryInput[]) =>
    stage.double.script(...entries.map((entry) => ({ when, ...entry })));
  const done = (words: string): EntryInput =>
    says(use("Report", { outcome: "done", value: { summary: words }, evidence: [quote(3)], notDone: [] }));
  // Its last call may be out when everything is killed, and is then made once more.
  script("Goal-speaker.", says(post(1), post(2)), says(post(3)), done("said"), done("said"));
  script("Goal-hearer.", { ...done("never sent"), held: true }, done("heard"));
  // They only look: two that could write would work one after the other.
  const flags = ["--workspace", stage.workspace, "--json", "--mode", "read-only", "--detach"];
  const started = await stage.swarm.ask(["run", file, ...flags]);
  expect(started.code, started.stdout).toBe(0);
  const { runId } = documentOf<{ runId: string }>(started);
  await eventually("all was posted and taken", async () => {
    const events = await stage.events(runId);
    return ofType(events, "message.taken").filter(({ actor }) => actor === "a_hearer").length === 3;
  });
  await killAll(stage);
  expect(await resumed(stage, runId)).toMatchObject({ code: 0, document: { status: "completed" } });
  const told = stage.double.served
    .filter(({ body }) => body.includes("Goal-hearer."))
    .map(({ body }) => [...body.matchAll(/line-(\d)/g)].map(([, line]) => line));
  expect(told).toEqual([[], ["1", "2", "3"]]);
  const posted = ofType(await stage.events(runId), "message.posted");
  expect(posted.map(({ told: to }) => to)).toEqual([["a_hearer"], ["a_hearer"], ["a_hearer"]]);
  expect((await stage.swarm.ask(["replay", runId])).code).toBe(0);
});
