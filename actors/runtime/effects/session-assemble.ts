/** Puts an agent's session together from its brief and the results it stands on. Repeatable: it only reads. */

import type { Store } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import type { Excluded } from "../../../registry/pool.ts";
import type { AgentType } from "../../types/define.ts";
import type { CapabilitiesOf } from "../capabilities.ts";
import { modelFor } from "../model-tier.ts";
import type { Answer, Performer } from "../performer.ts";
import type { Here } from "../permission-question.ts";
import type { RunRow } from "../run-row.ts";
import { assemble, briefFrom } from "../session.ts";

export interface SessionAssembleDeps {
  readonly store: Pick<Store, "briefs" | "results">;
  readonly capabilities: CapabilitiesOf;
  readonly here?: Here;
  /** Tool → why nobody may use it in this run now. Absent: nothing is known against any. */
  readonly unavailable?: (run: RunRow) => Promise<ReadonlyMap<string, string>>;
}

export function sessionAssemble(deps: SessionAssembleDeps): Performer<"session.assemble"> {
  const { store, here = {} } = deps;
  return async (order, { address, run }) => {
    const latched = { run: address.run, capabilities: run.config.capabilities };
    const [briefs, results] = await Promise.all([
      store.briefs(address.run, [order.task]),
      store.results(address.run, order.standsOn),
    ]);
    const text = briefs.get(order.task);
    if (text === undefined) return refused(`the run has no brief for task ${order.task}`);
    const missing = order.standsOn.filter((id) => !results.has(id));
    if (missing.length > 0) return refused(`results it is built on are missing: ${missing.join(", ")}`);
    const standsOn = order.standsOn.map((id) => envelopeSchema.parse(JSON.parse(results.get(id) as string)));
    const unfit = standsOn.filter(({ status }) => status !== "verified");
    if (unfit.length > 0)
      return refused(`results it is built on are not verified: ${unfit.map(({ id }) => id).join(", ")}`);

    const brief = briefFrom(text);
    const [capabilities, unavailable] = await Promise.all([deps.capabilities(latched), deps.unavailable?.(run)]);
    const type = capabilities.agentType(address.type, brief.profile ?? null);
    if (type === undefined) return refused(`there is no agent type ${brief.profile ?? address.type}`);
    const around = { ...here, capabilities, ...(unavailable === undefined ? {} : { unavailable }) };
    const { session, first, excluded, toolsHash } = assemble(type, brief, run, standsOn, around);
    const sources = [`brief:${order.task}`, ...order.standsOn];
    const bytes = JSON.stringify(first.content).length;
    return {
      event: { type: "session.assembled" },
      session,
      entries: [first],
      told: [
        {
          type: "context.loaded",
          sources,
          bytes,
          ...(here.sandbox === undefined ? {} : { sandbox: here.sandbox }),
          ...toldModel(type, run),
        },
        {
          type: "registry.built",
          tools: session.tools.map(({ name }) => name),
          ...(session.deferred.length === 0 ? {} : { deferred: session.deferred }),
          ...toldExcluded(excluded),
          hash: toolsHash,
        },
        { type: "message.started", from: "brief", bytes },
      ],
    };
  };
}

function toldModel(type: AgentType, run: RunRow) {
  const { model, by, tier } = modelFor(type, run);
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
