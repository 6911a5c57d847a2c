/**
 * Takes a verified result back. A run that goes on is asked to, by word to its coordinator: it alone knows what stands on it
 * and what is done again. Of a run that is over the results themselves say so, this one and all that stand on it.
 */
import type { EndedRevocations } from "../../infra/redis/ended-revocations.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE, type Store } from "../../infra/store.ts";
import { type Envelope, envelopeSchema } from "../../machines/brief.ts";
import type { OutsideMessage } from "../../machines/effect.ts";

export interface RevokeDeps {
  readonly store: Pick<Store, "send">;
  readonly reader: Pick<Reader, "run" | "results">;
  readonly ended: EndedRevocations;
}

export interface RevokeOrder {
  readonly run: string;
  readonly result: string;
  readonly reason: string;
  readonly by: string;
  /** Whether it is done again; nothing is in a run that is over. */
  readonly redo: boolean;
}

export type RevokeOutcome =
  /** The coordinator has the word; `asked_before`: it had it already, and nothing was sent. */
  | { readonly kind: "asked" | "asked_before" }
  /** Of a run that is over: the root first. */
  | { readonly kind: "revoked"; readonly results: readonly { readonly result: string; readonly task: string }[] }
  | { readonly kind: "already"; readonly revoked: NonNullable<Envelope["revoked"]> }
  | { readonly kind: "not_verified"; readonly status: Envelope["status"] }
  /** `archived`: it lies in a file that nobody changes. `full`: the run takes no more messages. */
  | { readonly kind: "unknown" | "archived" | "no_run" | "full" };

/** Throws StoreError; asked again, it does nothing twice. */
export async function revokeResult(deps: RevokeDeps, order: RevokeOrder): Promise<RevokeOutcome> {
  const { run, result } = order;
  const row = await deps.reader.run(run);
  if (row === null) return { kind: "no_run" };
  const envelopes = Object.values(await deps.reader.results(run)).map((text) => envelopeSchema.parse(JSON.parse(text)));
  const root = envelopes.find(({ id }) => id === result);
  if (root === undefined) return { kind: "unknown" };
  if (root.revoked !== undefined) return { kind: "already", revoked: root.revoked };
  if (root.status !== "verified") return { kind: "not_verified", status: root.status };
  if (row.fields.status === "running") {
    const asked = await ask(deps.store, order);
    if (asked !== null) return asked;
  }
  return revokeEnded(deps.ended, order, envelopes);
}

/** Null where the run has ended meanwhile. */
async function ask(store: RevokeDeps["store"], order: RevokeOrder): Promise<RevokeOutcome | null> {
  const { run, result, reason, by, redo } = order;
  const event: OutsideMessage = { type: "result.revoke", result, reason, by, redo };
  const coordinator = { run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE };
  const sent = await store.send(coordinator, { id: `revoke:${result}`, event });
  switch (sent.kind) {
    case "sent":
      return { kind: "asked" };
    case "again":
      return { kind: "asked_before" };
    case "ended":
      return null;
    case "full":
    case "no_run":
      return { kind: sent.kind };
  }
}

async function revokeEnded(
  ended: EndedRevocations,
  { run, result, reason, by }: RevokeOrder,
  envelopes: readonly Envelope[],
): Promise<RevokeOutcome> {
  const falling = standingOn(result, envelopes);
  const why = (id: string): string => (id === result ? reason : `it stands on ${result}: ${reason}`);
  const did = await ended.revoke(
    run,
    falling.map(({ id }) => ({ result: id, reason: why(id) })),
    by,
  );
  // "running": the row was read before its end, and the word came after it; the run has not begun again.
  if (did.kind === "running") return { kind: "asked_before" };
  if (did.kind !== "revoked") return { kind: did.kind };
  const fallen = new Set(did.results);
  return {
    kind: "revoked",
    results: falling.flatMap(({ id, task }) => (fallen.has(id) ? [{ result: id, task }] : [])),
  };
}

/** The result and all that was built on it, directly or not, the root first. Pure. */
function standingOn<Built extends Pick<Envelope, "id" | "standsOn">>(
  result: string,
  envelopes: readonly Built[],
): readonly Built[] {
  const falling = new Set([result]);
  for (let grown = -1; grown !== falling.size; ) {
    grown = falling.size;
    for (const { id, standsOn } of envelopes) if (standsOn.some((one) => falling.has(one))) falling.add(id);
  }
  const root = envelopes.filter(({ id }) => id === result);
  return [...root, ...envelopes.filter(({ id }) => id !== result && falling.has(id))];
}
