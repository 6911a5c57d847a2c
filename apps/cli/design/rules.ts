/**
 * When a primitive is worth building, as data: each rule asks for a level where its condition holds, and the highest wins.
 * What no rule asks for is skipped. Lean by construction: a rule needs a reason that the answers give.
 */
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import type { Condition } from "./questions.ts";

export type WantedLevel = "partial" | "present";

export interface Rule {
  readonly primitive: PrimitiveId;
  /** Empty: always. */
  readonly when: Condition;
  readonly level: WantedLevel;
  readonly because: string;
}

const acts = ["workspace", "world"] as const;

/** Rules of one primitive, each as condition, level, reason. */
const of = (primitive: PrimitiveId, ...rules: readonly (readonly [Condition, WantedLevel, string])[]): Rule[] =>
  rules.map(([when, level, because]) => ({ primitive, when, level, because }));

export const rules: readonly Rule[] = [
  ...of(
    "tool-registry",
    [{}, "partial", "a tool is data from the first day: name, description, input schema in one list"],
    [
      { tools: ["some", "many"] },
      "present",
      "beyond a handful of tools, dispatch by name and a list are what keeps order",
    ],
    [{ agents: ["kinds", "swarm"] }, "present", "each kind of agent draws its own tools from one collection"],
  ),
  ...of(
    "permission-system",
    [
      { permissions: ["ask"] },
      "partial",
      "a person confirms, so there must be one place before every call that can stop it",
    ],
    [{ permissions: ["rules"] }, "present", "rules by tool and argument are what you chose"],
    [
      { permissions: ["ask"], effects: ["world"] },
      "present",
      "what cannot be undone needs more than a yes out of habit",
    ],
    [
      { permissions: ["ask"], untrusted: ["strangers"] },
      "present",
      "a stranger's words can propose calls; a rule does not tire of saying no",
    ],
    [
      { permissions: ["ask"], runs: ["ci", "service"] },
      "present",
      "nobody sits there to confirm; silence has to mean no",
    ],
    [{ permissions: ["ask"], agents: ["swarm"] }, "present", "nobody can confirm for several agents at once"],
  ),
  ...of(
    "session-persistence",
    [{ session: ["hours"] }, "partial", "hours of work should at least be written down as they happen"],
    [{ session: ["days"] }, "present", "a session that outlives its process has to be loaded again"],
    [{ crash: ["continue"] }, "present", "to go on after a crash, every turn is stored and can be taken up"],
    [{ machines: ["several"] }, "present", "another process can only go on with what is stored"],
  ),
  ...of(
    "workflow-state",
    [{ crash: ["continue"] }, "partial", "to go on, it must be known which step was under way"],
    [{ crash: ["continue"], effects: ["world"] }, "present", "a step that acted must not act again when work goes on"],
    [
      { session: ["days"] },
      "present",
      "over days, work waits for people and other systems; where it stands is no part of the talk",
    ],
    [{ agents: ["swarm"] }, "present", "who has which piece of work must be stored, or two do it"],
    [{ machines: ["several"] }, "present", "processes that share work need one account of where it stands"],
  ),
  ...of(
    "token-budget",
    [{}, "partial", "a cap on turns ends a loop that nobody sees"],
    [
      { money: ["metered", "billed"] },
      "present",
      "calls cost money: compare with a limit before each, and stop by name",
    ],
    [{ runs: ["ci", "service"] }, "present", "nobody is there to stop it"],
    [{ agents: ["swarm"] }, "present", "several agents spend at once, out of one purse"],
  ),
  ...of(
    "streaming-events",
    [{ session: ["hours", "days"] }, "partial", "who waits for so long wants to see that it moves"],
    [{ users: ["team"] }, "partial", "others cannot read it off your terminal"],
    [{ users: ["public"] }, "present", "a surface for others is built on typed events"],
    [{ runs: ["service"] }, "present", "a service has no terminal: events are all that can be seen of it"],
    [{ agents: ["swarm"] }, "present", "mixed output of several agents cannot be read without types"],
  ),
  ...of(
    "system-event-log",
    [{ runs: ["ci"] }, "partial", "nobody watched: what happened has to be readable afterwards"],
    [{ runs: ["service"] }, "present", "an operator needs to know what the harness did, whatever the model said"],
    [{ users: ["public"] }, "present", "a complaint is answered from a record"],
    [{ audit: ["yes"] }, "present", "decisions are shown in what they were part of"],
    [{ money: ["billed"] }, "present", "a bill has to be explained"],
    [{ session: ["days"] }, "present", "nobody remembers what happened days ago"],
    [{ agents: ["swarm"] }, "present", "which agent did what cannot be seen from one conversation"],
  ),
  ...of(
    "two-level-verification",
    [
      { permissions: ["ask", "rules"] },
      "partial",
      "a guard without a test is a hope: assert that a denied call does not run",
    ],
    [
      { untrusted: ["strangers"] },
      "partial",
      "a stranger's words can write the result; a check that is no model reads it first",
    ],
    [
      { results: ["unread"] },
      "present",
      "nobody reads results, so a check has to accept them, and tests hold the check",
    ],
    [{ agents: ["swarm"] }, "present", "one agent's mistake is the next one's fact"],
  ),
  ...of(
    "tool-pool-assembly",
    [
      { untrusted: ["strangers"], effects: [...acts] },
      "partial",
      "a session that reads strangers' words is offered fewer tools",
    ],
    [{ tools: ["many"] }, "present", "too many tools cost tokens at every turn and make the choice worse"],
    [{ agents: ["kinds", "swarm"] }, "present", "each kind is offered its own tools only"],
  ),
  ...of("transcript-compaction", [
    { session: ["hours", "days"] },
    "present",
    "a long conversation outgrows the window, and is paid for again at every turn",
  ]),
  ...of(
    "permission-audit-trail",
    [{ users: ["team"], effects: ["world"] }, "partial", "when something went wrong, the team asks who said yes"],
    [
      { agents: ["swarm"], effects: [...acts] },
      "partial",
      "several agents act: no refusal or yes may be lost between them",
    ],
    [{ users: ["public"], effects: ["world"] }, "present", "it acts for strangers on what cannot be undone"],
    [{ audit: ["yes"] }, "present", "you have to show who allowed what"],
  ),
  ...of(
    "agent-type-system",
    [
      { agents: ["kinds"] },
      "present",
      "two kinds of work need different rights: a prompt and tools for each, chosen by name",
    ],
    [{ agents: ["swarm"] }, "present", "agents that work at once need names, roles and limits"],
  ),
];
