/**
 * The manifest of machine versions (`test/golden/machines.json`) and what is wrong with it. A machine that changed under an
 * old number would fold stored actors into states that they were never in; here that is a failing test.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { machines } from "../../actors/types/index.ts";
import { breakerMachine } from "../../machines/breaker-machine.ts";
import { type MachineEntry, machineEntry, versionOf } from "../../machines/catalogue.ts";
import { alphabet, type Kind, kindOf } from "./machine-alphabet.ts";
import { type Behaviour, behaviourOf } from "./machine-behaviour.ts";

export const MANIFEST = fileURLToPath(new URL("../golden/machines.json", import.meta.url));

const rowSchema = z.strictObject({
  /** `id@version`. */
  machine: z.string().regex(/^[a-z-]+@[1-9]\d*$/),
  structure: z.string().regex(/^[0-9a-f]{8}$/),
  behaviour: z.string().regex(/^[0-9a-f]{16}$/),
  /** Hash of what it was told when `behaviour` was taken. */
  alphabet: z.string().regex(/^[0-9a-f]{16}$/),
  /** Why it need not be registered any more: no actor can be in it. */
  retired: z.string().min(1).optional(),
});

export type Row = z.infer<typeof rowSchema>;

const rowsFrom = (text: string): Row[] => z.array(rowSchema).parse(JSON.parse(text));
export const storedRows = (): Row[] => rowsFrom(readFileSync(MANIFEST, "utf8"));

/** Every machine there is, the breaker included: it is not stored, but no less looked at. */
export const everyMachine: readonly MachineEntry[] = [...machines.values(), machineEntry(breakerMachine)];

const behaviours = new WeakMap<MachineEntry, Behaviour>();

/** Explored once per entry: it costs a second or two. */
export function behaviourOfEntry(entry: MachineEntry): Behaviour {
  const known = behaviours.get(entry) ?? behaviourOf(entry.machine, alphabet[kindOf(entry.machine.id)]);
  behaviours.set(entry, known);
  return known;
}

const structureOfEntry = ({ name }: MachineEntry): string => name.split("#")[1] as string;

const alphabetHash = (kind: Kind): string =>
  createHash("sha256").update(JSON.stringify(alphabet[kind])).digest("hex").slice(0, 16);

export const rowOf = (entry: MachineEntry): Row => ({
  machine: versionOf(entry.name),
  structure: structureOfEntry(entry),
  behaviour: behaviourOfEntry(entry).hash,
  alphabet: alphabetHash(kindOf(entry.machine.id)),
});

const RECORD = "run `npm run machines` and commit test/golden/machines.json";

/** What is wrong, each with what to do; empty where nothing is. */
export function manifestProblems(rows: readonly Row[], entries: readonly MachineEntry[]): string[] {
  const byName = new Map(rows.map((row) => [row.machine, row]));
  return [
    ...(byName.size === rows.length ? [] : ["a machine has two rows in test/golden/machines.json"]),
    ...entries.flatMap((entry) => entryProblems(entry, byName.get(versionOf(entry.name)))),
    ...rows.flatMap((row) => lostProblems(row, entries)),
    ...gapProblems(rows, entries),
  ];
}

function entryProblems(entry: MachineEntry, row: Row | undefined): string[] {
  const name = versionOf(entry.name);
  if (row === undefined) return [`${name} has no row: ${RECORD}`];
  const [id, version] = name.split("@");
  const bump = `Stored actors are in the old ${name}. Give ${id} version ${Number(version) + 1}, keep the old definition registered (actors/types/index.ts) and ${RECORD}. Only where nobody has ever run this version: \`npm run machines -- --overwrite ${name}\``;
  if (row.structure !== structureOfEntry(entry)) {
    return [
      `${name} was changed: its structure is ${structureOfEntry(entry)}, the manifest says ${row.structure}. ${bump}`,
    ];
  }
  if (row.alphabet !== alphabetHash(kindOf(entry.machine.id))) {
    return [
      `${name} was recorded with another alphabet (test/support/machine-alphabet.ts): in a commit that changes no machine, run \`npm run machines -- --alphabet\``,
    ];
  }
  const { hash } = behaviourOfEntry(entry);
  if (row.behaviour === hash) return [];
  return [`${name} does otherwise than it did: its behaviour is ${hash}, the manifest says ${row.behaviour}. ${bump}`];
}

function lostProblems({ machine, retired }: Row, entries: readonly MachineEntry[]): string[] {
  if (retired !== undefined || entries.some(({ name }) => versionOf(name) === machine)) return [];
  return [
    `${machine} has a row and is not registered: stored actors in it would be stranded for ever. Register it again (actors/types/index.ts), or, where no live actor can be in it, say why in its row as "retired"`,
  ];
}

/** Rows stay: the versions of a machine are counted from 1 without gaps. */
function gapProblems(rows: readonly Row[], entries: readonly MachineEntry[]): string[] {
  const ids = new Set(entries.map(({ machine }) => machine.id));
  return [...ids].flatMap((id) => {
    const known = new Set(
      rows.flatMap(({ machine }) => (machine.startsWith(`${id}@`) ? [Number(machine.split("@")[1])] : [])),
    );
    const latest = Math.max(0, ...known);
    return Array.from({ length: latest }, (_, index) => index + 1).flatMap((version) =>
      known.has(version) ? [] : [`the row of ${id}@${version} is gone: rows of old versions stay`],
    );
  });
}
