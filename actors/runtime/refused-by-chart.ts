/**
 * What is said of a call that was judged, committed and ordered although the agent's chart has no path for it in the
 * state it is in: it is not run, the model is told, and the audit keeps it. Nothing gets here unless the judgement before
 * it was wrong, or the order did not come from it.
 */
import type { OutsideEffect } from "../../machines/effect.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { toolResultEntry } from "./conversation.ts";
import type { Answer, PerformContext } from "./performer.ts";

type Order = Extract<OutsideEffect, { type: "tool.run" }>;

export function refusedByChart(
  { call, tool, inputHash }: Order,
  { risk }: Pick<ToolDeclaration, "risk">,
  { address, session, entries }: Pick<PerformContext, "address" | "session" | "entries">,
): Answer {
  const agentType = session?.agentType ?? address.type;
  const reason = `the chart of a ${address.type} agent has no ${tool} in this state`;
  const said = entries.findLastIndex(({ content }) =>
    content.some((block) => block.type === "tool_use" && block.id === call),
  );
  const row: AuditEntry = {
    ...{ call, tool, agentType, handler: "worker", policy: session?.policy ?? "-", inputHash },
    ...{ decision: "deny", risk, rule: "chart.not-in-state", reason },
    ...(said < 0 ? {} : { said }),
  };
  return {
    event: { type: "tool.finished", call, ok: false } as Answer["event"],
    entries: [toolResultEntry(call, `not run: ${reason}`, false)],
    told: [{ type: "tool.refused", call, tool, reason }],
    audit: [row],
  };
}
