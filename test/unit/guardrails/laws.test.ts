// The laws that `swarm doctor --guardrails` looks at: all hold for what is delivered, and each goes red where a
// configuration, an agent or the engine breaks it.
import { describe, expect, test } from "vitest";
import type { Engine, Guarded, GuardedAgent, Verdict } from "../../../actors/guardrails/law.ts";
import { ENGINE, LAWS, lookedAt } from "../../../actors/guardrails/laws.ts";
import { capabilitiesFrom } from "../../../actors/runtime/capabilities.ts";
import type { AgentType } from "../../../actors/types/define.ts";
import { agentTypeNamed, agentTypes } from "../../../actors/types/index.ts";
import { profileType } from "../../../actors/types/profile-type.ts";
import { agentShape } from "../../../machines/agent-birth.ts";
import { machineEntry } from "../../../machines/catalogue.ts";
import { type Capabilities, NO_CAPABILITIES, type PluginTool, type Profile } from "../../../registry/capabilities.ts";

const hash = "0".repeat(64);
const plugged = (name: string, over: Partial<PluginTool> = {}): PluginTool => ({
  ...{ name, description: name, hash, risk: "destructive", repeat: "unsafe" },
  inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  ...over,
});
const server = (...tools: PluginTool[]): Capabilities => ({
  ...NO_CAPABILITIES,
  plugins: [
    {
      ...{ server: "srv", origin: "operator", scope: "", home: "/", startHash: hash, tools },
      start: { kind: "stdio", command: "false", args: [], env: {}, network: false },
    },
  ],
});

const builtIn = agentTypes.map((type): GuardedAgent => ({ type, base: null, source: null }));

async function guarded(over: Partial<Guarded> = {}, document: Capabilities = NO_CAPABILITIES): Promise<Guarded> {
  const capabilities = capabilitiesFrom(document);
  const examples = await Promise.all(
    capabilities.all.map(async ({ name, loadExamples }) => [name, (await loadExamples?.())?.[0]?.input] as const),
  );
  return {
    agents: builtIn,
    capabilities,
    plugins: document.plugins,
    rules: { allow: [], ask: [], deny: [] },
    whereIs: (rule) => `swarm.config.json:7:${rule.length}`,
    examples: new Map(examples),
    workspace: "/home/somebody/project",
    home: "/home/somebody",
    ownDirs: ["/home/somebody/.local/state/statehive"],
    sandbox: { level: "full", off: false, reasons: [] },
    leaked: [],
    ...over,
  };
}

const allowing = (...allow: string[]): Partial<Guarded> => ({ rules: { allow, ask: [], deny: [] } });

function look(name: string, given: Guarded, engine: Engine = ENGINE): Verdict {
  const law = LAWS.find((one) => one.law === name);
  if (law === undefined) throw new Error(`there is no law ${name}`);
  return lookedAt(law, given, engine);
}

const told = ({ findings }: Verdict): string =>
  findings.map(({ what, why, fix }) => `${what} | ${why} | ${fix}`).join("\n");
const general = agentTypeNamed("general") as AgentType;
const explore = agentTypeNamed("explore") as AgentType;

/** A judge that lets pass what `when` says, as a broken one would. */
const lenient = (when: (rule: string, decision: string) => boolean): Engine => ({
  ...ENGINE,
  judge: (...given) => {
    const made = ENGINE.judge(...given);
    const [row] = made.audit;
    if (row === undefined || !when(row.rule, row.decision)) return made;
    return { ...made, calls: made.calls.map((call) => ({ ...call, status: "judged" as const })) };
  },
});

test("every law holds for what is delivered, with a plugin, rules that are meant and an agent file", {
  timeout: 120_000,
}, async () => {
  const profile: Profile = {
    ...{ name: "fixer", description: "f", base: "general", prompt: "p", tools: ["Read", "Edit", "Report"] },
    ...{ pluginTools: null, model: null, turnsMax: 4, skills: null, scope: "", source: "/a/fixer.md", hash },
  };
  const document = { ...server(plugged("look", { risk: "read-only" }), plugged("strike")), profiles: [profile] };
  const agents = [...builtIn, { type: profileType(general, profile), base: general, source: profile.source }];
  const rules = {
    allow: ["Bash(npm test)", "Edit(src/**)", "WebFetch(domain:example.org)", "mcp__srv__look"],
    ask: ["Bash(git push:*)"],
    deny: ["Bash(git push --force:*)", "Read(secrets/**)", "Write", "mcp__srv__strike", "WebFetch(domain:*.test)"],
  };
  const given = await guarded({ agents, rules }, document);
  const verdicts = LAWS.map((law) => lookedAt(law, given));
  expect(verdicts.map(({ law, state, findings }) => [law, state, findings])).toEqual(
    LAWS.map(({ law }) => [law, "holds", []]),
  );
  for (const { reason } of verdicts) expect(reason).toMatch(/\w/);
});

