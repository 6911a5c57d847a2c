/** One state has one hash, however it was come by: a replay has nothing else to hold its own against. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stateHash } from "../../../actors/runtime/state-hash.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** fnv-1a, as it is written down everywhere. */
const bucketOf = (key: string): number =>
  [...key].reduce((hash, character) => Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0, 0x811c9dc5) % 64;

/** As it is written down in words: the core, then every row's hash in the order of the keys; above 64 rows those of 64 buckets. */
function plainly(core: string, rows: ReadonlyMap<string, string>): string {
  const lines = [...rows].map(([key, json]) => ({ key, line: `${key}=${sha(json)}` }));
  if (lines.length === 0) return sha(core);
  const sorted = lines.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  if (lines.length <= 64) return sha(`${core}\n${sorted.map(({ line }) => line).join("\n")}`);
  const buckets = Array.from({ length: 64 }, (_, at) => sorted.filter(({ key }) => bucketOf(key) === at));
  const hashes = buckets.map((of) => (of.length === 0 ? "" : sha(of.map(({ line }) => line).join("\n"))));
  return sha(`${core}\n${hashes.join("\n")}`);
}

const few = fc.stringMatching(/^[a-c](-\d)?$/);
const many = fc.stringMatching(/^[a-c][a-c]?-\d$/);
const changesOf = (key: fc.Arbitrary<string>, max: number) =>
  fc.array(fc.array(fc.tuple(key, fc.string({ maxLength: 5 })), { maxLength: max }), { maxLength: 8 });
const changes = fc.oneof(changesOf(few, 6), changesOf(many, 40));

describe("the hash of a state", () => {
  it("is that of its core and rows after every change, whatever came new, changed or came again", () => {
    fc.assert(
      fc.property(changes, fc.string(), (steps, core) => {
        const rows = new Map<string, string>();
        const hash = stateHash();
        for (const step of steps) {
          const rowsSet = new Map(step);
          for (const [key, json] of rowsSet) rows.set(key, json);
          expect(hash.after({ core, rowsSet })).toBe(plainly(core, rows));
        }
        expect(stateHash(rows).after({ core, rowsSet: new Map() })).toBe(plainly(core, rows));
      }),
    );
  });

  it("is the same for the same rows, one by one or all at once, on either side of the 64th", () => {
    for (const count of [63, 64, 65, 66, 200]) {
      const all = Array.from({ length: count }, (_, at) => [`tasks/t${at}`, `{"at":${at}}`] as const);
      const stepwise = stateHash();
      for (const row of all.toReversed()) stepwise.after({ core: "", rowsSet: new Map([row]) });
      const hash = stepwise.after({ core: "{}", rowsSet: new Map() });
      expect(hash).toBe(plainly("{}", new Map(all)));
      expect(stateHash(new Map(all)).after({ core: "{}", rowsSet: new Map() })).toBe(hash);
    }
  });

  it("is another where one row of a thousand is another", () => {
    const rows = new Map(Array.from({ length: 1_000 }, (_, at) => [`tasks/t${at}`, `{"at":${at}}`]));
    const hash = stateHash(rows);
    const before = hash.after({ core: "{}", rowsSet: new Map() });
    expect(hash.after({ core: "{}", rowsSet: new Map([["tasks/t500", "{}"]]) })).not.toBe(before);
    expect(hash.after({ core: "{}", rowsSet: new Map([["tasks/t500", '{"at":500}']]) })).toBe(before);
  });
});
