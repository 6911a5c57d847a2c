// `swarm run --agent TYPE` for the types that give something of their own back: what they end with is checked before it counts,
// printed for people, and what they may not do is refused by the run they are in.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ofType, openStage, quote, type Stage, says, toldBefore, use, wireOf } from "../support/run-stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const ends = (value: unknown, evidence: readonly unknown[] = []) =>
  says(use("Report", { outcome: "done", value, evidence, notDone: [] }));
const task = (id: string, needs: readonly string[] = []) => ({
  id,
  goal: `Do ${id}.`,
  agentType: "general",
  needs,
  why: "So.",
});

describe("a plan agent", () => {
  test("ends with a graph that could be run; one that could not is rejected with what is wrong, and it cannot act", async () => {
    const circle = { tasks: [task("a", ["b"]), task("b", ["a"])], why: "So.", risks: [] };
    const good = { tasks: [task("a"), task("b", ["a"])], why: "So.", risks: ["unknown"] };
    const { finished, document, requests, events } = await stage.play(
      [says(use("Write", { file_path: "x", content: "y" })), ends(circle), ends(good, [quote(3)])],
      ["--agent", "plan", "--json"],
    );
    expect(finished.code).toBe(0);
    expect(document.result).toMatchObject({ status: "verified", value: good });
    expect(wireOf(requests[0] as never).tools.map(({ name }) => name)).toEqual([
      ...["AskParent", "AstSearch", "Glob", "Grep", "Note", "Probe", "Read", "Recall", "Report"],
    ]);
    expect(toldBefore(requests[1])[0]).toMatchObject({ is_error: true });
    expect(String(toldBefore(requests[2])[0]?.content)).toContain("the tasks' needs form a circle");
    expect(ofType(events, "tool.intended")).toEqual([]);
  });
});

describe("a guide", () => {
  test("answers from the documents, by quotes that are looked up, and is printed with its pages", async () => {
    const cited = (quoted: string) => ({
      answer: "A deny counts first.\nThen ask, then allow.",
      pages: [{ page: "permissions.md", section: "How a call is judged", quote: quoted }],
    });
    const { command, requests } = stage.begin(
      [
        says(use("Docs", { query: "how is a call judged" })),
        ends(cited("Allow always wins over deny.")),
        ends(cited("The first that has something to say decides")),
      ],
      ["--agent", "guide"],
    );
    const finished = await command.done;
    expect(finished.code).toBe(0);
    expect(wireOf(requests()[0] as never).tools.map(({ name }) => name)).toEqual(["Docs", "Report"]);
    expect(String(toldBefore(requests()[1])[0]?.content)).toContain("## permissions.md # How a call is judged");
    expect(String(toldBefore(requests()[2])[0]?.content)).toContain("the quote does not stand in");
    expect(finished.stdout).toContain("A deny counts first.\nThen ask, then allow.\n");
    expect(finished.stdout).toContain('  permissions.md, How a call is judged: "The first that has something to say');
  });
});

describe("a statusline agent", () => {
  test("writes the protected setting only where a person says yes; else it lists what is left to do", async () => {
    const file_path = ".claude/settings.json";
    const setting = '{"statusLine":{"type":"command","command":"swarm status --line"}}';
    const value = { summary: "nothing written", wrote: [], toAdd: [{ file: file_path, lines: setting }] };
    const { document, events } = await stage.play(
      [says(use("Write", { file_path, content: setting })), ends(value)],
      ["--agent", "statusline", "--json"],
    );
    expect(document.result).toMatchObject({ status: "verified", value });
    expect(ofType(events, "permission.decided").map(({ tool, decision }) => [tool, decision])).toEqual([
      ["Write", "deny"],
    ]);
    expect(ofType(events, "permission.decided")[0]?.rule).toMatch(/protected/);
  });
});

describe("the model of a type", () => {
  test("is its tier's where one is configured and the run's where none is; the log says which and why", async () => {
    const config = join(stage.swarm.home, "tiers.json");
    writeFileSync(config, JSON.stringify({ model: "middle", models: { small: "little" } }));
    const asked = async (agent: string, value: unknown) => {
      const played = await stage.play([ends(value, [quote(3)])], ["--agent", agent, "--json"], {
        SWARM_CONFIG: config,
      });
      const [loaded] = ofType(played.events, "context.loaded");
      return [wireOf(played.requests[0] as never).model, loaded?.model, loaded?.modelBy, loaded?.tier];
    };
    expect(await asked("explore", { summary: "adds" })).toEqual(["little", "little", "tier", "small"]);
    expect(await asked("general", { summary: "adds" })).toEqual(["middle", "middle", "run", "medium"]);
    const { stdout } = await stage.swarm.ask(["show", "@last"]);
    expect(stdout).toContain("general agents ask middle; no medium model is configured, so it is the run's");
  });
});

test("nobody starts a coordinator: it is a usage error that says why", async () => {
  const { command } = stage.begin([], ["--agent", "coordinator", "--json"]);
  const finished = await command.done;
  expect(finished.code).toBe(2);
  expect(JSON.parse(finished.stdout)).toMatchObject({
    error: { code: "usage.agent", message: expect.stringContaining("every run has one already") },
  });
});
