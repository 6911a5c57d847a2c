/** `swarm archive`: ended runs as files of JSON lines. Nothing is deleted by it; that is the retention's business. */
import { resolve } from "node:path";
import { archiveRun } from "../../../infra/archive/archive-run.ts";
import { readArchive } from "../../../infra/archive/read-archive.ts";
import { archiveDir } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { retentionOf } from "../../../infra/redis/retention.ts";
import { type Hive, openHive } from "../hive.ts";
import { printJson, printTable } from "../print.ts";

/** Runs that one call archives, at most. */
const RUNS_MAX = 100_000;

export async function act(ids: readonly string[], flags: Record<string, unknown>): Promise<number> {
  if ((ids.length === 0) === (flags.allEnded !== true)) {
    throw new SwarmError("usage.archive", "name the runs to archive, or say --all-ended; not both", {
      exit: 2,
      hint: "`swarm ps` lists the runs.",
    });
  }
  const hive = await openHive();
  try {
    const dir = typeof flags.dir === "string" ? resolve(flags.dir) : archiveDir(hive.config);
    const archived: { runId: string; file: string; did: string }[] = [];
    for (const run of await runsOf(hive, ids)) {
      const { did, file } = await archiveRun(hive.redis, hive.keys, run, dir);
      // Where Redis has nothing left to compare with, the file itself must be whole.
      if (did === "erased_before") await readArchive(file);
      archived.push({ runId: run, file, did });
    }
    if (flags.json === true) printJson({ v: 1, archived });
    else
      printTable(
        ["RUN", "FILE", ""],
        archived.map(({ runId, file, did }) => [runId, file, WORDS[did] ?? did]),
        "no run has ended",
      );
    return 0;
  } finally {
    hive.close();
  }
}

const WORDS: Readonly<Record<string, string>> = {
  written: "written",
  same: "was archived already",
  erased_before: "was archived already, and has left Redis",
};

async function runsOf(hive: Hive, ids: readonly string[]): Promise<string[]> {
  if (ids.length > 0) return Promise.all(ids.map((id) => hive.reader.resolve(id)));
  const due = await retentionOf(hive.redis, hive.keys).due(0, RUNS_MAX);
  return due.flatMap(({ runs }) => runs);
}
