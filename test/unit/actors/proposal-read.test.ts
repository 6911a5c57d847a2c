/** Laws of a proposal: it is read as data, starts nothing that could not be run, and gives nobody a right. */
import { describe, expect, it } from "vitest";
import { BUILT_IN, capabilitiesFrom } from "../../../actors/runtime/capabilities.ts";
import { proposalRead } from "../../../actors/runtime/effects/proposal-read.ts";
import { sha256 } from "../../../infra/ids.ts";
import { briefSchema } from "../../../machines/brief.ts";
import type { CoordinatorEvent } from "../../../machines/coordinator-event.ts";
import type { RunEvent } from "../../../machines/run-event.ts";
import { runEventSchema } from "../../../machines/run-event.ts";
import type { PlannedTask } from "../../../machines/task-graph.ts";
import { envelope, holding, ledger, performing, TREE } from "../../support/given-proposals.ts";

type Made = Extract<CoordinatorEvent, { type: "proposal.made" }>;
type Refused = Extract<CoordinatorEvent, { type: "proposal.refused" }>;

const task = (id: string, over: object = {}) => ({
  ...{ id, goal: `Do ${id}.`, agentType: "general", needs: [] as string[], why: "It is asked for." },
  ...over,
});
const plan = (...tasks: object[]) => ({ tasks, why: "So.", risks: [] });

interface Given {
  readonly config?: object;
  readonly instead?: string | null;
  readonly known?: readonly string[];
  readonly room?: number;
  readonly result?: Parameters<typeof envelope>[0];
  readonly profiles?: readonly object[];
  readonly tasks?: ReturnType<typeof ledger>;
}

async function read(value: unknown, given: Given = {}) {
  const { config, instead = null, known = ["plan"], room = 900, profiles, tasks } = given;
  const result = envelope({ id: "res_plan", task: "plan", value, ...given.result });
  const capabilities = () =>
    Promise.resolve(
      profiles === undefined
        ? BUILT_IN
        : capabilitiesFrom({ v: 1, plugins: [], skills: [], profiles: profiles as never }),
    );
  const performer = proposalRead({ store: holding([result]), capabilities });
  const order = { type: "proposal.read" as const, task: "plan", result: "res_plan", instead, known, room };
  const answer = await performer(order, performing(config, tasks));
  for (const event of answer.told) expect(runEventSchema.parse(event)).toEqual(event);
  return answer;
}

async function made(value: unknown, given: Given = {}) {
  const answer = await read(value, given);
  expect(answer.event).toMatchObject({ type: "proposal.made" });
  return {
    ...answer,
    event: answer.event as Made,
    told: answer.told[0] as Extract<RunEvent, { type: "proposal.made" }>,
  };
}

async function problems(value: unknown, given: Given = {}): Promise<readonly string[]> {
  const answer = await read(value, given);
  expect(answer.event).toMatchObject({ type: "proposal.refused", task: "plan" });
  expect([answer.briefs, answer.approvals]).toEqual([undefined, undefined]);
  return (answer.event as Refused).problems;
}

