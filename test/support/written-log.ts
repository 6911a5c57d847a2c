/** Long runs in a real Redis, without anybody who ran them: events written as the log holds them, and agents copied from one that really ran. */
import type { Redis } from "ioredis";
import { readEntry } from "../../actors/runtime/run-log.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import type { RawEntry, Reader } from "../../infra/redis/reader.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";

interface Place {
  readonly redis: Redis;
  readonly keys: Keys;
}

/** Events of one notice, and commands that are sent in one go. */
const ENTRY_EVENTS = 500;
const AT_ONCE = 1_000;

/** Behind what the run has told already, from `events` on as they are numbered; each stretch of one actor's is one entry. */
export async function writeEvents({ redis, keys }: Place, run: string, events: readonly LoggedEvent[]): Promise<void> {
  const ofRun = keys.run(run);
  let pipeline = redis.pipeline();
  let stretch: LoggedEvent[] = [];
  const flush = async (end: boolean): Promise<void> => {
    const [first] = stretch;
    if (first !== undefined) {
      const told = stretch.map(({ v: _v, seq: _s, at: _a, run: _r, actor: _w, ...event }) => event);
      const type = first.actor === "a_coordinator" ? "coordinator" : "explore";
      const body = JSON.stringify({ v: 1, events: told });
      pipeline.xadd(
        ofRun.log,
        `${first.seq}-0`,
        "t",
        Date.parse(first.at),
        "a",
        `${run}/${first.actor}/${type}`,
        "b",
        body,
      );
      stretch = [];
    }
    if (pipeline.length < AT_ONCE && !end) return;
    const sent = pipeline;
    pipeline = redis.pipeline();
    check(await sent.exec());
  };
  for (const event of events) {
    if (stretch.length === ENTRY_EVENTS || (stretch[0] !== undefined && stretch[0].actor !== event.actor))
      await flush(false);
    stretch.push(event);
  }
  await flush(true);
  await redis.hset(ofRun.run, "seq", String(events.at(-1)?.seq ?? 0));
}

/** Agents `a_copy_0` … as `like` is, each with its own log entries, snapshot and mail. Answers the number of the newest event. */
export async function copyAgent(
  { redis, keys, reader }: Place & { readonly reader: Pick<Reader, "log"> },
  run: string,
  like: string,
  count: number,
): Promise<number> {
  const entries: RawEntry[] = [];
  let last = 0;
  for (let batch = await reader.log(run, 0); batch.length > 0; batch = await reader.log(run, last)) {
    for (const raw of batch) {
      last = raw.firstSeq + Math.max(0, readEntry(raw).events.length - 1);
      if (raw.member.split("/")[1] === like) entries.push(raw);
    }
  }
  const lengths = entries.map((raw) => readEntry(raw).events.length);
  const ofRun = keys.run(run);
  const row = (await redis.hget(ofRun.actors, like)) ?? "{}";
  const sources = Object.entries(keys.actor(run, like));
  const atMs = entries.at(-1)?.atMs ?? 0;
  let seq = last + 1;
  for (let from = 0; from < count; from += 100) {
    const pipeline = redis.pipeline();
    for (let index = from; index < Math.min(count, from + 100); index++) {
      const name = `a_copy_${index}`;
      pipeline.hset(ofRun.actors, name, row);
      for (const [noun, key] of sources) pipeline.copy(key, keys.actor(run, name)[noun as "snapshot"]);
      const routed = { type: "task.routed", task: `copy-${index}`, agentType: "explore", to: name, reason: "copied" };
      const notice = JSON.stringify({ v: 1, events: [routed] });
      pipeline.xadd(ofRun.log, `${seq}-0`, "t", atMs + seq, "a", `${run}/a_coordinator/coordinator`, "b", notice);
      seq += 1;
      entries.forEach((raw, at) => {
        const own = (text: string): string =>
          text.replaceAll(`${run}/${like}/`, `${run}/${name}/`).replaceAll(`"${like}"`, `"${name}"`);
        const grants = raw.grants === null ? [] : ["g", own(raw.grants)];
        pipeline.xadd(ofRun.log, `${seq}-0`, "t", atMs + seq, "a", own(raw.member), "b", own(raw.body), ...grants);
        seq += lengths[at] ?? 1;
      });
    }
    check(await pipeline.exec());
  }
  await redis.hset(ofRun.run, "seq", String(seq - 1));
  return seq - 1;
}

function check(answers: readonly (readonly [Error | null, unknown])[] | null): void {
  const failed = answers?.find(([cause]) => cause !== null)?.[0];
  if (failed != null) throw failed;
}
