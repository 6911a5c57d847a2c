/** HOLD in memory: see `infra/redis/scripts/hold.lua`. */
import { type Address, addressFrom, type HoldAnswer } from "../../../infra/store.ts";
import type { Inside } from "./inside.ts";
import { shardNamed } from "./state.ts";

export function hold(inside: Inside, id: string, order: "park" | "resume", reason: string): HoldAnswer {
  const { memory, nowMs, ring, shardOf } = inside;
  const run = memory.runs.get(id);
  const status = run?.fields.get("status");
  if (run === undefined || status === undefined) return { kind: "no_run" };
  if (status !== "running") return { kind: "ended", status };
  const same = run.fields.has("hold") === (order === "park");
  const now = nowMs();
  const busy: Address[] = [];
  for (const [actor, row] of run.actors) {
    const stored = run.snapshots.get(actor);
    if (stored === undefined || (stored.mailbox.length === 0 && stored.pending.size === 0)) continue;
    busy.push(addressFrom(`${id}/${actor}/${(JSON.parse(row) as { type: string }).type}`));
  }
  if (!same) {
    const event = order === "park" ? { type: "run.parked", reason } : { type: "run.resumed" };
    const seq = Number(run.fields.get("seq")) + 1;
    run.fields.set("seq", String(seq));
    const body = JSON.stringify({ v: 1, events: [event] });
    run.log.push({ firstSeq: seq, atMs: now, member: `${id}/-/-`, body, grants: null });
    if (order === "park") run.fields.set("hold", String(now));
    else run.fields.delete("hold");
  }
  if (order === "resume") {
    for (const { actor, type } of busy) {
      shardNamed(memory, shardOf(id)).ready.set(`${id}/${actor}/${type}`, now);
      ring(shardOf(id), `${id}/${actor}/${type}`);
    }
  } else {
    for (const actor of run.actors.keys()) ring(shardOf(id), `${id}/${actor}`);
  }
  return { kind: same ? "same" : "done", actors: busy };
}