describe("what destroys", () => {
  test.each([
    ["Bash", /git push --force; .* more/],
    ["Bash(*)", /git push --force; .* more/],
    ["Bash(git push:*)", /git push --force; git push origin main/],
    ["Bash(npm publish)", /npm publish/],
  ])("is found open by the rule %s, which is named with its place", async (rule, calls) => {
    const verdict = look("destructive-asked", await guarded(allowing(rule)));
    expect(verdict.state).toBe("fails");
    expect(verdict.findings).toHaveLength(1);
    expect(told(verdict)).toContain(`allow ${JSON.stringify(rule)} (swarm.config.json:7:${rule.length})`);
    expect(told(verdict)).toMatch(calls);
    expect(told(verdict)).toContain("general");
  });

  test("is found open by every rule that opens it, the one behind the other as well", async () => {
    const rules = ["Bash", "Bash(npm publish)", "Bash(git *)", "Bash(npm test)"];
    const found = look("destructive-asked", await guarded(allowing(...rules))).findings.map(({ what }) => what);
    expect(found.map((what) => /^allow "([^"]+)"/.exec(what)?.[1]).sort()).toEqual(
      ["Bash", "Bash(git *)", "Bash(npm publish)"].sort(),
    );
  });

  test("is found open by Edit(//**) where a command's output may then be written anywhere", async () => {
    const verdict = look("destructive-asked", await guarded(allowing("Bash(echo *)", "Edit(//**)")));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toContain("/opt/guardrails-elsewhere/file");
  });

  test("is found open by a rule for a whole server of which nobody said that it does no harm", async () => {
    const verdict = look("destructive-asked", await guarded(allowing("mcp__srv"), server(plugged("strike"))));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toContain("mcp__srv__strike");
  });
});

describe("broken, each of these laws goes red:", () => {
  test("a denied tool that is called all the same", async () => {
    const given = await guarded({ rules: { allow: [], ask: [], deny: ["Bash(git push:*)", "Write"] } });
    const taken = look(
      "denied-stays-denied",
      given,
      lenient((rule) => rule === "run.denied-tools" || rule === "session.not-offered"),
    );
    expect(told(taken)).toContain("--deny-tool Bash leaves Bash to be called");
    const ruled = look(
      "denied-stays-denied",
      given,
      lenient((rule) => rule.startsWith("config.deny")),
    );
    expect(ruled.findings.map(({ what }) => /^deny "([^"]+)"/.exec(what)?.[1])).toContain("Bash(git push:*)");
  });

  test("a protected file that is written, a secret that is read", async () => {
    const open = lenient((rule) => rule.startsWith("protected."));
    expect(told(look("protected-closed", await guarded(), open))).toContain("git's own data");
    expect(told(look("secrets-unread", await guarded(), open))).toContain("an environment file with secrets");
  });

  test("a variable with a key that commands are given", async () => {
    const verdict = look("secrets-unread", await guarded({ leaked: ["MY_COPY"] }));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toContain("commands of agents are given MY_COPY");
  });

  test("an agent made from a file that has more than its base", async () => {
    const wide: AgentType = { ...explore, name: "scout", tools: [...explore.tools, "Bash"] };
    const agents = [...builtIn, { type: wide, base: explore, source: "/a/scout.md" }];
    const verdict = look("types-narrow", await guarded({ agents }));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toContain("scout has more than explore: Bash");
    expect(told(verdict)).toContain("/a/scout.md");
  });

  test("a type that is to look only and whose chart can change something", async () => {
    const able: AgentType = { ...explore, tools: [...explore.tools, "Write"], rights: general.rights };
    const verdict = look("types-narrow", await guarded({ agents: [{ type: able, base: null, source: null }] }));
    expect(told(verdict)).toMatch(/explore is to change nothing and has .*Edit/);
  });

  test("a type that is given what it lacks", async () => {
    const verdict = look(
      "types-narrow",
      await guarded(),
      lenient((rule) => rule === "type.tools"),
    );
    expect(told(verdict)).toMatch(/guide is given .*Bash/);
  });

  test("a mode that lets something change", async () => {
    const verdict = look(
      "modes-change-nothing",
      await guarded(),
      lenient((rule) => rule.startsWith("mode.")),
    );
    expect(told(verdict)).toMatch(/is not refused in mode read-only; plan/);
  });

  test("a tool that is vouched for as read-only, and says of itself that it destroys", async () => {
    const liar = plugged("wipe", { risk: "read-only", annotations: { destructiveHint: true } });
    const verdict = look("modes-change-nothing", await guarded({}, server(liar)));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toContain("mcp__srv__wipe");
  });

  test("a question that is taken for answered where nobody can be asked", async () => {
    const engine: Engine = {
      ...ENGINE,
      judge: (content, type, session, run, given) =>
        run.config.approve === "deny"
          ? lenient((rule) => rule === "silence").judge(content, type, session, run, given)
          : ENGINE.judge(content, type, session, run, given),
    };
    expect(told(look("nobody-to-ask", await guarded(), engine))).toMatch(
      /with --approve deny general still may: .*Write/,
    );
  });

  test.each([
    [true, "switched off", "SWARM_SANDBOX=off"],
    [false, "no filter here", "swarm doctor"],
  ])("a rule that runs commands without a whole sandbox (off: %s)", async (off, why, fix) => {
    const sandbox = { level: off ? ("none" as const) : ("partial" as const), off, reasons: ["no filter here"] };
    const verdict = look("commands-confined", await guarded({ sandbox, ...allowing("Bash(make all)") }));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toContain("make all");
    expect(told(verdict)).toContain(why);
    expect(told(verdict)).toContain(fix);
    expect(look("commands-confined", await guarded({ sandbox })).state).toBe("holds");
  });
});

