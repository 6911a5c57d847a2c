/** Whom the agents of a run ask, type by type, where that is not simply the run's model: read from their sessions. */
import { modelFor } from "../../actors/runtime/model-tier.ts";
import type { RunDocument } from "../../actors/runtime/run-document.ts";
import { runRowFrom } from "../../actors/runtime/run-row.ts";
import { type Session, sessionFrom } from "../../actors/runtime/session.ts";
import { agentTypeNamed } from "../../actors/types/index.ts";
import type { Reader } from "../../infra/redis/reader.ts";

/** Lines for a person; none where the run has one model for all. */
export async function modelLines(
  reader: Pick<Reader, "run" | "session">,
  run: string,
  agents: readonly { readonly id: string; readonly type: string }[],
): Promise<readonly string[]> {
  const row = await reader.run(run);
  // Of a run whose archive is out of reach only a stub is left.
  if (row?.fields.config === undefined) return [];
  const ofRun = runRowFrom(row.fields);
  if (ofRun.config.models === null) return [];
  const lines: string[] = [];
  for (const type of new Set(agents.map((agent) => agent.type))) {
    const session = await firstSession(reader, run, agents, type);
    const known = agentTypeNamed(type);
    if (session === null || known === undefined) continue;
    const { model, by, tier } = modelFor(known, ofRun);
    // Its attempt was given a model of its own.
    if (session.model !== model) {
      lines.push(`${type} agents ask ${session.model}`);
      continue;
    }
    const wants = tier === null || by !== "run" ? "" : `; no ${tier} model is configured, so it is the run's`;
    lines.push(`${type} agents ask ${session.model}${by === "tier" ? ` (${tier})` : wants}`);
  }
  return lines;
}

/** What was used instead of what was asked for. */
export const substituteLines = ({ result }: Pick<RunDocument, "result">): readonly string[] =>
  (result?.substitutes ?? []).map(
    ({ task, kind, asked, used }) => `substitute in task ${task}: ${kind} ${used}, where ${asked} was asked for`,
  );

/** Agents of a type that are looked at, at most, for one that has begun. */
const LOOKED_MAX = 10;

async function firstSession(
  reader: Pick<Reader, "session">,
  run: string,
  agents: readonly { readonly id: string; readonly type: string }[],
  type: string,
): Promise<Session | null> {
  for (const { id } of agents.filter((agent) => agent.type === type).slice(0, LOOKED_MAX)) {
    const text = await reader.session(run, id);
    if (text !== null) return sessionFrom(text);
  }
  return null;
}
