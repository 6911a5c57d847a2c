/** Puts an agent's session together from its brief and the results it stands on. Repeatable: it only reads. */

import type { Store } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import { agentTypeNamed } from "../../types/index.ts";
import type { Answer, Performer } from "../performer.ts";
import type { Here } from "../permission-question.ts";
import { assemble, briefFrom } from "../session.ts";

export function sessionAssemble(
  store: Pick<Store, "briefs" | "results">,
  here: Here = {},
): Performer<"session.assemble"> {
  return async (order, { address, run }) => {
    const type = agentTypeNamed(address.type);
    if (type === undefined) return refused(`there is no agent type ${address.type}`);
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

    const { session, first, excluded, toolsHash } = assemble(type, briefFrom(text), run, standsOn, here);
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
        },
        {
          type: "registry.built",
          tools: session.tools.map(({ name }) => name),
          excluded: [...excluded],
          hash: toolsHash,
        },
        { type: "message.started", from: "brief", bytes },
      ],
    };
  };
}

const refused = (reason: string): Answer => ({
  event: { type: "session.refused", reason } as Answer["event"],
  told: [],
});
