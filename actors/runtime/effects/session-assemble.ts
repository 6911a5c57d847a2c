/**
 * Puts an agent's session together from its brief, the results it stands on, and what is remembered. Repeatable: it only
 * reads, but for what turns out not to be true any more, which is forgotten once.
 */

import { dropTree } from "../../../infra/git/tree-record.ts";
import type { Address, Store } from "../../../infra/store.ts";
import { type Brief, type Envelope, envelopeSchema } from "../../../machines/brief.ts";
import { type OutsideEffect, resultId } from "../../../machines/effect.ts";
import { handedDown, type TaintMark, taintOf, withTaint } from "../../../machines/taint.ts";
import type { Excluded } from "../../../registry/pool.ts";
import type { AgentType } from "../../types/define.ts";
import type { OpenTree } from "../agent-tree.ts";
import type { CapabilitiesOf } from "../capabilities.ts";
import type { MemoryDeps } from "../memory/memory.ts";
import { type SessionMemory, sessionMemory } from "../memory/session-memory.ts";
import { modelFor } from "../model-tier.ts";
import { type Answer, EffectAborted, type Performer, wasCancelled } from "../performer.ts";
import type { Here } from "../permission-question.ts";
import type { RunRow } from "../run-row.ts";
import { type Assembled, assemble, briefFrom, type Session } from "../session.ts";
import { contractProblem, refusal, termsProblems } from "../terms-check.ts";

export interface SessionAssembleDeps {
  readonly store: Pick<Store, "briefs" | "results">;
  readonly capabilities: CapabilitiesOf;
  readonly here?: Here;
  /** Tool → why nobody may use it in this run now. Absent: nothing is known against any. */
  readonly unavailable?: (run: RunRow) => Promise<ReadonlyMap<string, string>>;
  /** Makes the working tree of an agent that is to have its own. Absent: all work where their run does. */
  readonly openTree?: OpenTree;
  /** Absent: nothing is remembered here. */
  readonly memory?: MemoryDeps;
}

type Order = Extract<OutsideEffect, { type: "session.assemble" }>;

export function sessionAssemble(deps: SessionAssembleDeps): Performer<"session.assemble"> {
  const { store, here = {} } = deps;
  return async (order, { address, run, effectId, signal }) => {
    const latched = { run: address.run, capabilities: run.config.capabilities };
    const [briefs, results] = await Promise.all([
      store.briefs(address.run, [order.task]),
      store.results(address.run, [
        ...new Set([...order.standsOn, ...(order.terms?.results ?? []).map(idOf), ...earlierResults(address, order)]),
      ]),
    ]);
    const text = briefs.get(order.task);
    if (text === undefined) return refused(`the run has no brief for task ${order.task}`);
    const broken =
      order.terms === undefined ? [] : termsProblems(order.terms, order.task, { brief: text, results }, run);
    if (broken.length > 0) return refused(refusal(broken));
    const missing = order.standsOn.filter((id) => !results.has(id));
    if (missing.length > 0) return refused(`results it is built on are missing: ${missing.join(", ")}`);
    const standsOn = order.standsOn.map((id) => envelopeSchema.parse(JSON.parse(results.get(id) as string)));
    const unfit = standsOn.filter(({ status }) => status !== "verified");
    if (unfit.length > 0)
      return refused(`results it is built on are not verified: ${unfit.map(({ id }) => id).join(", ")}`);

    const brief = briefFrom(text);
    const unreadable = order.terms === undefined ? null : contractProblem(brief);
    if (unreadable !== null) return refused(refusal([unreadable]));
    const [capabilities, unavailable] = await Promise.all([deps.capabilities(latched), deps.unavailable?.(run)]);
    const type = capabilities.agentType(address.type, brief.profile ?? null);
    if (type === undefined) return refused(`there is no agent type ${brief.profile ?? address.type}`);
    const memory = await sessionMemory(deps.memory, address.run, run, type.tools.includes("Recall"));
    const around = {
      ...here,
      capabilities,
      recalls: memory.entry !== null,
      ...(unavailable === undefined ? {} : { unavailable }),
      ...(order.terms === undefined ? {} : { terms: order.terms }),
    };
    const assembled = assemble(type, brief, run, standsOn, around);
    const tree = order.tree === undefined ? null : ((await deps.openTree?.(run, address, order.tree)) ?? null);
    if (tree !== null && "refused" in tree) return refused(tree.refused);
    if (tree !== null && wasCancelled(signal)) {
      // Its agent was taken out while the tree was made: the run's end may have looked for trees before this one was there.
      await dropTree(tree);
      throw new EffectAborted(effectId, "cancelled");
    }
    const session = { ...assembled.session, ...(tree === null ? {} : { tree }) };
    const earlier = earlierResults(address, order).flatMap((id) => results.get(id) ?? []);
    const heard = [...standsOn, ...earlier.map((one) => envelopeSchema.parse(JSON.parse(one)))];
    const marks = withTaint(inherited(brief, heard));
    return answerOf(order, { ...assembled, session, first: { ...assembled.first, ...marks } }, memory, {
      ...(here.sandbox === undefined ? {} : { sandbox: here.sandbox }),
      ...toldModel(type, run, order.terms?.model),
    });
  };
}

