/** How it lies in an actor's snapshot that its claim is over: `lost.lua` writes it. */

/** Of a snapshot's fields: "epoch event taker version". */
export const LOST = "lost";

const FORM = /^(\d+) (\d+) (\d+) (\d+)$/;

/** The latest claim of which it is known that it is over; 0: none. */
export const notedIn = (lost: string | null): number => Number(FORM.exec(lost ?? "")?.[1] ?? 0);

/** The event that told of the death of whoever holds the actor still; null where somebody is, or was, at it since. */
export function lostSeq(lost: string | null, epoch: string | null, version: number): number | null {
  const [, died, event, taker, at] = FORM.exec(lost ?? "") ?? [];
  const isBody = died === epoch && taker === "0" && Number(at) === version;
  return isBody && event !== "0" ? Number(event) : null;
}
