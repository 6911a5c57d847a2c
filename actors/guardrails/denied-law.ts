/** What is denied stays denied: by every rule and by --deny-tool, called by its own name, behind UseTool or a wrapper. */
import { parseRule, type Rule } from "../../registry/permission/rule.ts";
import { bash, edit, read, write } from "./destructive-calls.ts";
import { type Finding, few, type Guarded, type GuardedAgent, type Law, OURS } from "./law.ts";
import { pluginCalls } from "./sample-input.ts";
import { type Call, type Circumstances, distinct, exampleCalls, openTrial, type Trial } from "./trial.ts";

/** The most lenient run there is: what is denied in it is denied. */
const LENIENT: Circumstances = { mode: "edit", approve: "allow-safe", sandbox: "full", isolated: true };

interface Probe {
  readonly call: Call;
  /** False: made up from a pattern, and may not be what the pattern means. */
  readonly sure: boolean;
}

export const deniedStaysDenied: Law = {
  law: "denied-stays-denied",
  title: "denied tools stay denied",
  look(guarded, engine) {
    const trial = openTrial(guarded, engine);
    const calls = callsOf(guarded);
    const findings: Finding[] = calls.flatMap((call) => deniedTool(call, guarded, trial));
    const untried: string[] = [];
    for (const text of guarded.rules.deny) {
      const probes = probesOf(parseRule(text, "deny"), text, guarded);
      const tried = probes.filter((probe) => probe.sure || isMeant(probe.call, text, guarded, trial));
      if (tried.length === 0) untried.push(text);
      findings.push(...deniedRule(text, tried, guarded, trial));
    }
    const rest = untried.length === 0 ? "" : `; not tried: ${few(untried)}`;
    const rules = guarded.rules.deny.length;
    return { findings, reason: `--deny-tool for ${calls.length} tools, ${rules} deny rules${rest}` };
  },
};

const callsOf = (guarded: Guarded): Call[] => [
  ...exampleCalls(guarded).filter(({ tool }) => !tool.startsWith("mcp__") && tool !== "Report" && tool !== "UseTool"),
  ...pluginCalls(guarded),
];

/** Whoever has it; the first of them, as a denial is the run's and not the agent's. */
const holder = ({ agents }: Guarded, tool: string): GuardedAgent | undefined =>
  distinct(agents).find(({ type }) =>
    tool.startsWith("mcp__") ? (type.plugins ?? "none") === "all" : type.tools.includes(tool),
  );

function tempting({ rules, plugins }: Guarded): Guarded["rules"] {
  const servers = plugins.map(({ server }) => `mcp__${server}`);
  return { ...rules, allow: [...rules.allow, "Bash", "Edit", "Write", "WebFetch", ...servers] };
}

function deniedTool(call: Call, guarded: Guarded, trial: Trial): Finding[] {
  const agent = holder(guarded, call.tool);
  if (agent === undefined) return [];
  const server = /^(mcp__.+?)__/.exec(call.tool)?.[1];
  const ways = [call.tool, ...(server === undefined ? [] : [server, `${server}__*`])];
  const open = ways.filter((way) => {
    const run = { ...LENIENT, rules: tempting(guarded), deniedTools: [way] };
    const { tools, deferred } = trial.sessionOf(agent.type, run);
    const isTold = tools.some(({ name }) => name === call.tool) || deferred.includes(call.tool);
    return isTold || trial.askBoth(agent.type, call, run).some(({ decision }) => decision !== "deny");
  });
  if (open.length === 0) return [];
  const what = `--deny-tool ${few(open)} leaves ${call.tool} to be called`;
  return [{ what, why: `an agent of type ${agent.type.name} was not refused`, fix: OURS }];
}

function deniedRule(text: string, probes: readonly Probe[], guarded: Guarded, trial: Trial): Finding[] {
  const open = probes.filter(({ call }) =>
    distinct(guarded.agents).some(({ type }) =>
      [guarded.rules, tempting(guarded)].some((rules) =>
        trial.askBoth(type, call, { ...LENIENT, rules }).some(({ decision }) => decision === "allow"),
      ),
    ),
  );
  if (open.length === 0) return [];
  const where = guarded.whereIs(text);
  return [
    {
      what: `deny ${JSON.stringify(text)}${where === null ? "" : ` (${where})`} does not stop: ${few(open.map(({ call }) => call.says))}`,
      why: "the call was allowed although a rule denies it",
      fix: OURS,
    },
  ];
}

/** Whether this rule alone speaks of the call. */
function isMeant(call: Call, text: string, guarded: Guarded, trial: Trial): boolean {
  const agent = holder(guarded, call.tool);
  if (agent === undefined) return false;
  const rules = { allow: [], ask: [], deny: [text] };
  return trial.ask(agent.type, call, { ...LENIENT, rules }).rule.startsWith("config.deny");
}

function probesOf({ spec, named }: Rule, text: string, guarded: Guarded): Probe[] {
  const inside = /\(([\s\S]*)\)$/.exec(text)?.[1]?.trim() ?? "";
  const sure = !/[*?[{\\]/.test(inside.replace(/:\*$/, ""));
  if (spec.kind === "tool") {
    return callsOf(guarded)
      .filter(({ tool }) => named.matches(tool))
      .map((call) => ({ call, sure: true }));
  }
  if (spec.kind === "command") {
    const command = inside
      .replace(/:\*$/, "")
      .replaceAll(/(?<!\\)\*/g, "x")
      .replaceAll("\\*", "*");
    return wrapped(command).map((call) => ({ call, sure }));
  }
  if (spec.kind === "host") {
    const host = inside.replace(/^domain:/, "").replace("*", "a");
    const call = { tool: "WebFetch", input: { url: `https://${host}/` }, says: `WebFetch ${host}` };
    return [{ call, sure: /^[a-z0-9.-]+$/i.test(host) }];
  }
  if (spec.kind !== "path") return [];
  const path = pathIn(inside, guarded);
  const calls = text.startsWith("Read")
    ? [read(path), bash(`cat '${path}'`)]
    : [write(path), edit(path), bash(`echo x > '${path}'`)];
  // `Write(…)` says nothing of Edit.
  return calls.map((call) => ({
    call,
    sure: sure && !path.includes("'") && !(text.startsWith("Write") && call.tool === "Edit"),
  }));
}

const wrapped = (command: string): Call[] => [
  bash(command),
  bash(`timeout 5 ${command}`),
  bash(`env A=1 ${command}`),
  bash(`sudo ${command}`),
  bash(`true && ${command}`),
];

/** A path that the pattern could mean. */
function pathIn(glob: string, { home }: Guarded): string {
  const plain = glob.replaceAll("**", "a/b").replaceAll("*", "a").replaceAll("?", "a").replace(/\/$/, "/a");
  if (plain.startsWith("//")) return plain.slice(1);
  if (plain.startsWith("~/") && home !== null) return `${home}${plain.slice(1)}`;
  return plain.replace(/^\.?\//, "");
}
