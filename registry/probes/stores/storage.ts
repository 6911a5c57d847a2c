/**
 * What writes and reads durably, by callee. Shared by the probes that ask whether something survives the process.
 */
import { type CallFact, type FileFacts, functionAt } from "../source/facts.ts";
import { argumentsOf, textOf } from "../source/query.ts";

const fileWrite =
  /(^|\.)(writeFile|writeFileSync|appendFile|appendFileSync|outputJson|writeJson|write_text|write_bytes|writelines|json\.dump|pickle\.dump|yaml\.dump|yaml\.safe_dump|atomic_write\w*|writeFileAtomic\w*|write_json|outputFile|dump_json|Bun\.write|writeTextFile|writeAtomic\w*|safeWriteJson|upload_from_string|put_object|PutObjectCommand)$/;
const storeWrite =
  /(^|\.)(xadd|hset|hSet|rpush|rPush|lpush|setex|setItem|upsert|insertOne|insert_one|insertMany|insert_many|replace_one|update_one|updateOne|update_many|find_one_and_\w+|findOneAnd\w+|put_item|putItem|bulk_write|bulk_create|executemany|insertInto|onConflictDoUpdate|aput|put_writes|aput_writes|conversations\.items\.create)$/;
const sqlWrite = /\b(INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|REPLACE\s+INTO)\b/i;
const streamWrite =
  /(^|\.)(f|fp|fh|file|handle|fd|fout|stream|writer|log_?file|outfile|out_?file|writeStream|logStream|write_?stream)\.write$/i;
/** A file opened for writing and then written through its handle. */
const openedForWriting = /\bopen\([^)\n]*["'](?:w|a|x|r\+)[bt+]?["']/;
/** A table taken by its name from a database: `db["turns"].insert(…)`. */
const tableWrite = /(?:^|\.)_?(?:db|database|conn)\[[^\]]*\]\.(?:insert|upsert|update)\w*$/i;
const sqlCall = /(^|\.)(execute|run|query|prepare|exec|sql)$/;
const ormWrite =
  /(^|\.)(session|db|conn|tx|trx|prisma\.\w+|this\.db|self\.db|database)\.(add|add_all|merge|commit|insert|insertMany|create|createMany|update|updateMany|upsert|put|save|set|bulk_\w+)$/i;
