/**
 * Where the harness's data goes: which calls end in a durable place, directly or through the repository's own
 * functions, and which writes nobody could follow. Found once per pass, asked by every probe about durability.
 */
import { type CallFact, contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { lastName, textOf } from "../source/query.ts";
import { isAppend, isDurableRead, isDurableWrite, onlyReads, subjectOf } from "./storage.ts";

type Effect = "write" | "read" | "append";

export interface StorageFlow {
  readonly writes: (file: FileFacts, call: CallFact) => boolean;
  readonly reads: (file: FileFacts, call: CallFact) => boolean;
  /** Whether a write adds to what is there. */
  readonly appends: (file: FileFacts, call: CallFact) => boolean;
  readonly writesIn: (file: FileFacts, fn: FunctionFact) => readonly CallFact[];
  readonly readsIn: (file: FileFacts, fn: FunctionFact) => readonly CallFact[];
  /** The words a call is about: callee, arguments, function, class, file, and the fields of the records it takes. */
  readonly subject: (file: FileFacts, call: CallFact) => string;
  /** Fields of the types that the head of a function names, one level of references deep. */
  readonly fieldsOf: (file: FileFacts, fn: FunctionFact) => string;
}

/** How many functions of the repository may stand between a probe's call and the client of the store. */
const levelsMax = 5;
/** A durable function defined in more places than this says nothing about which of them is meant. */
const homesMax = 12;
/** Names of functions through which durability is followed; a `run` that also saves is no wrapper of a store. */
const verbs: Readonly<Record<Effect, RegExp>> = {
  write:
    /^_*a?(?:save|persist|store|write|append|record|log|commit|put|insert|upsert|add|update|checkpoint|flush|dump|sync|set|create|emit|publish|track|audit|journal|push|export|serialize|post|send|enqueue|archive|quarantine|transact|exec|execute|run_?sql|swap|register)/i,
  read: /^_*a?(?:load|read|get|fetch|find|list|query|restore|resume|open|replay|claim|hydrate|scan|search|look|from|import|parse|recover|rebuild|select|history|messages|sessions|all|rows)/i,
  append:
    /^_*a?(?:append|record|log|commit|insert|add|audit|journal|push|emit|publish|track|write|save|persist|store)/i,
};
const adds = /^_*a?(?:append|record|log|add|emit|track|journal|commit)(?:_|[A-Z]|$)/;
const storeReceiver =
  /(?:store|storage|repo(?:sitory)?|db|database|dao|saver|journal|ledger|persist\w*|checkpoint(?:er)?|recorder|event_?log|event_?stream|audit\w*|session_?manager|scripts|service|backend)\)?[?!]?$/i;

interface Home {
  readonly path: string;
  readonly owner: string;
}

export async function followStorage(files: readonly FileFacts[], breathe: () => Promise<void>): Promise<StorageFlow> {
  const known: Record<Effect, Map<FileFacts, Set<CallFact>>> = { write: new Map(), read: new Map(), append: new Map() };
  const mark = (effect: Effect, file: FileFacts, call: CallFact): void => {
    const calls = known[effect].get(file);
    if (calls) calls.add(call);
    else known[effect].set(file, new Set([call]));
  };
  const derived = await derivedClients(files, breathe);
  for (const file of files) {
    const clients = clientsIn(file);
    const wrapped = derived(file);
    for (const call of file.calls) {
      const holder = /([\w$]+)[?!]?\.([\w$]+)$/.exec(call.callee);
      if (holder && wrapped.has(holder[1] ?? "")) {
        for (const effect of ["write", "read", "append"] as const)
          if (verbs[effect].test(holder[2] ?? "") && (effect === "read" || !onlyReads(file, call)))
            mark(effect, file, call);
      }
      if (isDurableWrite(file, call, clients)) {
        mark("write", file, call);
        if (isAppend(file, call)) mark("append", file, call);
      }
      if (isDurableRead(file, call, clients)) mark("read", file, call);
    }
    await breathe();
  }
  for (const effect of ["write", "append", "read"] as const) await followEffect(files, effect, known, mark, breathe);
  const fields = await fieldIndex(files, breathe);
  const fieldsOf = (file: FileFacts, fn: FunctionFact): string => fieldsIn(headOf(file, fn), fields);
  const within = (effect: Effect) => (file: FileFacts, fn: FunctionFact) =>
    [...(known[effect].get(file) ?? [])].filter((call) => contains(fn, call));
  return {
    writes: (file, call) => known.write.get(file)?.has(call) ?? false,
    reads: (file, call) => known.read.get(file)?.has(call) ?? false,
    // An entry of its own for each call adds, whatever the store calls it.
    appends: (file, call) =>
      (known.append.get(file)?.has(call) ?? false) ||
      ((known.write.get(file)?.has(call) ?? false) && adds.test(functionAt(file, call.start)?.name ?? "")),
    writesIn: within("write"),
    readsIn: within("read"),
    subject: (file, call) => {
      const fn = functionAt(file, call.start);
      return `${subjectOf(file, call)} ${fn ? fieldsOf(file, fn) : ""}`;
    },
    fieldsOf,
  };
}

