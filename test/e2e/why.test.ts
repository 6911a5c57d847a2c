/** `swarm why` on real runs that do not move: the cause that it names is the true one, and the command that it prints unblocks it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, read, report, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf, eventually, linesOf, processesOf } from "../support/swarm-cli.ts";
import { workersOf } from "../support/swarm-store.ts";

interface Cause {
  readonly kind: string;
  readonly agent: string | null;
  readonly text: string;
  readonly command: string | null;
}
interface Told {
  readonly runId: string;
  readonly agent: string | null;
  readonly causes: readonly Cause[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const why = async (id: string): Promise<Told> => documentOf<Told>(await stage.swarm.ask(["why", id, "--json"]));

/** As a person would type it, word by word: none of these has quotation marks. */
const typed = (command: string | null | undefined, ...more: string[]) => {
  expect(command).toEqual(expect.stringMatching(/^swarm [^'"]+$/));
  return stage.swarm.ask([...(command ?? "").split(" ").slice(1), ...more]);
};

const ASK = ["--json", "--approve", "ask", "--worktree", "never"];

describe("the command that why prints", () => {
  it("lets a run go on that waits for a person, and its words are apart from its deeds", async () => {
    const content = [use("Write", { file_path: "made.txt", content: "x\n" })];
    const { document, events } = await stage.play([says(...content), report("written")], ASK);
    const run = document.runId;
    const told = await why(run);
    expect(told).toMatchObject({ runId: run, agent: null });
    expect(told.causes.map(({ kind }) => kind)).toEqual(["person", "child"]);
    expect(told.causes[0]?.text).toContain("yes or no to Write, mutating");
    expect((await why(`${run}/a_goal`)).causes).toEqual([told.causes[0]]);
    expect((await why("a_go")).agent).toBe("a_goal");
    const shown = await stage.swarm.ask(["why", run]);
    expect(shown.stdout).toContain(`     $ ${told.causes[0]?.command}\n`);
    expect((await typed(told.causes[0]?.command)).code).toBe(0);
    expect(documentOf(await stage.swarm.ask(["resume", run, "--json"]))).toMatchObject({ status: "completed" });
    expect((await why(run)).causes).toMatchObject([{ kind: "ended", command: null }]);
    const system = linesOf<{ type: string }>(await stage.swarm.ask(["logs", run, "--system", "--jsonl"]));
    expect(system.some(({ type }) => type === "tool.finished")).toBe(true);
    expect(system.some(({ type }) => type === "message.started")).toBe(false);
    expect(events.some(({ type }) => type === "message.started")).toBe(true);
    const warned = linesOf<{ type: string }>(await stage.swarm.ask(["logs", run, "--level", "warn", "--jsonl"]));
    expect(warned.map(({ type }) => type)).toEqual(["approval.requested"]);
    const said = await stage.swarm.ask(["logs", run, "--conversation"]);
    expect(said.stdout).toContain("[calls Write]");
    expect(said.stdout).toContain("Goal number 1 of this stage");
    expect((await stage.swarm.ask(["logs", run, "--conversation", "--follow"])).code).toBe(2);
  });

  it("brings a run back that nobody is left to serve: every process was killed in the middle of its call", async () => {
    const begun = stage.begin(
      [{ ...says(read()), delayMs: 600_000, times: 1 }, says(read()), report("adds")],
      ["--detach", "--json"],
    );
    const run = String(documentOf(await begun.command.done).runId);
    await eventually("the model was asked", () => begun.requests().length === 1);
    const workers = new Set((await workersOf(stage.swarm)).map(({ pid }) => pid));
    expect(workers.size).toBeGreaterThan(0);
    for (const { pid } of processesOf(stage.swarm.home)) if (workers.has(pid)) process.kill(pid, "SIGKILL");
    const told = await eventually("nobody lives", async () => {
      const one = await why(run);
      return one.causes[0]?.kind === "found-dead" ? one : null;
    });
    expect(told.causes[0]).toMatchObject({ agent: "a_goal", command: `swarm resume ${run}` });
    expect(told.causes[0]?.text).toContain("Nobody told it how this came out: a model call");
    expect(documentOf(await typed(told.causes[0]?.command, "--json"))).toMatchObject({ status: "completed" });
  });

  it("goes on with a run whose agent came to the end of its turns, in a fork that has more of them", async () => {
    const { document } = await stage.play(
      [{ ...says(read()), times: 2 }, report("adds")],
      ["--json", "--max-turns", "2"],
    );
    expect(document.status).toBe("exhausted");
    const [cause] = (await why(document.runId)).causes;
    expect(cause).toMatchObject({
      kind: "ended",
      command: expect.stringMatching(/^swarm fork r_\S+ --at \d+ --max-turns 4$/),
    });
    expect(documentOf(await typed(cause?.command, "--json"))).toMatchObject({ status: "completed" });
  });

  it("goes on with a run that somebody parked, and raises a budget of which little is left", async () => {
    const { document } = await stage.play(
      [says(use("Write", { file_path: "later.txt", content: "x\n" })), report("written", [])],
      [...ASK, "--max-tokens", "60000"],
    );
    const run = document.runId;
    expect((await stage.swarm.ask(["stop", run])).code).toBe(0);
    const parked = (await why(run)).causes[0];
    expect(parked).toMatchObject({ kind: "parked", command: `swarm resume ${run}` });
    // Spent so far, and a little: what is left is less than a twentieth.
    const spent = document.usage.totalTokens as number;
    expect((await stage.swarm.ask(["budget", "set", run, "--tokens", String(spent + 10)])).code).toBe(0);
    const little = (await why(run)).causes.find(({ kind }) => kind === "budget");
    expect(little?.command).toBe(`swarm budget set ${run} --tokens ${2 * (spent + 10)}`);
    expect((await typed(little?.command)).code).toBe(0);
    expect((await why(run)).causes.map(({ kind }) => kind)).not.toContain("budget");
    expect((await stage.swarm.ask(["budget", "set", run, "--tokens", "60000"])).code).toBe(0);
    const person = (await why(run)).causes.find(({ kind }) => kind === "person");
    expect((await typed(person?.command)).code).toBe(0);
    expect(documentOf(await typed(parked?.command, "--json"))).toMatchObject({ status: "completed" });
  });

  it("goes on with a run whose budget was refused, in a fork that has more", async () => {
    const { document } = await stage.play(
      [{ ...says(read()), times: 2 }, report("adds")],
      ["--json", "--max-tokens", "9000"],
    );
    expect(document.status).toBe("exhausted");
    const [cause] = (await why(document.runId)).causes;
    expect(cause).toMatchObject({
      kind: "ended",
      command: expect.stringMatching(/^swarm fork r_\S+ --at \d+ --max-tokens 18000$/),
    });
    expect(documentOf(await typed(cause?.command, "--json"))).toMatchObject({ status: "completed" });
  });
});
