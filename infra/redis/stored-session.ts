/**
 * How an agent's session lies in Redis: what is its own stands in its snapshot, what all agents of its type have alike stands
 * once in their run's blobs, under its hash. The text comes back byte for byte; where it is cut decides only how much is shared.
 */
import { createHash } from "node:crypto";
import { isLatin1, type Latin1 } from "./latin1.ts";
import { laidStep, laidText, unpacked } from "./packed.ts";

/** Field of a snapshot: the name of the shared part, a blank, and the rest, packed: "place text". */
export const SESSION = "session";
/** What the name of a shared part begins with; other blobs are named by a hash alone. */
const SHARED = "s:";
const NOTHING_SHARED = "-";
/** Shorter parts are not worth a name of their own. Characters. */
const SHARED_LEAST = 512;
/** Shared parts that are remembered laid out, and read; each of so many characters at most. */
const KNOWN_MAX = 16;
const KNOWN_LENGTH_MAX = 262_144;

export const isShared = (field: string): boolean => field.startsWith(SHARED);

export interface LaidSession {
  readonly own: Latin1;
  /** Field of the run's blobs, and what stands in it; null where nothing is shared. */
  readonly shared: LaidShare | null;
}

interface LaidShare {
  readonly name: string;
  readonly laid: string | Latin1;
}

export function laidSession(text: string): LaidSession {
  const from = text.indexOf(',"model":');
  const to = text.lastIndexOf(',"standsOn":');
  if (from < 0 || to - from < SHARED_LEAST) return { own: ownOf(NOTHING_SHARED, laidText(`0 ${text}`)), shared: null };
  const shared = sharedOf(text.slice(from, to));
  return { own: ownOf(shared.name, laidStep(`${from} ${text.slice(0, from)}${text.slice(to)}`)), shared };
}

const ownOf = (name: string, rest: string | Latin1): Latin1 => ({ latin1: `${name} ${latin1Of(rest)}` });

const latin1Of = (laid: string | Latin1): string =>
  isLatin1(laid) ? laid.latin1 : Buffer.from(laid).toString("latin1");

/** Agents of a run are born by the hundred, and their sessions are alike: it is packed once. */
const laidBefore = new Map<string, LaidShare>();

function sharedOf(text: string): LaidShare {
  const before = laidBefore.get(text);
  if (before !== undefined) return before;
  const made = { name: nameOf(text), laid: laidText(text) };
  remember(laidBefore, text, made, text.length);
  return made;
}

/** Of 128 bits: nobody finds another text of the same name. */
const nameOf = (text: string): string =>
  `${SHARED}${createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url")}`;

/** Name of the shared part that this session has; null where it shares nothing. */
export function sharedName(own: Buffer): string | null {
  const name = own.subarray(0, endOfName(own)).toString();
  return name === NOTHING_SHARED ? null : name;
}

function endOfName(own: Buffer): number {
  const end = own.indexOf(" ");
  if (end < 1) throw unknownForm();
  return end;
}

const readBefore = new Map<string, string>();

/** Throws where the shared part is gone, or is not what its name says: nobody may go on with half a session. */
export function sessionTextFrom(own: Buffer, shared: Buffer | null): string {
  const rest = unpacked(own.subarray(endOfName(own) + 1));
  const name = sharedName(own);
  const [, place = "", text] = /^(\d+) (.*)$/s.exec(rest) ?? [];
  if (text === undefined) throw unknownForm();
  if (name === null) return text;
  return `${text.slice(0, Number(place))}${sharedText(name, shared)}${text.slice(Number(place))}`;
}

function sharedText(name: string, shared: Buffer | null): string {
  const before = readBefore.get(name);
  if (before !== undefined) return before;
  const text = shared === null ? null : unpacked(shared);
  if (text === null || nameOf(text) !== name) throw new Error(`the part ${name} of a session is gone, or is another`);
  remember(readBefore, name, text, text.length);
  return text;
}

function remember<Value>(known: Map<string, Value>, key: string, value: Value, length: number): void {
  if (length > KNOWN_LENGTH_MAX) return;
  const [oldest] = known.size >= KNOWN_MAX ? known.keys() : [];
  if (oldest !== undefined) known.delete(oldest);
  known.set(key, value);
}

const unknownForm = (): Error => new Error("a session is stored in a form that nobody knows");
