/**
 * The laws of a graph run that ended, whatever was broken and taken back while it ran. They judge plain facts, so that a test
 * can plant each violation and see it reported.
 */
import type { Envelope } from "../../../machines/brief.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { ending, log, type RunFacts } from "../oracle.ts";
import { SHARED, TAG } from "./graph-play.ts";

export interface GraphFacts extends Pick<RunFacts, "run" | "row" | "events" | "replayed" | "budget" | "leftovers"> {
  readonly envelopes: readonly Pick<Envelope, "id" | "task" | "actor" | "status" | "standsOn">[];
  /** Of the run's own repository as it ended: its files, and what of the run's git can still be found. */
  readonly files: Readonly<Record<string, string>>;
  /** Results that its commits name, oldest first. */
  readonly joined: readonly string[];
  /** Branches of the run, working trees beside the first, names under refs/swarm, lock files, unclean paths. */
  readonly branches: readonly string[];
  readonly trees: readonly string[];
  readonly names: readonly string[];
  readonly locks: readonly string[];
  readonly unclean: readonly string[];
}

type Of<Type extends LoggedEvent["type"]> = Extract<LoggedEvent, { type: Type }>;
const of = <Type extends LoggedEvent["type"]>(events: readonly LoggedEvent[], type: Type): Of<Type>[] =>
  events.filter((event): event is Of<Type> => event.type === type);

/** In words, one each; none where every law holds. */
export function graphViolations(facts: GraphFacts): string[] {
  const broken = [ending, log, money, fences, revocations, intents, homecoming, tidiness].flatMap((law) =>
    law(facts as GraphFacts & RunFacts),
  );
  if (facts.replayed !== null) broken.push(`replay: ${facts.replayed}`);
  return broken.map((words) => `${facts.run}: ${words}`);
}

const BEGINS: readonly string[] = [
  "model.called",
  "tool.intended",
  "tool.finished",
  "result.reported",
  "result.verified",
];

/**
 * A call that nobody settles any more, because its agent was fenced or ended while it was out, is charged what it may have cost;
 * else as in any run.
 */
function money({ events, budget }: GraphFacts): string[] {
  const settled = of(events, "budget.settled");
  const over = new Set([
    ...of(events, "actor.fenced").map(({ fenced }) => fenced),
    ...of(events, "agent.ended").map(({ actor }) => actor ?? ""),
  ]);
  const open = of(events, "budget.reserved").filter(
    ({ actor, effect }) => over.has(actor ?? "") && !settled.some((one) => one.effect === effect),
  );
  const broken = [...new Set(settled.map(({ effect }) => effect))]
    .filter((effect) => settled.filter((one) => one.effect === effect).length > 1)
    .map((effect) => `${effect} was settled twice`);
  for (const field of ["heldTokens", "heldNano"]) {
    if (Number(budget[field] ?? 0) !== 0) broken.push(`the budget still holds ${field} ${budget[field]}`);
  }
  const spent = [...settled, ...open].reduce((sum, { tokens }) => sum + tokens, 0);
  if (Number(budget.tokens ?? 0) !== spent) broken.push(`${budget.tokens} tokens spent, and ${spent} accounted for`);
  return broken;
}

/** Who was fenced does nothing more, and what it reported in the moment before counts nowhere. */
function fences({ events, envelopes }: GraphFacts): string[] {
  return of(events, "actor.fenced").flatMap(({ fenced, seq }) => [
    ...events
      .filter((event) => event.seq > seq && event.actor === fenced && BEGINS.includes(event.type))
      .map(({ type, seq: late }) => `${fenced} was fenced at ${seq}, and has ${type} at ${late}`),
    ...envelopes
      .filter(({ actor, status }) => actor === fenced && status === "verified")
      .map(({ id }) => `${fenced} was fenced at ${seq}, and ${id} is verified`),
  ]);
}

/** Nothing that counts stands on what was taken back, and what was taken back says so. */
function revocations({ events, envelopes }: GraphFacts): string[] {
  const fallen = new Set(of(events, "result.revoked").map(({ result }) => result));
  const broken: string[] = [];
  for (const { id, status, standsOn } of envelopes) {
    if (fallen.has(id) && status === "verified") broken.push(`${id} was revoked, and is verified`);
    const under = standsOn.filter((one) => fallen.has(one));
    if (status === "verified" && under.length > 0) broken.push(`${id} is verified and stands on revoked ${under}`);
  }
  const verified = of(events, "result.verified").map(({ result }) => result);
  for (const id of new Set(verified)) {
    const times = verified.filter((one) => one === id).length;
    if (times > 1) broken.push(`${id} was verified ${times} times`);
  }
  return broken;
}

