/** What holds up one agent: whom, or what, the state that it is in waits for, and who could take its next step. */
import { COORDINATOR_TYPE } from "../../../infra/store.ts";
import type { Cause } from "../why.ts";
import type { AgentFacts, AskedFacts, PendingFacts, WhyFacts } from "./facts.ts";
import { seconds } from "./run-causes.ts";

/** `alone`: it was asked about by its name, so that its own end is worth telling too. */
export function agentCauses(facts: WhyFacts, agent: AgentFacts, alone: boolean): Cause[] {
  if (agent.fenced !== null || agent.ended) return alone ? [over(facts, agent)] : [];
  const asked = facts.approvals.filter((one) => one.agent === agent.id).map((one) => person(agent, one));
  const death = foundDead(facts, agent);
  // Of the dead the same order is told once: it starts the worker that takes them up.
  const unmanned = unserved(facts, agent).filter(({ command }) => death.every((one) => one.command !== command));
  const found = [...death, ...asked, ...unmanned, ...backoff(facts, agent), ...questions(facts, agent)];
  const out = found.some(({ kind }) => kind === "found-dead" || kind === "stranded" || kind === "no-worker")
    ? []
    : atWork(facts, agent);
  const all = [...found, ...out, ...children(facts, agent)];
  const refused = refusedEvents(facts, agent);
  if (all.length > 0 || facts.hold !== null) return [...all, ...refused];
  return [...refused, ...timersOf(facts, agent), ...(alone && refused.length === 0 ? unexplained(facts, agent) : [])];
}

const named = ({ id, type }: AgentFacts): string => `${id} (${type})`;

const since = ({ log }: WhyFacts, { id }: AgentFacts): Pick<Cause, "since" | "facts"> => {
  const told = log.since.get(id);
  return { since: told?.at ?? null, facts: told === undefined ? [] : [`event ${told.seq}`] };
};

function over(facts: WhyFacts, agent: AgentFacts): Cause {
  const why = agent.fenced ?? agent.reasons.join("; ");
  const how = agent.fenced === null ? `has ended, ${agent.state}` : "was taken out of its life";
  const text = `${named(agent)} ${how}${why === "" ? "" : `: ${why}`}`;
  return { kind: "ended", agent: agent.id, text, command: null, ...since(facts, agent) };
}

function person(agent: AgentFacts, { id, tool, risk, reason, rule, askedAt, command }: AskedFacts): Cause {
  const text = `${named(agent)} waits for a person's yes or no to ${tool}, ${risk}: ${reason} (${rule})`;
  return { kind: "person", agent: agent.id, text, since: askedAt, command, facts: [id] };
}

/** Effects of the dead that are told one by one. */
const LEFT_SHOWN_MAX = 3;

function foundDead(facts: WhyFacts, agent: AgentFacts): Cause[] {
  const death = facts.log.lost.get(agent.id);
  if (death === undefined) return [];
  const entered = facts.log.since.get(agent.id);
  const state = agent.state === "" ? "before its first step" : `in ${agent.state}`;
  const doing = entered === undefined ? state : `${state}, where it had been since ${entered.at}`;
  const shown = death.effects.slice(0, LEFT_SHOWN_MAX).map(({ kind, tool, status, said }) => {
    return `${wordsOf({ id: "", type: kind, tool: tool ?? null })}, ${status} (${said})`;
  });
  const more = death.effects.length > shown.length ? `; and ${death.effects.length - shown.length} more` : "";
  const left = shown.length === 0 ? "" : `. Nobody told it how this came out: ${shown.join("; ")}${more}`;
  // Whoever died on a claim has work, even where its mail was not read yet.
  const isServed = unserved(facts, { ...agent, mail: Math.max(1, agent.mail) }).length === 0;
  const next = isServed
    ? "a worker that serves it lives and takes it up when it gets there"
    : "once a worker takes it up, it goes on where it stood";
  return [
    {
      kind: "found-dead",
      agent: agent.id,
      text: `${named(agent)} was found dead ${doing}: ${death.reason}${left}; ${next}`,
      since: death.at,
      command: isServed ? null : startOf(facts, agent),
      facts: [`event ${death.seq}`, ...death.effects.slice(0, LEFT_SHOWN_MAX).map(({ effect }) => effect)],
    },
  ];
}

const hasWork = ({ mail, pending, state }: AgentFacts): boolean => mail > 0 || pending.length > 0 || state === "";

function unserved(facts: WhyFacts, agent: AgentFacts): Cause[] {
  if (!hasWork(agent)) return [];
  const { workers, stranded, binding } = facts;
  const ofType = workers.filter(({ types }) => types.includes(agent.type));
  const begin = { agent: agent.id, command: startOf(facts, agent), ...since(facts, agent) };
  if (workers.length === 0)
    return [{ kind: "no-worker", text: `no worker lives; ${named(agent)} has ${work(agent)}`, ...begin }];
  if (ofType.length === 0) {
    const others = [...new Set(workers.flatMap(({ types }) => types))].join(", ");
    return [
      {
        kind: "no-worker",
        text: `${workers.length} workers live, and none serves ${agent.type} (they serve ${others}); ${named(agent)} has ${work(agent)}`,
        ...begin,
      },
    ];
  }
  if (!ofType.some(({ bindings }) => bindings.includes(binding))) {
    const text = `no worker that serves ${agent.type} has this run's access to a model (${binding}); one has to be started with the run's own key set`;
    return [{ kind: "no-worker", text, ...begin }];
  }
  if (!stranded.includes(agent.id)) return [];
  const text = `${named(agent)} is stranded: no worker that came by has this run's model access or its machine's version`;
  return [{ kind: "stranded", text, ...begin }];
}