const named = (tasks: readonly PlannedTask[], id: string): PlannedTask => {
  const found = tasks.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no task ${id}`);
  return found;
};

describe("a plan that can be run", () => {
  it("becomes tasks with the limits of their types and briefs that their hashes name", async () => {
    const contract = { type: "object", properties: { files: { type: "array" } }, required: ["files"] };
    const { event, briefs = {} } = await made(
      plan(
        task("look", { agentType: "explore", contract, minutes: 5, priority: 2, topics: ["found"] }),
        task("build", { needs: ["look"] }),
      ),
      { config: { turnsMax: 7 } },
    );
    expect(event.tasks.map(({ id, agentType, needs }) => [id, agentType, needs])).toEqual([
      ["look", "explore", []],
      ["build", "general", ["look"]],
    ]);
    expect(named(event.tasks, "look")).toMatchObject({ deadlineMs: 300_000, priority: 2, topics: ["found"] });
    for (const one of event.tasks) {
      expect(one.limits.turnsMax).toBe(7);
      expect(one.brief).toBe(sha256(briefs[one.id] as string));
      expect(briefSchema.parse(JSON.parse(briefs[one.id] as string))).toMatchObject({
        id: one.id,
        goal: `Do ${one.id}.`,
      });
    }
    expect(JSON.parse(briefs.look as string)).toMatchObject({ contract });
  });

  it("takes the words of its agent along with where they come from", async () => {
    const taint = [{ source: "web", label: "https://example.org/" }];
    const { briefs = {} } = await made(plan(task("a")), { result: { id: "res_plan", task: "plan", taint } as never });
    expect(JSON.parse(briefs.a as string).taint).toEqual(taint);
  });

  it("has writers joined in runs with trees of their own, and nobody else", async () => {
    const tasks = plan(task("look", { agentType: "explore" }), task("build"));
    const joined = async (config: object) =>
      (await made(tasks, { config })).event.tasks.flatMap(({ id, joins }) => (joins === true ? [id] : []));
    expect(await joined({ isolation: TREE })).toEqual(["build"]);
    expect(await joined({})).toEqual([]);
    expect(await joined({ isolation: TREE, mode: "read-only" })).toEqual([]);
  });

  it("gives a task that changes nothing to an agent that only looks, and says so", async () => {
    const {
      event,
      told,
      briefs = {},
    } = await made(plan(task("look", { changes: false }), task("build", { changes: true })));
    expect(event.tasks.map(({ agentType }) => agentType)).toEqual(["explore", "general"]);
    expect(JSON.parse(briefs.look as string).agentType).toBe("explore");
    expect(told.notes).toEqual([expect.stringMatching(/^look: explore instead of general/)]);
    // Silence about it is told too, and changes nothing.
    const silent = await made(plan(task("build")));
    expect(silent.event.tasks[0]?.agentType).toBe("general");
    expect(silent.told.notes).toEqual([
      expect.stringContaining("build: general as proposed, where explore would be narrower"),
    ]);
  });

  it("may name an agent file that the run latched, which has its base's machine; another is nobody", async () => {
    const profile = {
      ...{ name: "mender", description: "Mends.", base: "general", tools: ["Read", "Edit"], pluginTools: null },
      ...{ model: null, prompt: "Mend.", turnsMax: 4, skills: null, folder: "/f", scope: "", hash: "0".repeat(64) },
    };
    const {
      event,
      told,
      briefs = {},
    } = await made(plan(task("mend", { agentType: "mender", changes: true })), {
      profiles: [profile],
    });
    expect(event.tasks[0]).toMatchObject({ agentType: "general", limits: { turnsMax: 4 } });
    expect(JSON.parse(briefs.mend as string)).toMatchObject({ agentType: "general", profile: "mender" });
    expect(told.tasks[0]?.agentType).toBe("mender");
    expect(await problems(plan(task("mend", { agentType: "mender" })))).toEqual([
      'task "mend": there is no agent type mender',
    ]);
  });

  it("has results checked before others build on them, where it says so or names a verify task", async () => {
    const { event, briefs = {} } = await made(
      plan(
        task("one", { verify: true }),
        task("two"),
        task("look-at-two", { agentType: "verify", needs: ["two"] }),
        task("last", { needs: ["one", "two"] }),
      ),
    );
    expect(named(event.tasks, "one-check")).toMatchObject({
      agentType: "verify",
      role: "check",
      of: "one",
      needs: ["one"],
    });
    expect(named(event.tasks, "look-at-two")).toMatchObject({ role: "check", of: "two", needs: ["two"] });
    expect(named(event.tasks, "last").needs).toEqual(["one", "one-check", "two", "look-at-two"]);
    expect(JSON.parse(briefs["one-check"] as string).input).toMatchObject({ asked: "Do one." });
  });
});

describe("who says yes", () => {
  it.each(["allow", "ask", "deny"] as const)(
    "%s: is what the run latched, and a person is shown all of it where asked",
    async (how) => {
      const { event, approvals, audit } = await made(plan(task("a", { goal: "g".repeat(7_000) })), {
        config: { plan: how },
      });
      expect(event).toMatchObject({ accept: how, drops: [], ends: [] });
      expect(audit).toEqual([expect.objectContaining({ tool: "Plan", decision: how, call: "plan:res_plan" })]);
      if (how !== "ask") return expect(approvals).toBeUndefined();
      expect(approvals).toEqual([
        expect.objectContaining({
          call: "plan:res_plan",
          tool: "Plan",
          input: expect.objectContaining({
            goal: "Add two numbers",
            tasks: [expect.objectContaining({ id: "a", agent: "general", goal: "g".repeat(7_000) })],
          }),
        }),
      ]);
    },
  );

  it("a plan that nobody could see whole is not asked about", async () => {
    const long = plan(...Array.from({ length: 12 }, (_, at) => task(`t${at}`, { goal: "g".repeat(7_000) })));
    expect(await problems(long, { config: { plan: "ask" } })).toEqual([expect.stringContaining("see all of it")]);
    expect((await made(long)).event.tasks).toHaveLength(12);
  });

  it("a plan that differs in one word is another question", async () => {
    const asked = async (why: string) =>
      (await made({ ...plan(task("a")), why }, { config: { plan: "ask" } })).approvals?.[0]?.inputHash;
    expect(await asked("So.")).toBe(await asked("So."));
    expect(await asked("So.")).not.toBe(await asked("Sp."));
  });
});

describe("what is no plan is refused with what is wrong", () => {
  it.each([
    ["text", "Just do it."],
    ["nothing", null],
    ["no tasks", plan()],
    ["fields that nobody knows", { ...plan(task("a")), grants: ["Bash(*)"] }],
    ["rights on a task", plan(task("a", { permissions: { allow: ["Bash(*)"] } }))],
    ["too many", plan(...Array.from({ length: 51 }, (_, at) => task(`t${at}`)))],
    ["a goal without end", plan(task("a", { goal: "x".repeat(9_000) }))],
    ["an id that is a path", plan(task("../../a"))],
    ["the name of a property", plan(task("a", { agentType: "__proto__" }))],
  ])("%s", async (_, value) => {
    expect((await problems(value)).length).toBeGreaterThan(0);
  });

  it("names the law that the graph breaks", async () => {
    expect(await problems(plan(task("a", { needs: ["b"] }), task("b", { needs: ["a"] })))).toEqual([
      "the tasks' needs form a circle",
    ]);
    expect(await problems(plan(task("a"), task("a")))).toEqual(['task "a" appears twice']);
    expect(await problems(plan(task("a", { needs: ["z"] })))).toEqual(['task "a" needs "z", which does not exist']);
    expect(await problems(plan(task("plan")))).toEqual(['task "plan" is there already']);
    for (const id of ["synthesis", "replan-7", "a-resolve"])
      expect(await problems(plan(task(id)))).toEqual([expect.stringContaining("keeps this name")]);
    expect(await problems(plan(task("a", { agentType: "plan" })))).toEqual(['task "a": there is no agent type plan']);
    expect(await problems(plan(task("v", { agentType: "verify" })))).toEqual([
      'task "v": verify checks the result of exactly one task, and it needs 0',
    ]);
    expect(await problems(plan(task("a", { contract: { type: "no-such" } })))).toEqual([
      expect.stringContaining('task "a": the task\'s contract is not a JSON Schema'),
    ]);
    expect(await problems(plan(task("a", { verify: true }), task("a-check")))).toEqual([
      expect.stringContaining("its check would be called a-check"),
    ]);
    expect(await problems(plan(task("a", { verify: true }), task("b")), { room: 2 })).toEqual([
      "it has 3 tasks with their checks, and the run takes 2 more",
    ]);
  });

  it("takes only the verified result of the task that it asked", async () => {
    const value = plan(task("a"));
    expect(await problems(value, { result: { id: "res_plan", task: "plan", status: "failed" } })).toEqual([
      "res_plan is failed, not verified",
    ]);
    expect(await problems(value, { result: { id: "res_plan", task: "other" } })).toEqual([
      "res_plan is a result of other",
    ]);
    expect(await problems(value, { result: { id: "res_x", task: "plan" } })).toEqual(["there is no result res_plan"]);
  });

  it("tells few problems, and none at length, whatever was sent", async () => {
    const told = await problems(
      plan(...Array.from({ length: 40 }, (_, at) => task(`t${at}`, { agentType: `${"x".repeat(50)}${at}` }))),
    );
    expect(told).toHaveLength(20);
    const [gives = ""] = await problems(
      { tasks: [], why: "w", risks: [], giveUp: "no ".repeat(600) },
      { instead: "a", known: ["a", "plan"] },
    );
    expect(gives).toMatch(/^it gives up: no no/);
    expect(gives.length).toBeLessThanOrEqual(500);
  });
});

describe("a new plan for the place of a task", () => {
  const place = { instead: "old", known: ["old", "first", "later", "plan"] };
  it("may need tasks of the run, drop planned ones and say which of its own stand for the failed one", async () => {
    const value = { ...plan(task("new", { needs: ["first"] }), task("aside")), drops: ["later"], ends: ["new"] };
    const { event, told, approvals } = await made(value, { ...place, config: { plan: "ask" } });
    expect(event).toMatchObject({ drops: ["later"], ends: ["new"] });
    expect(named(event.tasks, "new").needs).toEqual(["first"]);
    expect(told.drops).toEqual(["later"]);
    expect(approvals?.[0]?.input).toMatchObject({ instead: "old", drops: ["later"] });
  });

  it("is refused where it stands on what it replaces, on what it drops, or on nothing that there is", async () => {
    const asked = (over: object, ...tasks: object[]) => problems({ ...plan(...tasks), ...over }, place);
    expect(await asked({}, task("new", { needs: ["old"] }))).toEqual([
      'task "new" needs "old", which it is to replace',
    ]);
    expect(await asked({ drops: ["later"] }, task("new", { needs: ["later"] }))).toEqual([
      'task "new" needs "later", which it drops',
    ]);
    expect(await asked({ drops: ["nowhere"] }, task("new"))).toEqual(['"nowhere" under drops is no task of the run']);
    expect(await asked({ ends: ["first"] }, task("new"))).toEqual(['"first" under ends is none of its tasks']);
    expect(await asked({}, task("old"))).toEqual(['task "old" is there already']);
    expect(await asked({})).toEqual(["it has no tasks, and does not say why it gives up"]);
    expect(await asked({ giveUp: "It cannot be done." }, task("new"))).toEqual([
      "it gives up, and names tasks all the same",
    ]);
  });

  it("is refused by the graph as it stands, before a brief of it is written", async () => {
    const tasks = ledger(
      { id: "old", status: "replanning" },
      { id: "first", status: "verified" },
      { id: "later", needs: ["old"] },
      { id: "plan", role: "replan", of: "old", status: "reading" },
    );
    const value = (drops: readonly string[]) => ({ ...plan(task("new")), drops });
    expect(await problems(value(["first"]), { ...place, tasks })).toEqual([
      'task "first" cannot be dropped: it is verified',
    ]);
    expect((await made(value(["later"]), { ...place, tasks })).event.drops).toEqual(["later"]);
  });

  it("is not asked of a first plan: what it would drop or end is no field of it", async () => {
    expect((await problems({ ...plan(task("a")), drops: ["plan"] })).join()).toContain("drops");
  });
});