const OUTCOMES: readonly string[] = ["tool.finished", "tool.failed", "tool.interrupted", "tool.refused"];
/** Asked of the world after its worker was lost: it was done, and that is its end; where it was not, it is run yet. */
const wasDone = (event: LoggedEvent): boolean => event.type === "tool.reconciled" && event.happened;

/** No call comes to two ends; in a completed run none of those whose result counts comes to none. */
function intents({ row, events, envelopes }: GraphFacts): string[] {
  const counted = new Set(envelopes.filter(({ status }) => status === "verified").map(({ actor }) => actor));
  return of(events, "tool.intended").flatMap(({ call, actor }) => {
    const ends = events.filter(
      (event) =>
        "call" in event &&
        event.call === call &&
        event.actor === actor &&
        (OUTCOMES.includes(event.type) || wasDone(event)),
    );
    if (ends.length > 1) return [`call ${call} of ${actor} came to ${ends.length} ends`];
    return ends.length === 0 && row.status === "completed" && counted.has(actor ?? "")
      ? [`call ${call} of ${actor} never came to an end`]
      : [];
  });
}

/** What came home is what the results that count have written, all of it, each once, and nothing of anybody else. */
function homecoming({ row, events, envelopes, files, joined }: GraphFacts): string[] {
  if (row.status !== "completed")
    return Object.keys(files).length > 1 ? ["it did not come out well, and was merged"] : [];
  const broken: string[] = [];
  const counted = new Map(envelopes.filter(({ status }) => status === "verified").map((one) => [one.actor, one]));
  for (const id of joined) {
    const status = envelopes.find((one) => one.id === id)?.status;
    if (status !== "verified") broken.push(`the work of ${id} came home, which is ${status}`);
    if (joined.filter((one) => one === id).length > 1) broken.push(`the work of ${id} came home twice`);
  }
  const allowed = new Map<string, string[]>();
  for (const event of of(events, "tool.intended")) {
    if (!counted.has(event.actor ?? "")) continue;
    const input = event.input as Record<string, string>;
    const path = event.tool === "Bash" ? (/>> (\S+)/.exec(input.command ?? "")?.[1] ?? "") : (input.file_path ?? "");
    const words = (input.command ?? input.content ?? input.new_string ?? "").match(TAG) ?? [];
    const finished = events.some(
      (one) =>
        "call" in one &&
        one.call === event.call &&
        one.actor === event.actor &&
        (one.type === "tool.finished" || wasDone(one)),
    );
    allowed.set(path, [...(allowed.get(path) ?? []), ...words]);
    const found = files[path] ?? "";
    if (event.tool === "Read") continue;
    for (const word of finished ? words.slice(path === SHARED ? -1 : 0) : []) {
      const times = found.split(word).length - 1;
      // What it saw of others may have been taken back since; its own word is the last one.
      if (times !== 1) broken.push(`${word} of ${event.actor} is ${times} times in ${path}`);
    }
  }
  for (const [path, text] of Object.entries(files)) {
    for (const word of text.match(TAG) ?? []) {
      if (!(allowed.get(path) ?? []).includes(word))
        broken.push(`${path} holds ${word}, which no result that counts wrote`);
    }
    if (/^[<>=]{7}/m.test(text)) broken.push(`${path} has a conflict mark`);
  }
  return broken;
}

/** Nothing is left of it but what it told. */
function tidiness({ run, row, events, branches, trees, names, locks, unclean, leftovers }: GraphFacts): string[] {
  const told = JSON.stringify(of(events, "workspace.left"));
  const letters = of(events, "letter.written").length + of(events, "agent.died").length;
  // What did not come out well can be opened again: its branch and its own tree wait for that.
  const waits = row.status !== "completed";
  const own = new RegExp(`(^|/)${run}(\\.json|\\.index(\\.\\w+)?|\\.\\S+\\.aside)?( |$)`);
  const kept = waits ? branches.filter((name) => name !== `swarm/${run}`) : branches;
  return [
    ...kept.filter((name) => !told.includes(name)).map((name) => `branch ${name} is left`),
    ...trees.filter((tree) => !(waits && own.test(tree))).map((tree) => `working tree ${tree} is left`),
    ...names.map((name) => `${name} is left in git`),
    ...locks.map((lock) => `lock ${lock} is left`),
    ...unclean.map((path) => `the repository is unclean: ${path}`),
    ...leftovers
      .filter((words) => !(words.startsWith("a dead letter") && letters > 0))
      .map((words) => `left over: ${words}`),
  ];
}
