/**
 * What writes and reads durably, by callee. Shared by the probes that ask whether something survives the process.
 */
import { type CallFact, contains, type FileFacts, functionAt, type Span } from "./facts.ts";
import { argumentsOf, textOf } from "./query.ts";

const fileWrite =
  /(^|\.)(writeFile|writeFileSync|appendFile|appendFileSync|outputJson|writeJson|write_text|write_bytes|writelines|json\.dump|pickle\.dump|yaml\.dump|yaml\.safe_dump|atomic_write\w*|writeFileAtomic\w*|write_json|outputFile|dump_json)$/;
const storeWrite =
  /(^|\.)(xadd|hset|hSet|rpush|rPush|lpush|setex|setItem|upsert|insertOne|insert_one|replace_one|update_one|updateOne|put_item|putItem|bulk_write|executemany|insertInto|onConflictDoUpdate|aput|put_writes|aput_writes|conversations\.items\.create)$/;
const sqlWrite = /\b(INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|REPLACE\s+INTO)\b/i;
const streamWrite =
  /(^|\.)(f|fp|fh|file|handle|log_?file|outfile|out_?file|writeStream|logStream|write_?stream)\.write$/i;
const sqlCall = /(^|\.)(execute|run|query|prepare|exec|sql)$/;
const ormWrite =
  /(^|\.)(session|db|conn|tx|trx|prisma\.\w+|this\.db|self\.db|database)\.(add|add_all|merge|commit|insert|create|update|upsert|put|save|set)$/i;

const fileRead =
  /(^|\.)(readFile|readFileSync|read_text|read_bytes|json\.load|pickle\.load|yaml\.safe_load|readJson|read_json|readline|createInterface|createReadStream|readlines)$/;
const storeRead =
  /(^|\.)(xrange|hgetall|hGetAll|lrange|lRange|getItem|findOne|find_one|findMany|findFirst|findUnique|get_item|getItem|get_tuple|aget_tuple|fetchall|fetchone|scalars|aget)$/;
const sqlRead = /\bSELECT\b[\s\S]{0,200}\bFROM\b/i;

export function isDurableWrite(file: FileFacts, call: CallFact): boolean {
  const { callee } = call;
  if (fileWrite.test(callee) || storeWrite.test(callee) || ormWrite.test(callee)) return true;
  if (streamWrite.test(callee)) return !/stdout|stderr|process\./.test(callee);
  return sqlCall.test(callee) && sqlWrite.test(file.source.slice(call.argumentsAt, call.end));
}

function isDurableRead(file: FileFacts, call: CallFact): boolean {
  if (fileRead.test(call.callee) || storeRead.test(call.callee)) return true;
  return sqlCall.test(call.callee) && sqlRead.test(file.source.slice(call.argumentsAt, call.end));
}

/** Whether a write adds to what is there: append mode, an append call, an insert. */
export function isAppend(file: FileFacts, call: CallFact): boolean {
  if (/append|xadd|rpush|insert|add$|executemany/i.test(call.callee)) return true;
  if (/INSERT\s+INTO/i.test(file.source.slice(call.argumentsAt, call.end))) return true;
  const around = functionAt(file, call.start) ?? { start: Math.max(0, call.start - 400), end: call.end };
  return /open\([^)]*["']a[b+]?["']|mode\s*=\s*["']a|flags:\s*["']a/.test(textOf(file, around));
}

export function durableWritesIn(file: FileFacts, span: Span): CallFact[] {
  return file.calls.filter((call) => contains(span, call) && isDurableWrite(file, call));
}

export function durableReadsIn(file: FileFacts, span: Span): CallFact[] {
  return file.calls.filter((call) => contains(span, call) && isDurableRead(file, call));
}

/** The words a call is about: its arguments, its function, its class and the file's own name. */
export function subjectOf(file: FileFacts, call: CallFact): string {
  const fn = functionAt(file, call.start);
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  return `${call.callee} ${argumentsOf(file, call).slice(0, 200)} ${fn?.name ?? ""} ${fn?.owner ?? ""} ${base}`;
}
