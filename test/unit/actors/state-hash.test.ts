/** One state has one hash, however it was come by: a replay has nothing else to hold its own against. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stateHash } from "../../../actors/runtime/state-hash.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** As it is written down in words: the core, then every row's hash in the order of the keys. */
function plainly(core: string, rows: ReadonlyMap<string, string>): string {
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, json]) => `\n${key}=${sha(json)}`);
  return sha(core + lines.join(""));
}

const changes = fc.array(
  fc.array(fc.tuple(fc.stringMatching(/^[a-c](-\d)?$/), fc.string({ maxLength: 5 })), { maxLength: 6 }),
  {
    maxLength: 8,
  },
);

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

  it("is another where one row of a thousand is another", () => {
    const rows = new Map(Array.from({ length: 1_000 }, (_, at) => [`tasks/t${at}`, `{"at":${at}}`]));
    const hash = stateHash(rows);
    const before = hash.after({ core: "{}", rowsSet: new Map() });
    expect(hash.after({ core: "{}", rowsSet: new Map([["tasks/t500", "{}"]]) })).not.toBe(before);
    expect(hash.after({ core: "{}", rowsSet: new Map([["tasks/t500", '{"at":500}']]) })).toBe(before);
  });
});
