/** What holds up a run as a whole: its end, a person's hold, dead letters, breakers and limits of its model, its money. */
import type { Cause } from "../why.ts";
import type { AgentFacts, LetterFacts, WhyFacts } from "./facts.ts";

/** What `--max-turns` takes at most. */
const TURNS_MAX = 1_000;

/** A run with less left than this share of its budget is told so: the next call may ask for more than there is. */
const LITTLE_LEFT = 0.05;

export function runCauses(facts: WhyFacts): Cause[] {
  if (facts.status !== "running" && facts.status !== "parked") return [ended(facts)];
  return [
    ...held(facts),
    ...letters(facts),
    ...breakers(facts),
    ...plugins(facts),
    ...limits(facts),
    ...littleLeft(facts),
  ];
}

function ended(facts: WhyFacts): Cause {
  const { run, status, reasons, budget, log } = facts;
  const said = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  const at = log.beforeRefusal;
  const none = { kind: "ended" as const, agent: null, since: null, facts: [] };
  if (status === "completed" || status === "cancelled") {
    return { ...none, text: `it has ended, ${status}${said}`, command: null };
  }
  if (status !== "exhausted" || at === null) {
    const { outOfTurns } = log;
    if (outOfTurns === null) return { ...none, text: `it has ended, ${status}${said}`, command: null };
    const { before, turnsMax } = outOfTurns;
    return {
      ...none,
      text: `it has ended, ${status}${said}; a fork from before its agent's last turn was over can go on with more of them`,
      command: `swarm fork ${run} --at ${before} --max-turns ${Math.min(2 * turnsMax, TURNS_MAX)}`,
      facts: [`event ${before + 1}`],
    };
  }
  return {
    ...none,
    text: `it has ended, exhausted${said}; a fork from before its budget was refused can go on with more`,
    command: `swarm fork ${run} --at ${at} ${moreMoney(facts, budget.tokens.max !== null, "--max-tokens", "--budget")}`,
    facts: [`event ${at + 1}`],
  };
}

/** Twice as much as it had: of tokens where it had a limit of them, else of money. */
function moreMoney({ budget }: WhyFacts, inTokens: boolean, tokens: string, usd: string): string {
  if (inTokens) return `${tokens} ${Math.ceil((budget.tokens.max ?? 0) * 2)}`;
  return `${usd} ${((budget.usd.max ?? 0) * 2).toFixed(2)}`;
}

function held({ run, hold, log }: WhyFacts): Cause[] {
  if (hold === null) return [];
  const since = log.parked;
  return [
    {
      kind: "parked",
      agent: null,
      text: since === null ? "the run is parked" : `the run is parked: ${since.reason}`,
      since: since?.at ?? null,
      command: `swarm resume ${run}`,
      facts: since === null ? [] : [`event ${since.seq}`],
    },
  ];
}

/** A letter that holds nobody up (its task was given to another agent and came out well) is not told. */
function letters({ letters: all, agents, tasks }: WhyFacts): Cause[] {
  const open = new Set(
    tasks.filter(({ status }) => ["failed", "running", "resting"].includes(status)).map(({ id }) => id),
  );
  const isOpen = ({ task, actor }: LetterFacts): boolean =>
    open.has(task ?? "") || agents.some(({ id, task: of, fenced }) => id === actor && fenced !== null && open.has(of));
  return all.filter(isOpen).map((letter) => ({
    kind: "quarantine",
    agent: letter.actor === "-" ? null : letter.actor,
    text: `${letter.task === null ? letter.actor : `task ${letter.task}`} lies among the dead letters: ${letter.reason}`,
    since: new Date(letter.atMs).toISOString(),
    command: `swarm dlq requeue ${letter.id}`,
    facts: [letter.id],
  }));
}

/** Of the run's model: the name of such a resource ends with the access that it is asked by. */
const isOfRun = (name: string, { binding }: WhyFacts): boolean =>
  name.startsWith("model:") && name.endsWith(`@${binding}`);

/** Agents that ask a model now, or will when their wait is over. */
const asksModel = ({ ended: over, fenced, state, pending }: AgentFacts): boolean =>
  !over && fenced === null && (state.startsWith("thinking") || pending.some(({ type }) => type === "model.call"));

function breakers(facts: WhyFacts): Cause[] {
  const waiting = facts.agents.filter(asksModel);
  if (waiting.length === 0) return [];
  const open = facts.known.breakers.filter(({ name, state }) => state !== "closed" && isOfRun(name, facts));
  return open.map(({ name, state, failures, sinceAt, waitMs, reason }) => ({
    kind: "breaker",
    agent: null,
    text: `the breaker of ${name} is ${state === "open" ? "open" : "half open"} after ${failures} failures in a row${reason === null ? "" : ` (${reason})`}; ${waitMs > 0 ? `it is tried again in ${seconds(waitMs)}` : "the next call tries it"}. ${waiting.length} agents wait for it`,
    since: sinceAt,
    command: null,
    facts: [name],
  }));
}

/** Of a plugin server that the run has called: its calls are refused meanwhile, and their agents told. */
function plugins({ known, agents, log }: WhyFacts): Cause[] {
  if (agents.every(({ ended: over, fenced }) => over || fenced !== null)) return [];
  const open = known.breakers.filter(({ state }) => state !== "closed");
  return open.flatMap(({ name, failures, sinceAt, waitMs, reason }): Cause[] => {
    const server = /^plugin:(.+)@[^@]+$/.exec(name)?.[1];
    const called = server === undefined ? undefined : log.plugins.get(server);
    if (called === undefined) return [];
    const again = waitMs > 0 ? `it is asked again in ${seconds(waitMs)}` : "the next call tries it";
    return [
      {
        kind: "breaker",
        agent: null,
        text: `the plugin server ${server} is left alone after ${failures} failures in a row${reason === null ? "" : ` (${reason})`}; ${again}. Calls of its tools fail meanwhile, and who makes them is told`,
        since: sinceAt,
        command: null,
        facts: [name, `event ${called.seq}`],
      },
    ];
  });
}

function limits(facts: WhyFacts): Cause[] {
  const waiting = facts.agents.filter(asksModel);
  if (waiting.length === 0) return [];
  const closed = facts.known.limits.filter(({ name, pausedMs }) => pausedMs > 0 && isOfRun(name, facts));
  return closed.map(({ name, pausedMs }) => ({
    kind: "rate-limit",
    agent: null,
    text: `the rate limit of ${name} is used up; calls go on in ${seconds(pausedMs)}`,
    since: null,
    command: null,
    facts: [name],
  }));
}

function littleLeft(facts: WhyFacts): Cause[] {
  const { budget, run } = facts;
  const parts = [
    { unit: "tokens", of: budget.tokens },
    { unit: "USD", of: budget.usd },
  ];
  return parts.flatMap(({ unit, of }): Cause[] => {
    if (of.max === null || of.left === null || of.left > of.max * LITTLE_LEFT) return [];
    return [
      {
        kind: "budget",
        agent: null,
        text: `${of.left} of ${of.max} ${unit} are left (${of.reserved} held for calls that are out); the next call may be refused`,
        since: null,
        command: `swarm budget set ${run} ${moreMoney(facts, unit === "tokens", "--tokens", "--usd")}`,
        facts: [],
      },
    ];
  });
}

export const seconds = (ms: number): string =>
  ms >= 60_000 ? `${Math.ceil(ms / 60_000)} min` : `${Math.ceil(ms / 1_000)} s`;