/** `resume` starts a worker where they are our own; on a Redis that was given they are somebody's own business. */
const startOf = ({ ownWorkers, run, workers }: WhyFacts, { type }: AgentFacts): string => {
  if (ownWorkers) return `swarm resume ${run}`;
  return workers.length === 0 ? "swarm worker" : `swarm worker ${type}`;
};

function work({ mail, pending, state }: AgentFacts): string {
  const parts = [
    ...(mail === 0 ? [] : [`${mail} ${mail === 1 ? "message" : "messages"}`]),
    ...(pending.length === 0 ? [] : [pending.map(wordsOf).join(", ")]),
  ];
  return parts.length > 0 ? `${parts.join(" and ")} before it` : state === "" ? "its first step before it" : "nothing";
}

const wordsOf = ({ type, tool }: PendingFacts): string =>
  type === "model.call" ? "a model call" : tool === null ? `the effect ${type}` : `a call of ${tool}`;

function backoff(facts: WhyFacts, agent: AgentFacts): Cause[] {
  if (agent.state !== "thinking.backingOff") return [];
  const failed = facts.log.failed.get(agent.id);
  const due = facts.timers.filter(({ actor }) => actor === agent.id).sort((a, b) => a.dueMs - b.dueMs)[0];
  const next =
    due === undefined
      ? ""
      : `; next at ${new Date(due.dueMs).toISOString()} (in ${seconds(Math.max(0, due.dueMs - facts.nowMs))})`;
  const said = failed === undefined ? "" : ` (${failed.reason}: ${failed.message})`;
  return [
    {
      kind: "resting",
      agent: agent.id,
      text: `${named(agent)} backs off after failed attempt ${agent.attempt} at its model call${said}${next}`,
      since: failed?.at ?? since(facts, agent).since,
      command: null,
      facts: [...(failed === undefined ? [] : [`event ${failed.seq}`]), ...(due === undefined ? [] : [due.id])],
    },
  ];
}

function questions(facts: WhyFacts, agent: AgentFacts): Cause[] {
  if (agent.questions.length === 0) return [];
  const [first = ""] = agent.questions;
  const due = facts.timers.find(({ actor }) => actor === agent.id);
  const until = due === undefined ? "" : `, until ${new Date(due.dueMs).toISOString()} at most`;
  const text = `${named(agent)} waits for an answer to its question${until}: ${first.slice(0, 200)}`;
  return [{ kind: "question", agent: agent.id, text, command: null, ...since(facts, agent) }];
}

function atWork(facts: WhyFacts, agent: AgentFacts): Cause[] {
  if (facts.hold !== null) return [];
  const out = agent.pending.map((effect): Cause => {
    const begun = facts.log.begun.get(effect.id);
    const text = `${named(agent)} is at it: ${wordsOf(effect)} is out${begun === undefined ? "" : ` for ${seconds(Math.max(0, facts.nowMs - Date.parse(begun.at)))}`}`;
    const at = begun === undefined ? since(facts, agent) : { since: begun.at, facts: [`event ${begun.seq}`] };
    return { kind: "working", agent: agent.id, text, command: null, since: at.since, facts: [effect.id, ...at.facts] };
  });
  if (out.length > 0 || !hasWork(agent)) return out;
  const text = `${named(agent)} has ${work(agent)}; a worker that serves it lives and takes it when it gets there`;
  return [{ kind: "mail", agent: agent.id, text, command: null, ...since(facts, agent) }];
}

/** Tasks that its coordinator waits for; the causes of whoever is at them are told beside it. */
function children(facts: WhyFacts, agent: AgentFacts): Cause[] {
  if (agent.type !== COORDINATOR_TYPE || hasWork(agent)) return [];
  const open = facts.tasks.filter(({ status }) =>
    ["running", "resting", "joining", "reading", "replanning"].includes(status),
  );
  if (open.length === 0) return [];
  const names = open.slice(0, 10).map(({ id, status, attempt }) => `${id} (${status}, attempt ${attempt})`);
  const more = open.length > names.length ? ` and ${open.length - names.length} more` : "";
  const text = `${named(agent)} waits for ${open.length} ${open.length === 1 ? "task" : "tasks"}: ${names.join(", ")}${more}`;
  return [{ kind: "child", agent: agent.id, text, command: null, ...since(facts, agent) }];
}

function refusedEvents(facts: WhyFacts, agent: AgentFacts): Cause[] {
  const refused = facts.log.refused.get(agent.id) ?? [];
  const last = refused.at(-1);
  if (last === undefined) return [];
  const text = `${refused.length} ${refused.length === 1 ? "message" : "messages"} changed nothing in the state ${agent.state} of ${named(agent)}: too late, or not meant for it`;
  const seqs = refused.slice(-10).map(({ seq }) => `event ${seq}`);
  return [{ kind: "refused-event", agent: agent.id, text, since: last.at, command: null, facts: seqs }];
}

function timersOf(facts: WhyFacts, agent: AgentFacts): Cause[] {
  return facts.timers
    .filter(({ actor }) => actor === agent.id)
    .map(({ id, dueMs }) => ({
      kind: "timer",
      agent: agent.id,
      text: `${named(agent)} waits in ${agent.state} until ${new Date(dueMs).toISOString()} (in ${seconds(Math.max(0, dueMs - facts.nowMs))})`,
      command: null,
      since: since(facts, agent).since,
      facts: [id],
    }));
}

function unexplained(facts: WhyFacts, agent: AgentFacts): Cause[] {
  if (facts.timers.some(({ actor }) => actor === agent.id)) return [];
  const text = `${named(agent)} is in ${agent.state} with no message, no effect and no timer: nothing that is known holds it up`;
  return [{ kind: "unexplained", agent: agent.id, text, command: null, ...since(facts, agent) }];
}
