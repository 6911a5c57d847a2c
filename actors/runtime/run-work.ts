/** What a run changed in the working tree of its own, and where that went: as its log tells it. */
import type { Reader } from "../../infra/redis/reader.ts";
import { entriesOf } from "./run-log.ts";
import { runConfigSchema } from "./run-row.ts";

export interface RunWork {
  readonly branch: string;
  readonly commit: string;
  readonly files: number;
  /** SHA-256 of the whole difference, kept with the run; null where it was too long, or empty. */
  readonly diff: string | null;
  /** `merged`: it is in the folder that the run is for. `left`: it lies on its branch. `open`: that is not decided yet. */
  readonly where: "merged" | "left" | "open";
  /** Why it was left; "" where it was not. */
  readonly reason: string;
  /** The folder, and the commit that the work began from. */
  readonly source: string;
  readonly base: string;
}

/** Events at a run's end in which it stands; between being collected and merged, somebody may have been asked. */
const LAST_EVENTS = 500;

/** Null where the run has no tree of its own, or nothing in it was collected yet. */
export async function workOf(
  reader: Pick<Reader, "log">,
  run: string,
  fields: Readonly<Record<string, string>>,
): Promise<RunWork | null> {
  // Of a run whose archive is out of reach only a stub is left.
  const { isolation } = runConfigSchema.pick({ isolation: true }).parse(JSON.parse(fields.config ?? "{}"));
  if (isolation === null) return null;
  let work: RunWork | null = null;
  for await (const { events } of entriesOf(reader, run, Math.max(0, Number(fields.seq ?? 0) - LAST_EVENTS))) {
    for (const event of events) {
      if (event.type === "workspace.collected") {
        const { branch, commit, files, diff } = event;
        const { source, base } = isolation;
        work = { branch, commit, files, diff, where: "open", reason: "", source, base };
      } else if (event.type === "workspace.merged" && work !== null) work = { ...(work as RunWork), where: "merged" };
      else if (event.type === "workspace.left" && work !== null)
        work = { ...(work as RunWork), where: "left", reason: event.reason };
    }
  }
  return work;
}
