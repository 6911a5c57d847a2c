/**
 * Reads from outside what the oracle judges: a run's rows in Redis, its files, what its model was asked; and of the
 * whole arena, what its processes said and whether one was left behind. Reads by hand, not by the code under test; only the fold
 * of the log is the product's own.
 */
import { readFileSync } from "node:fs";
import { replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { isAlive, type ProcessIdentity } from "../../infra/redis/process-identity.ts";
import type { RawEntry } from "../../infra/redis/reader.ts";
import { processesOf } from "../support/swarm-cli.ts";
import { eventsOf } from "../support/swarm-store.ts";
import type { Arena } from "./arena.ts";
import type { RunFacts, TranscriptEntry } from "./oracle.ts";
import { fileIn, type Play } from "./reference-run.ts";

export async function factsOf(arena: Arena, run: string, play: Play, forgetful = false): Promise<RunFacts> {
  const { reader, workspace, requests } = arena;
  const [row, entries, budget, transcripts] = await Promise.all([
    reader.run(run),
    logOf(arena, run),
    reader.budget(run),
    transcriptsOf(arena, run),
  ]);
  const { written } = play;
  return {
    run,
    forgetful,
    row: { ...row?.fields, ...(row?.fields.hold === undefined ? {} : { status: `parked: ${row.fields.hold}` }) },
    events: eventsOf(entries),
    replayed: await replayed(arena, run, Number(row?.fields.seq ?? 0)),
    witness: linesIn(fileIn(workspace, play.witness)),
    lines: play.lines,
    written: written && { path: written.path, wanted: written.content, found: fileIn(workspace, written.path) },
    transcripts,
    asked: requests.filter(({ key }) => key === play.key).map(({ turn }) => turn),
    budget,
    leftovers: await leftoversOf(arena, run),
  };
}

export async function logOf({ reader }: Arena, run: string): Promise<RawEntry[]> {
  const entries: RawEntry[] = [];
  for (;;) {
    const batch = await reader.log(run, entries.at(-1)?.firstSeq ?? 0);
    if (batch.length === 0) return entries;
    entries.push(...batch);
  }
}

async function transcriptsOf({ reader }: Arena, run: string): Promise<RunFacts["transcripts"]> {
  const actors = await reader.actors(run);
  const texts = await Promise.all(actors.map(({ actor }) => reader.transcript(run, actor)));
  return Object.fromEntries(
    actors.map(({ actor }, index) => [actor, (texts[index] ?? []).map((text) => JSON.parse(text) as TranscriptEntry)]),
  );
}

/** As `swarm replay` does, in this process: the first difference, or that the log ends before the run does. */
export async function replayed({ reader }: Arena, run: string, lastStored: number): Promise<string | null> {
  const { mismatch, lastSeq } = await replay(entriesOf(reader, run), machines);
  if (mismatch !== null) return JSON.stringify(mismatch).slice(0, 1_000);
  return lastSeq < lastStored ? `the log ends at event ${lastSeq} of ${lastStored}` : null;
}

const linesIn = (text: string | null): string[] => (text ?? "").split("\n").filter((line) => line !== "");

/** What is left in Redis of a run that has ended, apart from what is kept to be read. */
export async function leftoversOf({ redis, keys, reader }: Arena, run: string): Promise<string[]> {
  const shard = keys.shard(keys.shardOf(run));
  const found: string[] = [];
  for (const list of ["ready", "stranded", "timers"] as const) {
    const members = (await redis.zrange(shard[list], 0, -1)).filter((member) => member.startsWith(`${run}/`));
    found.push(...members.map((member) => `${member} in ${list}`));
  }
  const letters = (await redis.xrange(shard.dead, "-", "+")).filter(([, flat]) => flat.join(" ").includes(`${run}/`));
  found.push(...letters.map(([, flat]) => `a dead letter: ${flat.join(" ").slice(0, 500)}`));
  for (const { actor, mail } of await reader.actors(run)) {
    const pending = await redis.hgetall(keys.actor(run, actor).pending);
    found.push(...Object.entries(pending).map(([id, text]) => `${actor} has ${id} pending: ${text.slice(0, 200)}`));
    if (mail > 0) found.push(`${actor} has ${mail} messages`);
  }
  return found;
}

/** Processes of the arena's swarm that live, apart from its workers and the commands that were typed. */
export function orphansOf({ swarm, workers, commandPids }: Arena): ProcessIdentity[] {
  const known = new Set([...commandPids, ...workers.map(({ identity }) => identity.pid)]);
  return processesOf(swarm.home).filter((identity) => !known.has(identity.pid) && isAlive(identity));
}

/** In words, with what each of them is and waits for: nobody can ask it any more when the report is read. */
export function orphanWords(arena: Arena): string[] {
  return orphansOf(arena).map(({ pid }) => {
    const said = ["cmdline", "wchan", "status"].map((name) => {
      try {
        return readFileSync(`/proc/${pid}/${name}`, "utf8");
      } catch {
        return "";
      }
    });
    const [command = "", wait = "", status = ""] = said;
    const parent = /^PPid:\s*(\d+)/m.exec(status)?.[1] ?? "?";
    const state = /^State:\s*(\S)/m.exec(status)?.[1] ?? "?";
    return `left running: process ${pid} (${state}, parent ${parent}, in ${wait || "?"}): ${command.replaceAll("\0", " ").slice(0, 300)}`;
  });
}

/** Exit code of a worker that found no Redis when it started, and said so. */
const REDIS_UNREACHABLE = 7;

/** Workers that ended by themselves, and words that no worker may say. */
export function workerViolations({ workers }: Arena): string[] {
  return workers.flatMap(({ identity, killed, ready, exitCode, command }, index) => {
    const name = `worker ${index + 1} (pid ${identity.pid})`;
    const said = wordsOf(`${command.stdout()}\n${command.stderr()}`).map((line) => `${name} said: ${line}`);
    const refused = !ready && exitCode === REDIS_UNREACHABLE;
    if (killed || refused || isAlive(identity)) return said;
    return [
      `${name} ended by itself (${exitCode}): ${command.stdout().slice(-600)}${command.stderr().slice(-600)}`,
      ...said,
    ];
  });
}

const FORBIDDEN = /unhandled|uncaught|"level":60|FATAL ERROR|TypeError|ReferenceError|RangeError|MaxListenersExceeded/i;
/** A worker that says more than this in one arena turns in a circle. In lines. */
const LINES_MAX = 20_000;

export function wordsOf(text: string): string[] {
  const lines = text.split("\n");
  const bad = lines.filter((line) => FORBIDDEN.test(line)).slice(0, 5);
  if (lines.length > LINES_MAX) bad.push(`${lines.length} lines, the last: ${lines.at(-2)?.slice(0, 300)}`);
  return bad.map((line) => line.slice(0, 600));
}