describe("an end that does not come is found:", () => {
  const broken = (change: (config: Record<string, object>) => object): Promise<Guarded> => {
    const { machine } = general.machine;
    const config = machine.config as unknown as Record<string, object>;
    const other = machine.provide({}).constructor as new (config: object, implementations: object) => typeof machine;
    const made = new other({ ...config, ...change(config) }, machine.implementations);
    return guarded({
      agents: [{ type: { ...general, machine: machineEntry(made, agentShape()) }, base: null, source: null }],
    });
  };

  test("a chart that does not know what to do when its tokens are refused", async () => {
    const verdict = look("exhaustion-ends", await broken(({ on }) => ({ on: { ...on, "budget.refused": undefined } })));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toMatch(/general does not end when its tokens are refused in: .*thinking\.calling/);
  });

  test("a chart that is over without a result", async () => {
    const verdict = look(
      "exhaustion-ends",
      await broken(({ states }) => ({ states: { ...states, exhausted: { id: "exhausted", type: "final" } } })),
    );
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toMatch(/after 50 of 50 turns/);
  });

  test("a state that no story leads to is not called tried", async () => {
    const verdict = look("exhaustion-ends", await broken(({ states }) => ({ states: { ...states, limbo: {} } })));
    expect([verdict.state, verdict.reason]).toEqual(["not looked at", expect.stringContaining("general: limbo")]);
  });

  test("an agent that asks a failing model more often than it may", async () => {
    const { machine } = general.machine;
    const deaf = machine.provide({ guards: { attemptsLeft: () => true } as never });
    const type = { ...general, machine: machineEntry(deaf, agentShape()) };
    const verdict = look("breakers-open", await guarded({ agents: [{ type, base: null, source: null }] }));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toMatch(/6 are the most/);
  });

  test("a breaker that never opens", async () => {
    const engine: Engine = { ...ENGINE, breaker: () => ({ ask: () => ({ open: false }), tell: () => null }) };
    const verdict = look("breakers-open", await guarded(), engine);
    expect(told(verdict)).toContain("the breaker let 1000 failing calls through in 10 coolings");
  });
});

describe("a stranger's words", () => {
  const rules = { allow: ["Bash", "WebFetch", "mcp__srv"], ask: [], deny: [] };
  const document = server(plugged("look", { risk: "read-only" }), plugged("strike"));

  test("take away what the widest rules give: reaching out and destroying is asked about", async () => {
    const verdict = look("strangers-asked", await guarded({ rules }, document));
    expect([verdict.state, verdict.findings]).toEqual(["holds", []]);
    expect(verdict.reason).toContain("4");
  });

  test.each([
    ["asks about nothing", lenient((rule) => rule.startsWith("taint.")), /curl .*|WebFetch/],
    [
      "forgets what was read",
      { ...ENGINE, marked: (entries: Parameters<typeof ENGINE.marked>[0]) => entries },
      /no mark/,
    ],
  ])("an engine that %s is found", async (_, engine, words) => {
    const verdict = look("strangers-asked", await guarded({ rules }, document), engine);
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toMatch(words);
  });

  test("who vouches for a host where anybody may write is told so", async () => {
    const trust = { hosts: ["github.com", "docs.example.org"], plugins: [], repository: true };
    const verdict = look("strangers-asked", await guarded({ trust }));
    expect(verdict.state).toBe("fails");
    expect(told(verdict)).toContain("trust.hosts vouches for github.com |");
  });
});
