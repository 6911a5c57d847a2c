/**
 * How an actor's snapshot and its unanswered effects lie in Redis: what every step writes anew is kept in
 * as few fields and letters as it takes (docs/decisions/0084), and nobody beside this file and the scripts knows how.
 */
import type { Address, BudgetLimits, Grant, PendingEffect } from "../store.ts";
import { asGiven, isLatin1, type Latin1 } from "./latin1.ts";
import { laidStep, unpacked } from "./packed.ts";
import { lengthened, shortened } from "./shortened.ts";
import { SESSION } from "./stored-session.ts";

type Fields = Readonly<Record<string, string>>;
type Actor = Pick<Address, "run" | "actor">;

export interface StoredSnapshot {
  readonly version: number;
  readonly machine: string | null;
  readonly core: string | null;
  readonly rows: ReadonlyMap<string, string>;
}

const ROW = "r:";
const BIRTH = "birth";
const TASK = "tasks/";
/** What a script reads of a task's row. No text within it looks like that: its quotation marks have a backslash before them. */
const STATUS = /"status":"([a-z]+)"/;
const ACTOR = /"actor":"([^"\s\\]+)"/;

/** Of a snapshot: a row as it is stored, packed; before a task's stand its status and its actor, for scripts to read. */
export function laidRow(row: string, json: string): string | Latin1 {
  if (row === BIRTH) return laidStep(json);
  const status = row.startsWith(TASK) ? STATUS.exec(json)?.[1] : undefined;
  if (status === undefined) return json;
  const laid = laidStep(json);
  const latin1 = isLatin1(laid) ? laid.latin1 : Buffer.from(laid).toString("latin1");
  return { latin1: `${status} ${ACTOR.exec(json)?.[1] ?? "-"} ${latin1}` };
}

function rowFrom(row: string, stored: Buffer): string {
  if (row === BIRTH) return unpacked(stored);
  if (!row.startsWith(TASK) || stored[0] === 0x7b) return stored.toString();
  return unpacked(stored.subarray(stored.indexOf(" ", stored.indexOf(" ") + 1) + 1));
}

/** Fields of a snapshot, read as bytes; the session stays behind, which `stored-session.ts` reads. */
export function snapshotRecord(flat: Iterable<readonly [field: string, value: Buffer]>): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [field, value] of flat) {
    if (field === SESSION) continue;
    record[field] = field.startsWith(ROW) ? rowFrom(field.slice(ROW.length), value) : value.toString();
  }
  return record;
}

/** Of a snapshot's fields: "version first-sequence-number transcript-length-before commit-id core". */
export const HEAD = "h";
/** Why the actor is over for good; absent where it is not. */
export const FENCED = "fenced";
/** Its share of the run's budget: "tokens-max nano-max tokens nano". */
export const CAP = "cap";
export const capOf = ({ tokensMax, nanoUsdMax }: BudgetLimits): string =>
  `${tokensMax ?? NO_LIMIT} ${nanoUsdMax ?? NO_LIMIT} 0 0`;
export const NO_LIMIT = "-";
const HEAD_FORM = /^(\d+) \d+ \d+ \S* (.*)$/s;

export function snapshotFrom(fields: Fields): StoredSnapshot {
  const rows = Object.entries(fields).filter(([field]) => field.startsWith(ROW));
  return {
    ...headFrom(fields[HEAD] ?? null),
    machine: fields.machine ?? null,
    rows: new Map(rows.map(([field, json]) => [field.slice(ROW.length), json])),
  };
}

/** Rows of one map of the state, by their keys in it. */
export function rowsOf(snapshot: Readonly<Record<string, string>>, map: string): ReadonlyMap<string, string> {
  const prefix = `${map}/`;
  const { rows } = snapshotFrom(snapshot);
  return new Map(
    [...rows].flatMap(([key, json]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), json]] : [])),
  );
}

/** Throws where it was not stored by a commit or a fork. */
export function headFrom(head: string | null): Pick<StoredSnapshot, "version" | "core"> {
  if (head === null) return { version: 0, core: null };
  const [, version, core] = HEAD_FORM.exec(head) ?? [];
  if (version === undefined || core === undefined) throw new Error("a snapshot is stored in a form that nobody knows");
  return { version: Number(version), core: core === "" ? null : lengthened(core) };
}

/** As plain text, in fields of their own. */
export function plainHead(head: string): [string, string][] {
  const { version, core } = headFrom(head);
  return [["version", String(version)], ...(core === null ? [] : [["core", core] satisfies [string, string]])];
}

/** Fields of a snapshot that no commit has written. */
export function snapshotFields({ version, machine, core, rows }: StoredSnapshot): [string, string | Buffer][] {
  const fields: [string, string | Buffer][] = [...rows].map(([field, json]) => [
    `${ROW}${field}`,
    asGiven(laidRow(field, json)),
  ]);
  if (machine !== null) fields.push(["machine", machine]);
  if (version > 0) fields.push([HEAD, `${version} 0 0  ${core === null ? "" : shortened(core)}`]);
  return fields;
}

/** Stands for run and actor before an effect's id in a log entry: JSON holds no control characters. */
const OWN = "\x01";
/** Behind that, for the effect that the entry answers, and for what is ordered in it: most ids of an entry are one or the other. */
const ANSWERED = "\x02";
const ORDERED = "\x03";
const ANY_MARK = new RegExp(`[${OWN}${ANSWERED}${ORDERED}]`);
/** Where an entry says which effect it answers, and which version it makes: there they stand as they are. */
const BY = new RegExp(`"by":\\{"effect":"${OWN}(\\d+\\.\\d+:\\d+)"`);
const VERSION = /"version":(\d+),/;
const CLOSED_ID = /^\d+\.\d+:\d+"$/;

