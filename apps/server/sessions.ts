/**
 * Who was let in: a link that works once makes a session, and a session is a random number in a cookie. Only hashes are
 * kept, in a file of the data folder, so that a browser stays let in when the server starts anew and a thief of the file is not.
 */
import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { newSecret, sha256, shortHash } from "../../infra/ids.ts";

/** Milliseconds after which a link that nobody opened is dead. */
export const LINK_MS = 60 * 60_000;
/** Milliseconds without a request after which a session is over, and at most however busy it is. */
export const IDLE_MS = 12 * 60 * 60_000;
export const SESSION_MS = 7 * 24 * 60 * 60_000;
/** Sessions and links at once; the oldest make room. */
const SESSIONS_MAX = 64;
const LINKS_MAX = 16;
/** A session's last use is written down once in so many milliseconds, not with every request. */
const WRITE_EVERY_MS = 60_000;

export interface Sessions {
  /** Of the cookie: other servers on this host have other names, because cookies do not know ports. */
  readonly cookie: string;
  /** A token for a link that lets one browser in, once; `token`: another one that is as hard to guess. */
  link(token?: string): string;
  /** Id of the new session; null where the token is wrong, used or too old. */
  open(token: string): Promise<string | null>;
  knows(id: string): boolean;
  /** Resolves once all is written. */
  settle(): Promise<void>;
}

const fileSchema = z.object({
  v: z.literal(1),
  instance: z.string().regex(/^[0-9a-f]{8}$/),
  sessions: z
    .array(z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/), bornMs: z.number(), seenMs: z.number() }))
    .max(SESSIONS_MAX),
});

type Kept = z.infer<typeof fileSchema>;

/** A file that cannot be read is begun anew: everybody has to be let in again. `nowMs` is a clock of the day. */
export function openSessions(file: string, nowMs: () => number): Sessions {
  const { instance, sessions } = keptIn(file);
  const known = new Map(sessions.map(({ hash, ...times }) => [hash, { ...times }]));
  const links = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();
  let writtenMs = Number.NEGATIVE_INFINITY;
  const write = (): Promise<void> => {
    writtenMs = nowMs();
    const kept: Kept = { v: 1, instance, sessions: [...known].map(([hash, times]) => ({ hash, ...times })) };
    writing = writing.then(() => writeWhole(file, JSON.stringify(kept)));
    return writing;
  };
  return {
    cookie: `swarm_${instance}`,
    link(token = newSecret()) {
      links.set(sha256(token), nowMs());
      trim(links, LINKS_MAX);
      return token;
    },
    async open(token) {
      const hash = sha256(token);
      const madeMs = links.get(hash);
      links.delete(hash);
      if (madeMs === undefined || nowMs() - madeMs > LINK_MS) return null;
      const id = newSecret();
      known.set(sha256(id), { bornMs: nowMs(), seenMs: nowMs() });
      trim(known, SESSIONS_MAX);
      await write();
      return id;
    },
    knows(id) {
      const hash = sha256(id);
      const times = known.get(hash);
      if (times === undefined) return false;
      const now = nowMs();
      if (now - times.seenMs > IDLE_MS || now - times.bornMs > SESSION_MS) {
        known.delete(hash);
        return false;
      }
      times.seenMs = now;
      // Lost, it costs a browser some minutes of its idle time; the next request writes it again.
      if (now - writtenMs > WRITE_EVERY_MS) write().catch(() => {});
      return true;
    },
    settle: () => write(),
  };
}

/** Whatever they are called, and however long they are: the time that it takes tells nothing. */
export const sameSecret = (given: string, secret: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(secret)));

function keptIn(file: string): Kept {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return { v: 1, instance: shortHash(newSecret()).slice(0, 8), sessions: [] };
  }
}

/** The first that were put in go first. */
function trim(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${newSecret()}`;
  await writeFile(draft, text, { mode: 0o600, flag: "wx" });
  await rename(draft, file);
}
