/**
 * One server per data dir, ever: the lock is taken by the process that becomes the server and lives exactly as long as
 * it. With flock(1) the kernel keeps it; without, a claim file names its holder by pid, start time and boot.
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findExecutable } from "./find-binary.ts";
import { bootId, isAlive } from "./process-identity.ts";
import { parseRecord, recordPath, recordVersion } from "./server-record.ts";

const run = promisify(execFile);

/** Exit status of the start script when another process holds the lock. */
export const lockTaken = 75;

/** One per start of a server. */
const generationMax = 99_999_999;

const logBytesMax = 1024 * 1024;

export type Lock =
  | { readonly kind: "flock"; readonly flock: string; readonly file: string }
  /** Generation files `redis.lock.<n>`: the highest one counts, a dead one is overtaken, never removed. */
  | { readonly kind: "claim"; readonly file: string };

/**
 * macOS always uses claims, even where a flock(1) was added by hand: two shells with different PATHs must not use two
 * kinds of lock on one data dir.
 */
export async function chooseLock(dataDir: string, searchPath: string): Promise<Lock> {
  const file = join(dataDir, "redis.lock");
  const flock = process.platform === "linux" ? await findExecutable("flock", searchPath) : undefined;
  return flock === undefined ? { kind: "claim", file } : { kind: "flock", flock, file };
}

/** True while a server of this data dir lives or is just being started. */
export async function isHeld(dataDir: string, lock: Lock): Promise<boolean> {
  if (lock.kind === "claim") return (await latestClaim(dataDir)).held;
  try {
    await run("/bin/sh", ["-c", 'exec 9>>"$1" && { "$2" -n 9 || exit 75; }', "sh", lock.file, lock.flock]);
    return false;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === lockTaken) return true;
    throw cause;
  }
}

export interface Launch {
  /** Set once the server, or the script that becomes it, has ended; its status is null after a signal. */
  readonly ended: { readonly status: number | null } | undefined;
  /** The end of what it wrote to its log since it was started. */
  readonly said: () => string;
}

/**
 * Starts the server in a session of its own, so that neither Ctrl-C on this terminal nor the death of this process
 * reaches it. The record is written and a stale socket removed under the lock, before the server is executed.
 */
export async function launch(
  dataDir: string,
  lock: Lock,
  socket: string,
  command: readonly string[],
  searchPath: string,
): Promise<Launch> {
  const claim = lock.kind === "claim" ? await latestClaim(dataDir) : undefined;
  if ((claim?.generation ?? 0) >= generationMax)
    throw new Error(`${lock.file}.${claim?.generation} is not one of ours`);
  if (claim?.held === true) return { ended: { status: lockTaken }, said: () => "" };
  const log = openLog(dataDir);
  const from = fstatSync(log).size;
  const script = lock.kind === "flock" ? underFlock : underClaim;
  const second = lock.kind === "flock" ? lock.flock : String((claim?.generation ?? 0) + 1);
  const first = [lock.file, second, recordPath(dataDir), recordVersion, bootId(), socket];
  const child = spawn("/bin/sh", ["-c", script + writeRecordAndRun, "sh", ...first, ...command], {
    cwd: dataDir,
    detached: true,
    stdio: ["ignore", log, log],
    // A server that lives for days must not carry this shell's secrets around.
    env: { PATH: `${searchPath}:/usr/bin:/bin`, LC_ALL: "C", TZ: "UTC" },
  });
  closeSync(log);
  child.unref();
  const launched: { ended: Launch["ended"]; said: Launch["said"] } = {
    ended: undefined,
    said: () => tail(logPath(dataDir), from),
  };
  child.once("exit", (status) => {
    launched.ended = { status };
  });
  // Without /bin/sh there is no exit either.
  child.once("error", () => {
    launched.ended = { status: 127 };
  });
  return launched;
}

/** Removes claims that a living server has overtaken. */
export async function sweepClaims(dataDir: string): Promise<void> {
  const generations = await claimGenerations(dataDir);
  const latest = Math.max(0, ...generations);
  for (const generation of generations) {
    if (generation < latest) await rm(join(dataDir, `redis.lock.${generation}`), { force: true });
  }
}

export function logPath(dataDir: string): string {
  return join(dataDir, "redis.log");
}

async function latestClaim(dataDir: string): Promise<{ readonly generation: number; readonly held: boolean }> {
  const generation = Math.max(0, ...(await claimGenerations(dataDir)));
  if (generation === 0) return { generation, held: false };
  const record = parseRecord(await readFile(join(dataDir, `redis.lock.${generation}`), "utf8").catch(() => ""));
  return { generation, held: record !== undefined && isAlive(record.identity) };
}

async function claimGenerations(dataDir: string): Promise<readonly number[]> {
  const names = await readdir(dataDir);
  return names.flatMap((name) => {
    const generation = /^redis\.lock\.(\d{1,9})$/.exec(name)?.[1];
    return generation === undefined ? [] : [Number(generation)];
  });
}

/** Never through a link: the data dir may have come with a repository, and the log would be appended to any file. */
function openLog(dataDir: string): number {
  const path = logPath(dataDir);
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const log = openSync(path, flags, 0o600);
  if (fstatSync(log).size < logBytesMax) return log;
  closeSync(log);
  renameSync(path, `${path}.1`);
  return openSync(path, flags, 0o600);
}

function tail(path: string, from: number): string {
  return readFileSync(path).subarray(from).toString("utf8").trimEnd().split("\n").slice(-8).join("\n");
}

/** Both scripts take: lock file, flock(1) or generation, record file, record version, boot id, socket, command… */
const identity = `umask 077
if [ -r "/proc/$$/stat" ]; then
  start=$(IFS= read -r line <"/proc/$$/stat"; set -- \${line##*) }; echo "\${20}")
else
  start=$(set -- $(ps -o lstart= -p $$); echo "$*")
fi
[ -n "$start" ] || { echo "Without /proc and ps(1) this process cannot name itself."; exit 74; }
record=$(printf '%s\\n' "$4" "$$" "$start" "$5" "$6")
`;

/** Descriptor 9 stays open in the server: the kernel frees the lock when its last holder is gone, however it died. */
const underFlock = `umask 077
exec 9>>"$1" || exit 74
"$2" -n 9 || exit ${lockTaken}
${identity}`;

/**
 * The link appears with its whole content or not at all, for one claimant. Whoever claimed a generation that was
 * overtaken meanwhile steps back, because the later holder may be alive.
 */
const underClaim = `${identity}
printf '%s\\n' "$record" >"$1.new.$$" || exit 74
ln "$1.new.$$" "$1.$2" 2>/dev/null || { rm -f "$1.new.$$"; exit ${lockTaken}; }
rm -f "$1.new.$$"
for other in "$1".[0-9]*; do
  if [ "\${other##*.}" -gt "$2" ]; then rm -f "$1.$2"; exit ${lockTaken}; fi
done
`;

const writeRecordAndRun = `
printf '%s\\n' "$record" >"$3.$$" && mv -f "$3.$$" "$3" || exit 74
rm -f "\${6%.????????.sock}".????????.sock
shift 6
exec "$@"
`;
