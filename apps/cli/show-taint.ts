/** What the agents of a run have read that nobody vouched for: read from their conversations, living ones too. */
import { entryFrom } from "../../actors/runtime/conversation.ts";
import { taintIn } from "../../actors/runtime/taint.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import type { TaintMark } from "../../machines/taint.ts";
import { inWords } from "../../registry/permission/taint.ts";

export interface AgentTaint extends TaintMark {
  readonly agent: string;
}

/** Agents whose conversations are read, at most; of more, `swarm audit query` tells call by call. */
const AGENTS_MAX = 200;

export async function taintsOf(
  reader: Pick<Reader, "transcript">,
  run: string,
  agents: readonly { readonly id: string }[],
): Promise<readonly AgentTaint[]> {
  const found: AgentTaint[] = [];
  for (const { id } of agents.slice(0, AGENTS_MAX)) {
    const entries = (await reader.transcript(run, id)).map(entryFrom);
    found.push(...taintIn(entries).map((mark) => ({ agent: id, ...mark })));
  }
  return found;
}

/** A line an agent. */
export function taintLines(marks: readonly AgentTaint[]): readonly string[] {
  const byAgent = new Map<string, AgentTaint[]>();
  for (const mark of marks) byAgent.set(mark.agent, [...(byAgent.get(mark.agent) ?? []), mark]);
  return [...byAgent].map(([agent, all]) => {
    const strangers = all.filter(({ source }) => source !== "secret").map(inWords);
    const secrets = all.filter(({ source }) => source === "secret").map(inWords);
    const parts = [
      ...(strangers.length === 0 ? [] : [`nobody vouched for ${strangers.join(", ")}`]),
      ...(secrets.length === 0 ? [] : [`secret: ${secrets.join(", ")}`]),
    ];
    return `${agent} has read: ${parts.join("; ")}`;
  });
}