/** Level by level: a function that writes makes its callers writers, as long as its name says that it stores. */
async function followEffect(
  files: readonly FileFacts[],
  effect: Effect,
  known: Readonly<Record<Effect, Map<FileFacts, Set<CallFact>>>>,
  mark: (effect: Effect, file: FileFacts, call: CallFact) => void,
  breathe: () => Promise<void>,
): Promise<void> {
  const homes = new Map<string, Home[]>();
  let fresh = [...known[effect]].flatMap(([file, calls]) => [...calls].map((call) => ({ file, call })));
  for (let level = 0; level < levelsMax && fresh.length > 0; level += 1) {
    const added = new Set(fresh.flatMap(({ file, call }) => addHome(homes, effect, file, call)));
    fresh = [];
    if (added.size === 0) return;
    for (const file of files) {
      const seen = known[effect].get(file);
      for (const call of file.calls) {
        const name = lastName(call.callee);
        if (!added.has(name) || seen?.has(call) || !goesTo(file, call, name, homes.get(name) ?? [])) continue;
        fresh.push({ file, call });
      }
      await breathe();
    }
    for (const { file, call } of fresh) mark(effect, file, call);
  }
}

function addHome(homes: Map<string, Home[]>, effect: Effect, file: FileFacts, call: CallFact): string[] {
  const fn = functionAt(file, call.start);
  if (!fn || !verbs[effect].test(fn.name)) return [];
  const places = homes.get(fn.name) ?? [];
  if (places.some(({ path, owner }) => path === file.path && owner === fn.owner)) return [];
  homes.set(fn.name, [...places, { path: file.path, owner: fn.owner }]);
  return [fn.name];
}

function goesTo(file: FileFacts, { callee }: CallFact, name: string, homes: readonly Home[]): boolean {
  const receiver = callee.slice(0, -name.length).replace(/[.?!]+$/, "");
  if (receiver === "")
    return (
      homes.some(({ path }) => path === file.path) ||
      new RegExp(`\\b${name.replace(/[$]/g, "\\$&")}\\b`).test(file.imports)
    );
  const held = (/([\w$]+)[?!)]*$/.exec(receiver)?.[1] ?? "").replace(/^_+/, "");
  if (/^(this|self|cls|super)$/.test(held)) return homes.some(({ path, owner }) => path === file.path && owner !== "");
  if (homes.length > homesMax && !storeReceiver.test(receiver)) return false;
  const plain = held.replace(/_/g, "").toLowerCase();
  const owned = homes.some(({ owner }) => plain.length >= 4 && owner.toLowerCase().includes(plain));
  return owned || storeReceiver.test(receiver);
}

