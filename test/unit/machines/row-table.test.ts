/** A table of rows in an array: whoever reads it cannot tell it from the record that it stands for, and nobody writes it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableLike, tableOf } from "../../../machines/row-table.ts";

interface Row {
  readonly id: string;
  readonly said: number;
}

const ids = fc.uniqueArray(
  fc.string({ minLength: 1, maxLength: 8 }).filter((id) => !/^\d+$/.test(id)),
  {
    minLength: 1,
    maxLength: 12,
  },
);
const rowsOf = (names: readonly string[]): Row[] => names.map((id, said) => ({ id, said }));
const recordOf = (rows: readonly Row[]): Record<string, Row> =>
  Object.assign(Object.create(null) as Record<string, Row>, Object.fromEntries(rows.map((row) => [row.id, row])));

describe("a table", () => {
  it("reads as the record does: by name, in order, spread, as JSON, and of what it does not hold", () => {
    fc.assert(
      fc.property(ids, (names) => {
        const rows = rowsOf(names);
        const [table, record] = [tableOf(rows), recordOf(rows)];
        expect(JSON.stringify(table)).toBe(JSON.stringify(record));
        expect(Object.entries(table)).toEqual(Object.entries(record));
        expect({ ...table }).toEqual({ ...record });
        for (const name of [...names, "toJSON", "constructor", "hasOwnProperty", "length", "none"]) {
          expect(table[name]).toBe(record[name]);
          expect(name in table).toBe(name in record);
        }
      }),
    );
  });

  it("takes no write, of a row or of all", () => {
    const table = tableOf(rowsOf(["a", "b"])) as Record<string, Row>;
    expect(() => {
      table.a = { id: "a", said: 9 };
    }).toThrow(TypeError);
    expect(() => delete table.a).toThrow(TypeError);
    expect(() => Object.defineProperty(table, "c", { value: 1 })).toThrow(TypeError);
    expect(JSON.stringify(table)).toBe('{"a":{"id":"a","said":0},"b":{"id":"b","said":1}}');
  });

  it("made like another leaves that one as it was", () => {
    const first = tableOf(rowsOf(["a", "b"]));
    const second = tableLike(first, [{ id: "a", said: 7 }, first.b as Row]);
    expect([first.a?.said, second.a?.said, second.b === first.b]).toEqual([0, 7, true]);
    const plain = tableLike(recordOf(rowsOf(["x"])), rowsOf(["x"]));
    expect(Object.keys(plain)).toEqual(["x"]);
  });
});