/** What a browser or its extensions keep: `chrome.storage.local.set(…)`, `transaction.objectStore("chats").put(…)`. */
const browserWrite = /(?:chrome|browser)\??\.storage\b[^()]*\.set$|objectStore\([^)]*\)\.(?:put|add)$/;
const browserRead = /(?:chrome|browser)\??\.storage\b[^()]*\.get$|objectStore\([^)]*\)\.get\w*$/;
/** Tables behind an address: `client.from("messages").insert(…)`. */
const tableCallWrite = /\.from\(\s*["'`][^()]*\)\.(?:insert|upsert|update)$/;
const tableCallRead = /\.from\(\s*["'`][^()]*\)\.select$/;
/** A query that begins at a session and ends with its rows. */
const sessionQuery =
  /^(?:await)?(?:[\w]+\.)*_?(?:session|db|conn|tx|trx|database)\.(?:query|select|execute|exec|scalars?)\(/i;
const rowsTaken = /\.(?:first|all|one|one_or_none|scalars?|scalar_one\w*|fetch\w*|count|get|unique|mappings)$/;

const fileRead =
  /(^|\.)(readFile|readFileSync|read_text|read_bytes|json\.load|pickle\.load|yaml\.safe_load|readJson|read_json|readline|createInterface|createReadStream|readlines|readTextFile|readSync|get_object|GetObjectCommand)$/;
const storeRead =
  /(^|\.)(xrange|hgetall|hGetAll|lrange|lRange|getItem|findOne|find_one|findMany|findFirst|findUnique|findFirstOrThrow|findUniqueOrThrow|get_item|getItem|get_tuple|aget_tuple|fetchall|fetchone|scalars|aget)$/;
const sqlRead = /\bSELECT\b[\s\S]{0,200}\bFROM\b/i;

/** What a client of a store is told to keep. Scripts run in the store: they may do both. */
const clientWrite =
  /\.(set|hset|hmset|xadd|rpush|lpush|zadd|sadd|incr\w*|expire|setex|setnx|multi|pipeline|eval|evalsha|fcall|defineCommand|sendCommand|call|insert\w*|update\w*|upsert|put|batch|run|exec\w*|create\w*|add|add_all|merge|commit|transaction|bulk\w*|replace\w*|save|query|prepare|\$executeRaw)$/i;
const clientRead =
  /\.(get|hget|hgetall|hmget|mget|xrange|xrevrange|xread|lrange|zrange\w*|smembers|eval|evalsha|fcall|defineCommand|sendCommand|call|select|find\w*|query|all|first|each|iterate|fetch\w*|scalars?|prepare|exec\w*|run|\$queryRaw)(?:Buffer)?$/i;

function isOnClient({ callee }: CallFact, clients: ReadonlySet<string>): boolean {
  const holder = /([\w$]+)(?:\[[^\]]*\])?[?!]?\.[\w$]+$/.exec(callee)?.[1];
  return holder !== undefined && clients.has(holder);
}

const none: ReadonlySet<string> = new Set();

export function isDurableWrite(file: FileFacts, call: CallFact, clients: ReadonlySet<string> = none): boolean {
  const { callee } = call;
  if (onlyReads(file, call)) return false;
  if (clientWrite.test(callee) && isOnClient(call, clients))
    return (
      !sqlRead.test(file.source.slice(call.argumentsAt, call.end)) ||
      sqlWrite.test(file.source.slice(call.argumentsAt, call.end))
    );
  if (tableWrite.test(callee) || browserWrite.test(callee) || tableCallWrite.test(callee)) return true;
  if (fileWrite.test(callee) || storeWrite.test(callee) || ormWrite.test(callee)) return true;
  if (streamWrite.test(callee)) {
    if (/stdout|stderr|process\./.test(callee)) return false;
    if (!/(^|\.)(stream|writer|fd|fout)\.write$/i.test(callee)) return true;
    const around = functionAt(file, call.start);
    return (
      around !== undefined &&
      (openedForWriting.test(textOf(file, around)) || /createWriteStream|FileHandle/.test(file.code))
    );
  }
  return sqlCall.test(callee) && sqlWrite.test(file.source.slice(call.argumentsAt, call.end));
}

/** What looks like it could write and only reads: a transaction for reading, a query of rows, a statement that selects. */
export function onlyReads(file: FileFacts, call: CallFact): boolean {
  const verb = /\.(transaction|query|exec|execute)$/.exec(call.callee)?.[1];
  if (verb === undefined) return false;
  const given = argumentsOf(file, call);
  if (verb === "transaction") return /["']readonly["']/.test(given);
  if (verb === "query") return /^\(\s*[A-Z]\w*[\s,.)]/.test(given);
  const statement = /^\(\s*(\w+)/.exec(given)?.[1] ?? "";
  if (statement === "select" || takenAtOnce.test(file.code.slice(call.end, call.end + 40))) return true;
  const before = file.code.slice(Math.max(0, call.start - statementCharsMax), call.start);
  const made =
    statement === ""
      ? undefined
      : [...before.matchAll(new RegExp(`\\b${statement}\\s*=\\s*\\(?\\s*(\\w+)`, "g"))].at(-1);
  return made?.[1] === "select";
}

const takenAtOnce = /^\s*\.(?:all|first|one\w*|scalars?|scalar_one\w*|fetch\w*|mappings|unique)\(/;
/** A statement is built not further from where it is run. In UTF-16 units. */
const statementCharsMax = 1_500;

export function isDurableRead(file: FileFacts, call: CallFact, clients: ReadonlySet<string> = none): boolean {
  if (clientRead.test(call.callee) && isOnClient(call, clients))
    return !sqlWrite.test(file.source.slice(call.argumentsAt, call.end));
  if (fileRead.test(call.callee) || storeRead.test(call.callee)) return true;
  if (browserRead.test(call.callee) || tableCallRead.test(call.callee)) return true;
  if (
    rowsTaken.test(call.callee) &&
    sessionQuery.test(file.code.slice(call.start, call.argumentsAt).replace(/\s+/g, ""))
  )
    return true;
  return sqlCall.test(call.callee) && sqlRead.test(file.source.slice(call.argumentsAt, call.end));
}

/** Whether a write adds to what is there: append mode, an append call, an insert. */
export function isAppend(file: FileFacts, call: CallFact): boolean {
  if (/append|xadd|rpush|insert|add$|add_all$|executemany/i.test(call.callee)) return true;
  if (/INSERT\s+INTO/i.test(file.source.slice(call.argumentsAt, call.end))) return true;
  const around = functionAt(file, call.start) ?? { start: Math.max(0, call.start - 400), end: call.end };
  return /open\([^)]*["']a[b+]?["']|mode\s*=\s*["']a|flags:\s*["']a/.test(textOf(file, around));
}

/** The words a call is about: its arguments, its function, its class and the file's own name. */
export function subjectOf(file: FileFacts, call: CallFact): string {
  const fn = functionAt(file, call.start);
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  return `${call.callee} ${argumentsOf(file, call).slice(0, 200)} ${fn?.name ?? ""} ${fn?.owner ?? ""} ${base}`;
}
