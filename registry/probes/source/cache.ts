/**
 * One pass for everyone who asks at the same time or soon after: explore agents of all twelve primitives share it.
 * A workspace is parsed again as soon as any of its files changed in size or time; a pass is abandoned only when
 * nobody waits for it any more.
 */
import type { Box } from "../../box.ts";
import { type Listing, listSources, readWorkspace, type Workspace } from "./workspace.ts";

/** Workspaces held at once, and source characters held by them together. */
const workspacesMax = 3;
const charsMax = 120_000_000;

interface Pass {
  readonly fingerprint: string;
  readonly result: Promise<Workspace>;
  readonly stop: AbortController;
  waiting: number;
  settled?: Workspace;
}

export interface WorkspaceCache {
  /** The facts of the workspace as it is now. @throws the signal's reason when it is aborted. */
  readonly open: (box: Box, signal: AbortSignal) => Promise<Workspace>;
  /** Passes made so far. */
  readonly passes: () => number;
}

export function createWorkspaceCache(): WorkspaceCache {
  const passes = new Map<string, Pass>();
  let made = 0;

  const start = (box: Box, listing: Listing, fingerprint: string): Pass => {
    const stop = new AbortController();
    made += 1;
    const pass: Pass = { fingerprint, stop, waiting: 0, result: readWorkspace(box, listing, stop.signal) };
    pass.result.then(
      (workspace) => {
        pass.settled = workspace;
        evict(passes);
      },
      // The waiters see the failure; a failed pass must not be handed to the next one.
      () => {
        if (passes.get(box.root) === pass) passes.delete(box.root);
      },
    );
    return pass;
  };

  return {
    passes: () => made,
    open: async (box, signal) => {
      signal.throwIfAborted();
      const listing = await listSources(box, signal);
      const fingerprint = listing.entries
        .map(({ path, bytes, modifiedAtMs }) => `${path}\0${bytes}\0${modifiedAtMs}`)
        .join("\n");
      const known = passes.get(box.root);
      const pass =
        known?.fingerprint === fingerprint && !known.stop.signal.aborted ? known : start(box, listing, fingerprint);
      // Most recently used last: the first of the map is evicted first.
      passes.delete(box.root);
      passes.set(box.root, pass);
      return join(pass, signal);
    },
  };
}

async function join(pass: Pass, signal: AbortSignal): Promise<Workspace> {
  pass.waiting += 1;
  let leave = (): void => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([pass.result, left]);
  } finally {
    signal.removeEventListener("abort", leave);
    pass.waiting -= 1;
    if (pass.waiting === 0 && pass.settled === undefined) pass.stop.abort();
  }
}

function evict(passes: Map<string, Pass>): void {
  const chars = () => [...passes.values()].reduce((sum, { settled }) => sum + (settled?.chars ?? 0), 0);
  while (passes.size > 1 && (passes.size > workspacesMax || chars() > charsMax)) {
    const idle = [...passes].find(([, { settled }]) => settled !== undefined);
    if (!idle) return;
    passes.delete(idle[0]);
  }
}
