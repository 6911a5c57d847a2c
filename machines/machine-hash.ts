/**
 * Tells one definition of a machine from another: the hash of its structure rides in its name, so that no state is ever
 * folded with a chart it was not made by. Equal source gives an equal hash on every Node and in every build.
 *
 * Hashed: states, transitions, names of guards, actions and delays, what is written down as data (params, meta, constant
 * delays, limits). Not hashed: the bodies of functions, whose text a compiler may change, and descriptions. A changed
 * body is caught where machines are explored in the tests (`test/golden/machines.json`).
 */
import type { AnyStateMachine } from "xstate";
import type { StoredShape } from "./snapshot.ts";

/** Eight hex digits. A guard against mistakes, never against an attacker: 32 bits. */
export const machineHash = (machine: AnyStateMachine, shape: StoredShape): string =>
  crc32(structureOf(machine, shape)).toString(16).padStart(8, "0");

/** Structure and storage layout as canonical JSON: keys sorted, functions as `"ƒ"`. */
function structureOf(machine: AnyStateMachine, shape: StoredShape): string {
  const { guards, actions, delays } = machine.implementations;
  return JSON.stringify({
    config: structural(machine.config),
    guards: Object.keys(guards).sort(),
    actions: Object.keys(actions).sort(),
    delays: structural(delays),
    shape,
  });
}

function structural(part: unknown): unknown {
  if (typeof part === "function") return "ƒ";
  if (Array.isArray(part)) return part.map(structural);
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).filter(([key, value]) => value !== undefined && !isWording(key, value));
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, structural(value)]),
  );
}

/** A state may be called `description`, but it is an object then. */
const isWording = (key: string, value: unknown): boolean => key === "description" && typeof value === "string";

const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as in zlib, over UTF-8; `machines/` has no cryptography, and this needs none. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}
