/**
 * Puts a call to the real judge as a run of this configuration would: real pool, real session, real rules. The call is
 * judged and never made.
 */
import type { ContentBlock } from "../../infra/model/message.ts";
import type { TaintMark } from "../../machines/taint.ts";
import type { Approve, Mode, RuleLists, SandboxLevel } from "../../registry/permission/question.ts";
import { NO_STRANGERS } from "../../registry/permission/taint.ts";
import { type RunRow, runConfigSchema } from "../runtime/run-row.ts";
import type { Session } from "../runtime/session.ts";
import type { AgentType } from "../types/define.ts";
import type { Engine, Guarded, GuardedAgent } from "./law.ts";

export interface Call {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** For people. */
  readonly says: string;
}

export interface Circumstances {
  readonly mode: Mode;
  readonly approve: Approve;
  readonly sandbox: SandboxLevel;
  readonly isolated: boolean;
  /** Instead of those of the configuration. */
  readonly rules?: RuleLists;
  readonly deniedTools?: readonly string[];
  /** What the agent has read. Absent: nothing. */
  readonly taint?: readonly TaintMark[];
}

export interface Outcome {
  readonly decision: "allow" | "ask" | "deny";
  readonly rule: string;
  readonly reason: string;
}

export interface Trial {
  ask(type: AgentType, call: Call, circumstances: Circumstances): Outcome;
  /** The same call by its own name and behind UseTool. */
  askBoth(type: AgentType, call: Call, circumstances: Circumstances): readonly Outcome[];
  sessionOf(type: AgentType, circumstances: Circumstances): Session;
}

/** Every way in which a run in one of these modes, answered so, can be made. */
export const everyWay = (modes: readonly Mode[], approves: readonly Approve[]): Circumstances[] =>
  modes.flatMap((mode) =>
    approves.flatMap((approve) =>
      (["full", "none"] as const).flatMap((sandbox) =>
        [true, false].map((isolated) => ({ mode, approve, sandbox, isolated })),
      ),
    ),
  );

/** Agents that differ in nothing that a rule could ask about count once: the first stands for them. */
export function distinct(agents: readonly GuardedAgent[]): GuardedAgent[] {
  const known = new Map<string, GuardedAgent>();
  for (const agent of agents) {
    const { tools, rights, pluginTools = null, plugins = "none" } = agent.type;
    const key = JSON.stringify([agent.base?.name ?? agent.type.name, [...tools].sort(), rights, pluginTools, plugins]);
    if (!known.has(key)) known.set(key, agent);
  }
  return [...known.values()];
}

/** No folder of anybody: what a run's own tree would be called. */
const TREE = "/guardrails-of-statehive/tree";

export function openTrial(guarded: Guarded, { judge, assemble }: Engine): Trial {
  const { capabilities, ownDirs } = guarded;
  // By identity of type and rules, as no two of a name need be the same.
  const sessions = new Map<AgentType, Map<string, { session: Session; run: RunRow }>>();
  const put = (type: AgentType, circumstances: Circumstances): { session: Session; run: RunRow } => {
    const known = sessions.get(type) ?? new Map<string, { session: Session; run: RunRow }>();
    sessions.set(type, known);
    const key = JSON.stringify(circumstances);
    const found = known.get(key);
    if (found !== undefined) return found;
    const run = runOf(guarded, circumstances);
    const brief = { id: "goal", agentType: type.name, goal: "a check of the guardrails" };
    const here = { sandbox: circumstances.sandbox, unconfined: true, ownDirs, capabilities };
    const made = { run, session: assemble(type, brief, run, [], here).session };
    known.set(key, made);
    return made;
  };
  const told = (type: AgentType, block: ContentBlock, circumstances: Circumstances): Outcome => {
    const { session, run } = put(type, circumstances);
    const { named } = capabilities;
    const { sandbox, taint = [] } = circumstances;
    const given = { named, sandbox, unconfined: true, ownDirs, actor: "a_guardrails", taint };
    const { calls, audit } = judge([block], type, session, run, given);
    const row = audit[0];
    // A call that nobody could make proves nothing.
    if (row?.rule === "registry.input" && !row.tool.startsWith("mcp__")) {
      throw new Error(`a probe of the guardrails is no call of ${row.tool}: ${row.reason}`);
    }
    const decision = calls[0] === undefined ? "deny" : (AS[calls[0].status] ?? "allow");
    return { decision, rule: row?.rule ?? "none", reason: row?.reason ?? "no rule spoke" };
  };
  const ask: Trial["ask"] = (type, { tool, input }, circumstances) => told(type, use(tool, input), circumstances);
  return {
    ask,
    askBoth: (type, call, circumstances) => [
      ask(type, call, circumstances),
      told(type, use("UseTool", { tool: call.tool, input: call.input }), circumstances),
    ],
    sessionOf: (type, circumstances) => put(type, circumstances).session,
  };
}

/** Whatever a judge makes of a call that is neither asked about nor refused, it will run. */
const AS: Readonly<Record<string, "ask" | "deny">> = { asking: "ask", refused: "deny" };

const use = (name: string, input: unknown): ContentBlock => ({ type: "tool_use", id: "call", name, input });

function runOf({ workspace, home, rules, trust = NO_STRANGERS }: Guarded, at: Circumstances): RunRow {
  const isolation = at.isolated
    ? { source: workspace, tree: TREE, gitDir: `${TREE}/.git`, branch: "guardrails", base: "0".repeat(40) }
    : null;
  const { allow, ask, deny } = at.rules ?? rules;
  const config = runConfigSchema.parse({
    permissions: { allow: [...allow], ask: [...ask], deny: [...deny] },
    mode: at.mode,
    approve: at.approve,
    deniedTools: [...(at.deniedTools ?? [])],
    home,
    isolation,
    memory: "workspace",
    trust: { hosts: [...trust.hosts], plugins: [...trust.plugins], repository: trust.repository },
  });
  const folder = isolation === null ? workspace : TREE;
  return {
    goal: "",
    kind: "run",
    model: "none",
    binding: "none",
    policy: "",
    workspace: folder,
    config,
    status: "running",
  };
}

/** Every tool there is with an input that it takes: newcomers by the example of their declaration. */
export const exampleCalls = ({ capabilities, examples }: Guarded): Call[] =>
  capabilities.all.map(({ name }) => ({
    tool: name,
    input: (examples.get(name) ?? {}) as Readonly<Record<string, unknown>>,
    says: name,
  }));
