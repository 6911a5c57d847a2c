/** SWEEP in memory: see `infra/redis/scripts/sweep.lua`. */
import { addressFrom, type Sweep } from "../../../infra/store.ts";
import { expire } from "./approvals.ts";
import type { Inside } from "./inside.ts";
import { actorNamed, shardNamed, upTo } from "./state.ts";

const SWEEP_MAX = 200;

export function sweep(inside: Inside, tag: string, idleMs: number): Sweep {
  const { memory, nowMs, flaws } = inside;
  const { ready, timers } = shardNamed(memory, tag);
  const now = nowMs();
  const wake = goOff(inside, tag, now);
  for (const member of upTo(ready, now - idleMs, SWEEP_MAX)) {
    if (memory.runs.get(runOf(member))?.fields.has("hold") === true) ready.set(member, now);
    else if (flaws.noSweep !== true) wake.push(member);
  }
  let next: number | null = null;
  for (const due of timers.values()) if (next === null || due < next) next = due;
  return { wake: wake.map(addressFrom), nextTimerMs: next === null ? null : Math.max(0, next - now) };
}

const runOf = (member: string): string => member.slice(0, member.indexOf("/"));

/** Timers that are due become mail; answers with those to wake for it. */
function goOff({ memory, ring, flaws }: Inside, tag: string, now: number): string[] {
  const { ready, timers } = shardNamed(memory, tag);
  const wake: string[] = [];
  for (const armed of upTo(timers, now, SWEEP_MAX)) {
    const [, member = "", id = "", by = ""] = /^(.*?)\|(.*)\|(\d+)$/s.exec(armed) ?? [];
    const [runId = "", actor = ""] = member.split("/");
    if (flaws.timersRepeat === true) timers.set(armed, now + 1_000);
    else timers.delete(armed);
    const run = memory.runs.get(runId);
    if (run?.fields.get("status") !== "running") continue;
    if ((run.snapshots.get(actor)?.fenced ?? null) !== null) continue;
    const approval = /^approval:(.*)$/s.exec(id)?.[1];
    const mail =
      approval === undefined
        ? JSON.stringify({ id: `timer:${id}:${by}`, timer: id, armedBy: Number(by) })
        : expire(run, approval, now);
    if (mail === null) continue;
    actorNamed(run, actor).mailbox.push(mail);
    ready.set(member, now);
    ring(tag, `${runId}/${actor}`);
    if (!run.fields.has("hold")) wake.push(member);
  }
  return wake;
}
