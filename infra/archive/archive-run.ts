/** Puts an ended run of Redis into its file. Doing it twice is doing it once: a file that is whole and current stays. */
import { join } from "node:path";
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import type { Keys } from "../redis/keys.ts";
import { runItems } from "../redis/run-items.ts";
import { stubOf } from "../redis/stub.ts";
import { VERSION } from "../version.ts";
import { archiveName } from "./format.ts";
import { readArchive } from "./read-archive.ts";
import { writeArchive } from "./write-archive.ts";

export interface ArchiveDone {
  readonly did: "written" | "same" | "erased_before";
  readonly file: string;
  /** Sequence number up to which its log was archived. */
  readonly seq: string;
}

/** Throws SwarmError: `run.unknown`, `run.running` (exit 2), `archive.unwritable`. */
export async function archiveRun(redis: Redis, keys: Keys, run: string, dir: string): Promise<ArchiveDone> {
  const row = await redis.hgetall(keys.run(run).run);
  if (row.status === undefined) throw new SwarmError("run.unknown", `there is no run ${run}`, { exit: 2 });
  const stub = stubOf(row);
  if (stub !== null) return { did: "erased_before", file: stub.archive, seq: stub.seq };
  if (row.status === "running") {
    throw new SwarmError("run.running", `run ${run} has not ended; only ended runs are archived`, {
      exit: 2,
      hint: `End it first: swarm stop ${run} --cancel`,
    });
  }
  const seq = row.seq ?? "0";
  const file = join(dir, archiveName(run));
  if (await isCurrent(file, run, seq)) return { did: "same", file, seq };
  const actors = await redis.hkeys(keys.run(run).actors);
  const machines = await Promise.all(actors.map((actor) => redis.hget(keys.actor(run, actor).snapshot, "machine")));
  await writeArchive(
    dir,
    {
      kind: "archive",
      v: 1,
      statehive: VERSION,
      run,
      machines: [...new Set(machines.filter((machine) => machine !== null))].sort(),
      row,
    },
    runItems(redis, keys, run),
  );
  // Whoever erases next must not be the first to find that it cannot be read.
  await readArchive(file);
  return { did: "written", file, seq };
}

/** A damaged file, or one of an earlier state, is written anew as long as the run itself is there. */
async function isCurrent(file: string, run: string, seq: string): Promise<boolean> {
  try {
    const { header } = await readArchive(file);
    return header.run === run && header.row.seq === seq;
  } catch (cause) {
    if (cause instanceof SwarmError && ["archive.missing", "archive.damaged"].includes(cause.code)) return false;
    throw cause;
  }
}
