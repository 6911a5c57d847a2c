/**
 * What agents did to the world that no revocation takes back, as their run's log tells it. Pure: what became of a call
 * whose agent was stopped in the middle of it stands in no log, and is said to be unknown.
 */
import type { LoggedEvent } from "../../machines/run-event.ts";
import { toolNamed } from "../../registry/tools/index.ts";

export interface IrreversibleEffect {
  readonly effect: string;
  readonly actor: string;
  readonly tool: string;
  readonly input: unknown;
  /** When it was ordered, ISO 8601. */
  readonly at: string;
  /** `maybe`: it was ordered, and nobody has said whether it was done. */
  readonly state: "done" | "maybe";
  /** In words: why it cannot be taken back. */
  readonly why: string;
}

export interface IrreversibleOptions {
  /** Files that these agents wrote lie in trees that are thrown away with them: then only what left those counts. */
  readonly ownTrees?: boolean;
}

/** In the order in which they were ordered. `actors`: whose; all others' are passed over. */
export async function irreversibleEffects(
  events: AsyncIterable<LoggedEvent>,
  actors: ReadonlySet<string>,
  { ownTrees = false }: IrreversibleOptions = {},
): Promise<readonly IrreversibleEffect[]> {
  const found = new Map<string, IrreversibleEffect>();
  const judged = new Map<string, string>();
  for await (const event of events) {
    if (!actors.has(event.actor)) continue;
    if (event.type === "permission.decided") judged.set(`${event.actor} ${event.call}`, event.risk);
    if (event.type === "tool.intended") {
      const why = lasting(event.tool, judged.get(`${event.actor} ${event.call}`), ownTrees);
      const { effect, actor, tool, input, at } = event;
      if (why !== null) found.set(effect, { effect, actor, tool, input, at, state: "maybe", why });
    }
    if (event.type === "tool.finished") done(found, event.effect, "");
    if (event.type === "tool.failed") done(found, event.effect, "; it failed, perhaps half-way");
    if (event.type !== "tool.reconciled") continue;
    if (event.happened) done(found, event.effect, "");
    else found.delete(event.effect);
  }
  return [...found.values()];
}

function done(found: Map<string, IrreversibleEffect>, effect: string, how: string): void {
  const one = found.get(effect);
  if (one !== undefined) found.set(effect, { ...one, state: "done", why: one.why + how });
}

/** Null where nothing of it lasts. `risk`: as the call was judged; undefined where no log says so. */
function lasting(tool: string, risk: string | undefined, ownTrees: boolean): string | null {
  if (risk === "read-only") return null;
  if (tool.startsWith("mcp__")) return "a plugin's server acted on it";
  const known = toolNamed(tool);
  if (known?.repeat === "safe") return null;
  if (known?.risk === "mutating") return ownTrees ? null : "it changed a file of the workspace itself";
  return "a command may reach whatever its sandbox leaves open";
}