interface Asked {
  readonly sandbox?: NonNullable<Here["sandbox"]>;
  readonly model: string;
}

function answerOf(
  order: Order,
  { session, first, excluded, toolsHash }: Assembled,
  memory: SessionMemory,
  asked: Asked,
): Answer {
  // Whoever cannot ask for more is told nothing: its rights may have been narrowed meanwhile.
  const told = canRecall(session) ? memory.entry : null;
  const entries = told === null ? [first] : [first, told];
  const sources = [`brief:${order.task}`, ...order.standsOn, ...(told === null ? [] : memory.sources)];
  const bytes = entries.reduce((sum, { content }) => sum + JSON.stringify(content).length, 0);
  return {
    event: { type: "session.assembled" },
    session,
    entries,
    ...(Object.keys(memory.briefs).length === 0 ? {} : { briefs: memory.briefs }),
    told: [
      { type: "context.loaded", sources, bytes, ...asked },
      {
        type: "registry.built",
        tools: session.tools.map(({ name }) => name),
        ...(session.deferred.length === 0 ? {} : { deferred: session.deferred }),
        ...toldExcluded(excluded),
        hash: toolsHash,
      },
      ...memory.told.filter(({ type }) => told !== null || type !== "memory.recalled"),
      { type: "message.started", from: "brief", bytes },
    ],
  };
}

const canRecall = ({ tools, deferred }: Session): boolean =>
  tools.some(({ name }) => name === "Recall") || deferred.includes("Recall");

/** Whoever is told what another agent made of a stranger's words has read them, too. */
const inherited = ({ taint = [] }: Brief, heard: readonly Envelope[]): readonly TaintMark[] =>
  taintOf([...taint, ...heard.flatMap((one) => handedDown(one.taint ?? [], one.id))]);

/** Attempts before this one that are looked at, the latest ones. */
const EARLIER_MAX = 20;

/** Why they did not count is told in words of theirs. */
function earlierResults({ actor }: Address, { terms }: Order): readonly string[] {
  const [, first = "", attempt = "1"] = /^(.+)\.(\d+)$/.exec(actor) ?? [];
  if (terms === undefined || terms.earlier.length === 0 || first === "") return [];
  const before = Number(attempt) - 1;
  const attempts = Array.from({ length: Math.min(before, EARLIER_MAX) }, (_, index) => before - index);
  return attempts.map((one) => resultId(one === 1 ? first : `${first}.${one}`));
}

const idOf = ({ result }: { readonly result: string }): string => result;

function toldModel(type: AgentType, run: RunRow, wanted: string | null | undefined) {
  const { model, by, tier } = modelFor(type, run, wanted);
  return { model, modelBy: by, ...(tier === null ? {} : { tier }) };
}

/** By reason; all of a server that are out for one reason are told as one, so that a thousand of them stay one line. */
function toldExcluded(excluded: readonly Excluded[]): {
  excluded: string[];
  reasons: { reason: string; tools: string[] }[];
} {
  const serverOf = (name: string): string => /^mcp__.+?__/.exec(name)?.[0] ?? name;
  const reasons = new Map<string, Set<string>>();
  const reasonsOf = new Map<string, Set<string>>();
  for (const { name, reason } of excluded) {
    const server = serverOf(name);
    reasonsOf.set(server, (reasonsOf.get(server) ?? new Set()).add(reason));
  }
  for (const { name, reason } of excluded) {
    const server = serverOf(name);
    const told = server !== name && reasonsOf.get(server)?.size === 1 ? `${server}*` : name;
    reasons.set(reason, (reasons.get(reason) ?? new Set()).add(told));
  }
  const groups = [...reasons].map(([reason, names]) => ({ reason, tools: [...names] }));
  return { excluded: groups.flatMap(({ tools }) => tools).sort(), reasons: groups };
}

const refused = (reason: string): Answer => ({
  event: { type: "session.refused", reason } as Answer["event"],
  told: [],
});
