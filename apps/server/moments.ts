/**
 * One actor at any moment of its run, as often as somebody moves a slider: its own entries alone are read, and a fold is
 * picked up at the nearest place that an earlier one has left. Long folds let others have their turn.
 */
import { setImmediate as others } from "node:timers/promises";
import { type ActorAt, type ActorPlace, NOWHERE, nextPlace } from "../../actors/runtime/actor-at.ts";
import { readEntry, UnreadableEntryError } from "../../actors/runtime/run-log.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import type { Machines } from "../../machines/catalogue.ts";
import type { RunView, RunViews } from "./run-view.ts";

export interface Moments {
  /** After its last step that had begun by event `seq`; null where the run has no such actor. Throws UnreadableEntryError. */
  at(run: string, actor: string, seq: number): Promise<ActorAt | null>;
}

/** Steps between two places that are kept: what another look costs at most. */
const PLACE_EVERY = 100;
/** Places that are kept, over all actors; that of a coordinator of a thousand tasks is a megabyte. */
const PLACES_MAX = 64;
/** Entries that are read in one go, and milliseconds of folding after which others have their turn. */
const READ_AT_ONCE = 50;
const TURN_MS = 15;

/** `placeEvery`: steps between two places. */
export function actorMoments(
  reader: Pick<Reader, "log">,
  machines: Machines,
  views: RunViews,
  placeEvery = PLACE_EVERY,
): Moments {
  /** By run, actor and the number of entries folded; the one used last stands last. */
  const places = new Map<string, ActorPlace>();
  const keep = (name: string, place: ActorPlace): void => {
    places.delete(name);
    places.set(name, place);
    for (const oldest of places.keys()) if (places.size > PLACES_MAX) places.delete(oldest);
  };
  return {
    async at(run, actor, seq) {
      const own = (await viewUpTo(views, run, seq))?.agents.get(actor)?.entries;
      if (own === undefined) return null;
      const to = own.findLastIndex(({ firstSeq, base }) => base || firstSeq <= seq) + 1;
      let done = to;
      const name = (count: number): string => `${run} ${actor} ${count}`;
      while (done > 0 && !places.has(name(done))) done -= 1;
      let place = places.get(name(done)) ?? NOWHERE;
      if (done > 0) keep(name(done), place);
      let turnMs = performance.now();
      while (done < to && place.told.problem === null) {
        const some = own.slice(done, Math.min(to, done + READ_AT_ONCE));
        const entries = await Promise.all(some.map(({ firstSeq }) => reader.log(run, firstSeq - 1, 1)));
        for (const [raw] of entries) {
          if (raw === undefined || place.told.problem !== null) break;
          place = nextPlace(place, machines, readEntry(raw));
          done += 1;
          if (done % placeEvery === 0 || done === to) keep(name(done), place);
          if (performance.now() - turnMs < TURN_MS) continue;
          await others();
          turnMs = performance.now();
        }
        if (entries.some(([raw]) => raw === undefined)) break;
      }
      return place.told;
    },
  };
}

/** A log that is damaged further on tells what stands before that. */
async function viewUpTo(views: RunViews, run: string, seq: number): Promise<RunView | null> {
  try {
    return await views.of(run);
  } catch (cause) {
    if (!(cause instanceof UnreadableEntryError) || seq >= cause.seq) throw cause;
    return views.read(run);
  }
}