/** Names in a file that hold a client of a durable store, by what they are made from or typed as. */
const clientMade =
  /(?:\b(?:const|let|var|self\.|this\.)\s*#?)?\b([\w$]+)\s*(?::[^=;\n]{0,80})?=\s*(?:await\s+)?(?:sqlite_utils\.Database\(|new\s+(?:Redis|IORedis|Pool|Client|Database|DatabaseSync|PrismaClient|MongoClient|Level|Dexie|Conf|ElectronStore|Low|JSONFilePreset|Cluster)\b|createClient\(|sqlite3\.connect\(|aiosqlite\.connect\(|duckdb\.connect\(|psycopg\d?\.connect\(|asyncpg\.\w+\(|redis\.(?:Redis|from_url)\(|drizzle\(|create_(?:async_)?engine\(|(?:async_)?sessionmaker\(|knex\(|openKv\(|Deno\.openKv\(|shelve\.open\(|lmdb\.open\()/g;
const clientTyped =
  /\b([\w$]+)\??\s*:\s*["']?(?:Redis|IORedis|Pool|PoolClient|Database|DatabaseSync|BetterSQLite3Database|PrismaClient|Db|MongoClient|AsyncSession|Session|Connection|AsyncConnection|DbContext|Kysely<|NodePgDatabase|LibSQLDatabase|Knex)\b/g;
const clientModules =
  /redis|sqlite|postgres|\bpg\b|mysql|mongo|prisma|drizzle|knex|kysely|typeorm|mikro-orm|sequelize|sqlalchemy|sqlmodel|peewee|tortoise|beanie|mongoengine|tinydb|nedb|lowdb|dexie|localforage|pouchdb|psycopg|asyncpg|duckdb|\blevel\b|lmdb|dynamo|firestore|supabase|\bredb\b/i;

/** `async with session_scope() as session`: who is handed out for the length of a block. */
const clientLent =
  /\bwith\s+[\w.]*(?:[sS]ession|[cC]onnect\w*|begin|get_db|_db|database|transaction)\w*\([^)\n]*\)\s+as\s+(\w+)/g;
/** The stores of a browser's own database. */
const browserStore = /\b([\w$]+)\s*=\s*(?:await\s+)?[\w$.]*\.(?:objectStore|index)\(/g;

function clientsIn(file: FileFacts): ReadonlySet<string> {
  const patterns = [
    ...(clientModules.test(file.imports) ? [clientMade, clientTyped, clientLent] : []),
    ...(file.code.includes(".objectStore(") ? [browserStore] : []),
  ];
  return new Set(patterns.flatMap((pattern) => [...file.text.matchAll(pattern)].map(([, name = ""]) => name)));
}

/**
 * A function that uses a client and returns a type of the repository makes clients of its own: `scriptsOn(redis): Scripts`.
 * What is typed so, or made by it, is one too.
 */
async function derivedClients(
  files: readonly FileFacts[],
  breathe: () => Promise<void>,
): Promise<(file: FileFacts) => ReadonlySet<string>> {
  const made = new Set<string>();
  const types = new Set<string>();
  for (const file of files) {
    await breathe();
    const clients = clientsIn(file);
    if (clients.size === 0) continue;
    for (const fn of file.functions) {
      if (fn.name === "" || fn.owner !== "") continue;
      const given = /\)\s*(?::|->)\s*(?:Promise<)?([A-Z][\w$]+)/.exec(headOf(file, fn))?.[1];
      if (given === undefined || /^(Promise|Map|Set|Array|Record|Readonly\w*)$/.test(given)) continue;
      const uses = file.calls.some((call) => contains(fn, call) && usesClient(file, call, clients));
      if (!uses) continue;
      made.add(fn.name);
      types.add(given);
    }
  }
  if (made.size === 0) return () => new Set();
  const typed = new RegExp(`\\b([\\w$]+)\\??\\s*:\\s*(?:${[...types].join("|")})\\b`, "g");
  const assigned = new RegExp(`\\b([\\w$]+)\\s*=\\s*(?:await\\s+)?(?:${[...made].join("|")})\\(`, "g");
  return ({ code }) =>
    new Set([typed, assigned].flatMap((one) => [...code.matchAll(one)].map(([, name = ""]) => name)));
}

function usesClient(file: FileFacts, call: CallFact, clients: ReadonlySet<string>): boolean {
  return isDurableWrite(file, call, clients) || isDurableRead(file, call, clients);
}

export function importsClient(file: FileFacts): boolean {
  return clientModules.test(file.imports);
}

function headOf(file: FileFacts, fn: FunctionFact): string {
  const code = file.code.slice(fn.start, Math.min(fn.end, fn.start + 500));
  const end = /\)\s*(?::[^{=]{0,120}|->[^:]{0,120})?(?:\{|=>|:\s*\n)/.exec(code);
  return end ? code.slice(0, end.index + end[0].length) : code.slice(0, 240);
}

interface Fields {
  readonly fields: string;
  readonly refers: readonly string[];
}

const typeCharsMax = 4_000;

async function fieldIndex(
  files: readonly FileFacts[],
  breathe: () => Promise<void>,
): Promise<ReadonlyMap<string, Fields>> {
  const index = new Map<string, Fields>();
  for (const file of files) {
    await breathe();
    for (const type of file.types) {
      if (index.has(type.name) || type.end - type.start > typeCharsMax || type.kind === "enum") continue;
      const body = textOf(file, type);
      const fields = [...body.matchAll(/^\s*(?:readonly\s+|public\s+)?([\w$]+)\??\s*:/gm)].map(([, name = ""]) => name);
      const inline = [...body.matchAll(/[{;,]\s*(?:readonly\s+)?([\w$]+)\??\s*:/g)].map(([, name = ""]) => name);
      index.set(type.name, {
        fields: [...new Set([...fields, ...inline])].join(" "),
        refers: [...new Set(body.match(/\b[A-Z][\w$]{2,}\b|(?<=\btypeof\s)[\w$]+/g) ?? [])].slice(0, 12),
      });
    }
  }
  return index;
}

function fieldsIn(head: string, index: ReadonlyMap<string, Fields>): string {
  const named = [...new Set(head.match(/\b[A-Z][\w$]{2,}\b/g) ?? [])].flatMap((name) => index.get(name) ?? []);
  const referred = named
    .filter(({ fields }) => fields.length < 200)
    .flatMap(({ refers }) => refers.flatMap((name) => index.get(name) ?? []));
  return [...named, ...referred]
    .map(({ fields }) => fields)
    .join(" ")
    .slice(0, 1_500);
}
