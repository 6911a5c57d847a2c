/** What is left of the dead, and LOST in memory: see `infra/redis/scripts/lost.lua`. */
import { memberOf } from "../../../infra/store.ts";
import type { Death, DeathAnswer, Remains } from "../../../infra/store-deaths.ts";
import type { Inside } from "./inside.ts";

export function remains({ memory }: Inside, id: string, actors: readonly string[]): Remains | null {
  const run = memory.runs.get(id);
  if (run === undefined) return null;
  return {
    status: run.fields.get("status") ?? "",
    seq: Number(run.fields.get("seq")),
    budget: Object.fromEntries(run.budget),
    actors: actors.flatMap((actor) => {
      const stored = run.snapshots.get(actor);
      if (stored === undefined || (stored.epoch === 0 && stored.version === 0)) return [];
      const { epoch, nonce, version, last, core, fenced, dead, lost } = stored;
      return [
        {
          ...{ actor, epoch, nonce: nonce ?? "", version, core },
          stepSeq: last?.firstSeq ?? 0,
          pending: [...stored.pending].map(([effect, { json, grant, held }]) => ({
            ...{ id: effect, json, grant },
            held: held !== null,
          })),
          over: fenced !== null || dead !== null,
          noted: lost?.died ?? 0,
        },
      ];
    }),
  };
}

export function noteDeath(inside: Inside, { address, fence, version, died, event, takenBy }: Death): DeathAnswer {
  const run = inside.memory.runs.get(address.run);
  const status = run?.fields.get("status");
  if (run === undefined || status === undefined) return { kind: "no_run" };
  if (status !== "running") return { kind: "ended", status };
  const actor = run.snapshots.get(address.actor);
  if (actor === undefined || actor.fenced !== null || actor.dead !== null) return { kind: "moved" };
  if (actor.epoch !== fence.epoch || actor.nonce !== fence.nonce || actor.version !== version) return { kind: "moved" };
  const told = actor.quarantined === died ? { died, seq: 0, taker: died } : actor.lost;
  const known = told?.died === died ? told : null;
  if (known !== null && (known.taker !== 0 || takenBy === null)) return { kind: "again", seq: known.seq };
  if (event === null) {
    actor.lost = { died, seq: 0, taker: died };
    return { kind: "noted", seq: 0 };
  }
  const first = Number(run.fields.get("seq")) + 1;
  const lost = known?.seq ?? first;
  const events = [
    ...(known === null ? [JSON.parse(event) as object] : []),
    ...(takenBy === null ? [] : [{ type: "actor.recovered", by: takenBy, lost }]),
  ];
  run.fields.set("seq", String(first + events.length - 1));
  const body = JSON.stringify({ v: 1, events });
  run.log.push({ firstSeq: first, atMs: inside.nowMs(), member: memberOf(address), body, grants: null });
  actor.lost = { died, seq: lost, taker: takenBy === null ? 0 : fence.epoch };
  return { kind: "noted", seq: lost };
}
