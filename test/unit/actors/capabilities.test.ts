/** Laws of what a run latches: it is stored by its hash, read back as it was, and never larger than its limit. */
import { describe, expect, it } from "vitest";
import { capabilitiesFrom, capabilitiesOf } from "../../../actors/runtime/capabilities.ts";
import { newRun, type RunPlan } from "../../../actors/runtime/new-run.ts";
import { runRowFrom } from "../../../actors/runtime/run-row.ts";
import { CAPABILITIES_BRIEF, NO_CAPABILITIES } from "../../../registry/capabilities.ts";
import { tools } from "../../../registry/tools/index.ts";
import { manyTools, pluginOf, pluginTool, withPlugins } from "../../support/many-tools.ts";

const wiki = withPlugins(pluginOf("wiki", [pluginTool("read")]));
const plan = (capabilities?: RunPlan["capabilities"]): RunPlan => ({
  run: "r_1",
  goal: "g",
  kind: "run",
  graph: [
    {
      id: "goal",
      agentType: "general",
      needs: [],
      limits: { turnsMax: 1, attemptsMax: 1, remindersMax: 0, rejectionsMax: 0, parallelMax: 1 },
      attemptsMax: 1,
    },
  ],
  briefs: { goal: "{}" },
  model: "m",
  binding: "b",
  workspace: "/w",
  config: {},
  parallelMax: 1,
  tolerateFailures: false,
  options: {},
  ...(capabilities === undefined ? {} : { capabilities }),
});

/** A store of one run that counts how often it is read. */
function stored(made: ReturnType<typeof newRun>) {
  let reads = 0;
  const briefs = async () => {
    reads += 1;
    return new Map(Object.entries(made.briefs));
  };
  const name = runRowFrom({ ...made.fields, status: "running" } as Record<string, string>).config.capabilities;
  return { store: { briefs }, latched: { run: made.run, capabilities: name }, reads: () => reads };
}

describe("a run", () => {
  it("that latched plugins has them back, each worker reading them once", async () => {
    const { store, latched, reads } = stored(newRun(plan(wiki)));
    const of = capabilitiesOf(store);
    const found = await Promise.all([of(latched), of(latched), of({ ...latched, run: "r_fork" })]);
    expect(found.map(({ document }) => document)).toEqual([wiki, wiki, wiki]);
    expect(found[0]?.named("mcp__wiki__read")?.tier).toBe("plugin");
    expect(reads()).toBe(1);
  });

  it("that latched nothing has the built-in tools, and nothing is stored or read for it", async () => {
    for (const nothing of [undefined, NO_CAPABILITIES]) {
      const made = newRun(plan(nothing));
      expect(Object.keys(made.briefs)).toEqual(["goal"]);
      const { store, latched, reads } = stored(made);
      expect(latched.capabilities).toBeNull();
      expect((await capabilitiesOf(store)(latched)).all).toEqual(tools);
      expect(reads()).toBe(0);
    }
  });

  it("whose document was changed or lost draws from nothing: it breaks, and is asked for again", async () => {
    const made = newRun(plan(wiki));
    const { latched } = stored(made);
    const documents = [JSON.stringify(manyTools(1)), undefined, made.briefs[CAPABILITIES_BRIEF]];
    const briefs = async () => {
      const text = documents.shift();
      return new Map(text === undefined ? [] : [[CAPABILITIES_BRIEF, text]]);
    };
    const of = capabilitiesOf({ briefs });
    await expect(of(latched)).rejects.toThrow("not those it latched");
    await expect(of(latched)).rejects.toThrow("not stored");
    expect((await of(latched)).document).toEqual(wiki);
  });

  it("keeps the documents that were used last, and reads the others again", async () => {
    const made = Array.from({ length: 65 }, (_, at) =>
      stored(newRun(plan(withPlugins(pluginOf(`s${at}`, [pluginTool("a")]))))),
    );
    const texts = new Map(
      await Promise.all(made.map(async ({ store, latched }) => [latched.capabilities, await store.briefs()] as const)),
    );
    const read: string[] = [];
    const of = capabilitiesOf({
      briefs: async (run) => {
        read.push(run);
        return texts.get(run) ?? new Map();
      },
    });
    const ask = (at: number) => {
      const name = made[at]?.latched.capabilities ?? null;
      return of({ run: name ?? "", capabilities: name });
    };
    for (let at = 0; at < 64; at += 1) await ask(at);
    await ask(0);
    await ask(64);
    expect(read).toHaveLength(65);
    await ask(0);
    expect(read).toHaveLength(65);
    await ask(1);
    expect(read).toHaveLength(66);
  });

  it("is refused with the largest server named where its plugins are larger than the limit", () => {
    const large = Array.from({ length: 200 }, (_, at) => pluginTool(`t${at}`, { description: "x".repeat(50_000) }));
    const capabilities = withPlugins(pluginOf("small", [pluginTool("a")]), pluginOf("giant", large));
    expect(() => newRun(plan(capabilities))).toThrow(expect.objectContaining({ code: "run.capabilities", exit: 2 }));
    expect(() => newRun(plan(capabilities))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("server giant") }),
    );
    expect(newRun(plan(manyTools(1_000))).briefs[CAPABILITIES_BRIEF]).toBeDefined();
  });
});

it("no plugin takes the place of a built-in tool, or of another plugin's", () => {
  const twice = withPlugins(
    pluginOf("wiki", [pluginTool("read", { description: "the first" })]),
    pluginOf("wiki", [pluginTool("read", { description: "the second" })]),
  );
  const { all, named } = capabilitiesFrom(twice);
  expect(named("mcp__wiki__read")?.description).toBe("the first");
  expect(all.filter(({ name }) => name === "mcp__wiki__read")).toHaveLength(1);
  for (const tool of tools) expect(named(tool.name)).toBe(tool);
});