const marksOf = (entry: string): readonly (readonly [written: string, mark: string])[] => {
  const by = BY.exec(entry)?.[1];
  const version = VERSION.exec(entry)?.[1];
  return [
    ...(by === undefined ? [] : [[`"${OWN}${by}"`, `"${OWN}${ANSWERED}"`] as const]),
    ...(version === undefined ? [] : [[`"${OWN}0.${version}:`, `"${OWN}${ORDERED}:`] as const]),
  ];
};

/**
 * A log entry without the names that stand beside it anyway, and those that it tells again and again. In one pass: every step
 * pays for it.
 */
export function storedEntry({ run, actor }: Actor, entry: string): string {
  if (ANY_MARK.test(entry)) return entry;
  const own = `"${run}/${actor}/`;
  const by = answeredIn(entry, own);
  // What stands before that is what is looked for when it is read: it stays.
  const said = by === null ? 0 : by.end;
  const version = VERSION.exec(entry)?.[1];
  const ordered = version === undefined ? null : `0.${version}:`;
  let [stored, from] = ["", 0];
  for (let at = entry.indexOf(own); at !== -1; at = entry.indexOf(own, from)) {
    stored += entry.slice(from, at);
    from = at + own.length;
    if (by !== null && at >= said && entry.startsWith(by.closed, from)) {
      stored += `"${OWN}${ANSWERED}"`;
      from += by.closed.length;
    } else if (ordered !== null && at >= said && entry.startsWith(ordered, from)) {
      stored += `"${OWN}${ORDERED}:`;
      from += ordered.length;
    } else {
      stored += `"${OWN}`;
    }
  }
  return from === 0 ? entry : stored + entry.slice(from);
}

/** The effect that the entry answers, as it stands there behind `own`, with its closing quotation mark; and where it ends. */
function answeredIn(entry: string, own: string): { readonly closed: string; readonly end: number } | null {
  const opening = `"by":{"effect":${own}`;
  for (let at = entry.indexOf(opening); at !== -1; at = entry.indexOf(opening, at + 1)) {
    const from = at + opening.length;
    const closed = entry.slice(from, entry.indexOf('"', from) + 1);
    if (CLOSED_ID.test(closed)) return { closed, end: from + closed.length };
  }
  return null;
}

export const entryFrom = ({ run, actor }: Actor, stored: string): string =>
  marksOf(stored)
    .reduce((text, [written, mark]) => text.replaceAll(mark, written), stored)
    .replaceAll(`"${OWN}`, `"${run}/${actor}/`);

/** Within its actor an effect is named without run and actor; a foreign name is told by the slash before it. */
export function storedId({ run, actor }: Actor, id: string): string {
  const own = `${run}/${actor}/`;
  return id.startsWith(own) && id[own.length] !== "/" ? id.slice(own.length) : `/${id}`;
}

export const fullId = ({ run, actor }: Actor, stored: string): string =>
  stored.startsWith("/") ? stored.slice(1) : `${run}/${actor}/${stored}`;

/** A claim has to see the place of an order, and reads nothing that was shortened. */
export const storedOrder = (json: string): string => (json.includes('"place":') ? json : shortened(json));

/** "id out tokens nano order", without the amounts where it costs no money. */
const STORED = /^(\S+) (?:(\d+ \d+ \d+) )?(.*)$/s;

export interface StoredEffect {
  readonly id: string;
  readonly json: string;
  /** "out tokens nano"; null where nothing was granted. */
  readonly grant: string | null;
}

/** Throws where it was not stored by a commit or a fork. */
export function effectFrom(actor: Actor, stored: string): StoredEffect {
  const [, id, grant, order] = STORED.exec(stored) ?? [];
  if (id === undefined || order === undefined) throw new Error("an effect is stored in a form that nobody knows");
  return { id: fullId(actor, id), json: lengthened(order), grant: grant ?? null };
}

/** As plain text, by its whole name: the fields of an effect, and those of the marks beside it. */
export function plainEffect(actor: Actor, field: string, value: string): [string, string][] {
  if (field.includes("#")) return [[fullId(actor, field), value]];
  const { id, json, grant } = effectFrom(actor, value);
  return grant === null
    ? [[id, json]]
    : [
        [id, json],
        [`${id}#grant`, grant],
      ];
}

const HELD = "#held";

export function pendingFrom(actor: Actor, fields: Fields): PendingEffect[] {
  return Object.entries(fields)
    .filter(([field]) => !field.includes("#"))
    .map(([, stored]) => {
      const { id, json, grant } = effectFrom(actor, stored);
      return {
        id,
        json,
        grant: grant === null ? null : grantFrom(grant),
        held: `${storedId(actor, id)}${HELD}` in fields,
      };
    });
}

/** Fields of effects that were never begun, as far as their run is concerned. */
export const heldFields = (actor: Actor, effects: readonly Pick<PendingEffect, "id" | "json">[]): [string, string][] =>
  effects.flatMap(({ id, json }, place): [string, string][] => [
    [String(place), `${storedId(actor, id)} ${storedOrder(json)}`],
    [`${storedId(actor, id)}${HELD}`, "1"],
  ]);

export function grantFrom(text: string): Grant {
  const [outTokens = 0, tokens = 0, nanoUsd = 0] = text.split(" ").map(Number);
  return { outTokens, tokens, nanoUsd };
}
