/**
 * Whether something that is remembered is still true, looked at again in the world at the moment it is to be told. What
 * its source does not bear out any more is forgotten; what cannot be looked at from here is only not told.
 */
import type { Store } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import type { ForgottenReason, MemoryItem, MemorySource } from "../../../machines/memory-item.ts";
import type { Box } from "../../../registry/box.ts";
import { quoteStands } from "../../../registry/quote.ts";
import { isBoxRefusal } from "../../../registry/refusal.ts";

export interface Looking {
  /** Where the agent works: what it is told has to be true there. */
  readonly here: Box;
  /**
   * The folder that the work is for. What is gone from there is forgotten; in a tree of a run's own a line may be missing
   * that never leaves the workspace.
   */
  readonly origin: Box;
  /** Of both, below the top of the workspace. */
  readonly below: string;
  readonly results: Store["results"];
  readonly nowMs: number;
}

export type Verdict =
  | { readonly holds: true }
  /** `forget` null: it may well be true, and is not told here. */
  | { readonly holds: false; readonly forget: ForgottenReason | null; readonly why: string };

export async function lookedAt(item: MemoryItem, looking: Looking): Promise<Verdict> {
  if (isExpired(item, looking.nowMs)) {
    return { holds: false, forget: "expired", why: `it was kept until ${item.expiresAt}` };
  }
  const { source } = item;
  switch (source.kind) {
    case "file":
      return ofFile(source, looking);
    case "result":
      return ofResult(source, looking);
    case "person":
    case "agent":
      return { holds: true };
  }
}

const isExpired = ({ expiresAt }: MemoryItem, nowMs: number): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= nowMs;

async function ofFile(source: Extract<MemorySource, { kind: "file" }>, looking: Looking): Promise<Verdict> {
  const path = belowOf(source.path, looking.below);
  if (path === null) return unseen("it is about a file outside of the folder that this run is for");
  const there = await standsIn(looking.origin, { ...source, path });
  if (!there.holds || looking.here === looking.origin) return there;
  const here = await standsIn(looking.here, { ...source, path });
  return here.holds ? here : unseen(here.why);
}

const unseen = (why: string): Verdict => ({ holds: false, forget: null, why });

/** From the folder that a run is for; null where it does not lie in it. */
function belowOf(path: string, below: string): string | null {
  if (below === "") return path;
  return path.startsWith(`${below}/`) ? path.slice(below.length + 1) : null;
}

async function standsIn(
  box: Box,
  { path, line, quote }: { readonly path: string; readonly line: number; readonly quote: string },
): Promise<Verdict> {
  try {
    await box.read(path, { bytesMax: 1 });
  } catch (cause) {
    if (!isBoxRefusal(cause)) throw cause;
    // Closed by rules or by the system: nobody knows what it says.
    if (cause.code === "box.protected" || cause.code === "box.unreadable") return unseen(cause.message);
    return { holds: false, forget: "source-changed", why: cause.message };
  }
  const verdict = await quoteStands(box, { path, line, quote });
  return verdict.holds ? verdict : { holds: false, forget: "source-changed", why: verdict.why };
}

/** A run that has left Redis can take nothing back any more: its results stand as they stood. */
async function ofResult({ id, run }: Extract<MemorySource, { kind: "result" }>, looking: Looking): Promise<Verdict> {
  const text = (await looking.results(run, [id])).get(id);
  if (text === undefined) return { holds: true };
  const { status } = envelopeSchema.parse(JSON.parse(text));
  if (status === "verified") return { holds: true };
  return { holds: false, forget: "source-changed", why: `result ${id} is ${status}` };
}
