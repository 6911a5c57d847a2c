/**
 * A reader that goes to the archive where Redis has only the stub of a run left. Lists of runs are never worth opening
 * a file; what a single run is asked for is.
 */
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import type { Keys } from "../redis/keys.ts";
import type { Reader } from "../redis/reader.ts";
import { type Stub, stubOf } from "../redis/stub.ts";
import { openArchiveReader } from "./archive-reader.ts";

/** Archives that are kept open, at most. */
const OPEN_MAX = 4;

/**
 * Throws SwarmError `archive.*` where a run is asked for whose archive cannot be read. If its file is not on this host,
 * `run` and `budget` still answer from the stub.
 */
export function withArchives(reader: Reader, redis: Redis, keys: Keys): Reader {
  const stubNow = async (run: string): Promise<Stub | null> => {
    const stub = await redis.hget(keys.run(run).run, "stub");
    return stub === null ? null : stubOf({ stub });
  };
  const archive = openArchives();
  /** Redis is asked first and the stub looked for afterwards: an erasure under way is never taken for an empty run. */
  const asked = async <Answer>(run: string, ask: (reader: Reader) => Promise<Answer>): Promise<Answer> => {
    const answer = await ask(reader);
    const stub = await stubNow(run);
    return stub === null ? answer : ask(await archive(run, stub));
  };
  /** The same, with something to say where the file is missing; a damaged one is refused all the same. */
  const askedOr = async <Answer>(run: string, ask: (reader: Reader) => Promise<Answer>, or: (stub: Stub) => Answer) => {
    const answer = await ask(reader);
    const stub = await stubNow(run);
    if (stub === null) return answer;
    try {
      return await ask(await archive(run, stub));
    } catch (cause) {
      if (cause instanceof SwarmError && cause.code === "archive.missing") return or(stub);
      throw cause;
    }
  };
  // Each method by name: one that was added to the interface must not fall through to an erased run.
  return {
    runs: () => reader.runs(),
    resolve: (id) => reader.resolve(id),
    stranded: (run) => reader.stranded(run),
    close: () => reader.close(),
    async run(run) {
      const summary = await reader.run(run);
      return askedOr(
        run,
        (one) => one.run(run),
        () => summary,
      );
    },
    budget: (run) =>
      askedOr(
        run,
        (one) => one.budget(run),
        ({ usage }) => usage,
      ),
    async agentCount(run) {
      const count = await reader.agentCount(run);
      return (await stubNow(run))?.agents ?? count;
    },
    async updatedAt(run) {
      const at = await reader.updatedAt(run);
      const [endedAt, stub] = await redis.hmget(keys.run(run).run, "endedAt", "stub");
      return stub == null ? at : new Date(Number(endedAt)).toISOString();
    },
    actors: (run) => asked(run, (one) => one.actors(run)),
    rows: (run, actor, map) => asked(run, (one) => one.rows(run, actor, map)),
    results: (run) => asked(run, (one) => one.results(run)),
    transcript: (run, actor) => asked(run, (one) => one.transcript(run, actor)),
    session: (run, actor) => asked(run, (one) => one.session(run, actor)),
    briefs: (run) => asked(run, (one) => one.briefs(run)),
    approvals: (run) => asked(run, (one) => one.approvals(run)),
    grants: (run) => asked(run, (one) => one.grants(run)),
    blobs: (run) => asked(run, (one) => one.blobs(run)),
    runIds: () => reader.runIds(),
    audit: (run, range) => asked(run, (one) => one.audit(run, range)),
    said: (run, actor, places) => asked(run, (one) => one.said(run, actor, places)),
    log: (run, afterSeq, max) => asked(run, (one) => one.log(run, afterSeq, max)),
    follow: (run, afterSeq, blockMs) => asked(run, (one) => one.follow(run, afterSeq, blockMs)),
  };
}

/** Whoever goes through all runs holds a few archives at a time, never all of them. */
function openArchives(): (run: string, stub: Stub) => Promise<Reader> {
  const opened = new Map<string, Promise<Reader>>();
  return (run, { archive: file, host }) => {
    const known = opened.get(file);
    if (known !== undefined) return known;
    const opening = openArchiveReader(file).catch((cause: unknown) => {
      throw elsewhere(cause, run, host);
    });
    opened.set(file, opening);
    const [oldest] = opened.size > OPEN_MAX ? opened.keys() : [];
    if (oldest !== undefined) opened.delete(oldest);
    return opening;
  };
}

function elsewhere(cause: unknown, run: string, host: string): unknown {
  if (!(cause instanceof SwarmError) || cause.code !== "archive.missing") return cause;
  return new SwarmError(cause.code, `run ${run} was archived, and ${cause.message}`, {
    exit: 2,
    cause,
    hint: `It was archived on host ${host}: ask there, or copy the file to that path. \`swarm ps\` knows how the run ended.`,
  });
}
