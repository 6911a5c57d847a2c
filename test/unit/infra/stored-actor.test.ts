// What a step writes anew is stored short, and comes back as it was: cores, orders, names of effects, log entries, money.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asGiven } from "../../../infra/redis/latin1.ts";
import { lengthened, shortened } from "../../../infra/redis/shortened.ts";
import {
  effectFrom,
  entryFrom,
  fullId,
  HEAD,
  headFrom,
  heldFields,
  laidRow,
  pendingFrom,
  plainEffect,
  type StoredSnapshot,
  snapshotFields,
  snapshotFrom,
  snapshotRecord,
  storedEntry,
  storedId,
  storedOrder,
} from "../../../infra/redis/stored-actor.ts";
import { budgetFrom, toldRow } from "../../../infra/redis/stored-budget.ts";

const actor = { run: "r_one", actor: "a_look" };
const core =
  '{"value":{"thinking":"calling"},"context":{"turn":9,"calls":[{"id":"toolu_8","tool":"Read","inputHash":"78057786ef486336","risk":"read-only","repeat":"safe","status":"done"}]}}';
/** JSON out of the very pieces that are stored as one character, in any order and cut anywhere. */
const pieces = fc
  .array(fc.oneof(fc.constantFrom(...core.split(/(?<=[:,"])/)), fc.string({ unit: "binary", maxLength: 4 })), {
    maxLength: 30,
  })
  .map((parts) => JSON.stringify({ text: parts.join(""), list: parts }));

describe("shortened JSON", () => {
  it("comes back to the letter, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(pieces, fc.json({ maxDepth: 5 })), (json) => {
        expect(lengthened(shortened(json))).toBe(json);
      }),
      { numRuns: 1_000 },
    );
  });
  it("is a third of a usual core, and what holds control characters stays as it is", () => {
    expect(shortened(core).length).toBeLessThan(core.length / 3);
    for (const text of ['{\n"a":1}', "\u0001", "\u0000{}"]) expect(lengthened(shortened(text))).toBe(text);
  });
  it("with a code that stands for nothing throws instead of giving something else", () => {
    expect(() => lengthened("^\u001f")).toThrow(/stands for nothing/);
    expect(() => lengthened("^\u0000")).toThrow(/stands for nothing/);
  });
});

describe("a stored effect", () => {
  const ids = fc.oneof(
    fc.string({ unit: "grapheme-ascii", minLength: 1 }).map((id) => id.replaceAll(" ", "_")),
    fc.constantFrom("r_one/a_look/0.3:0", "r_one/a_look//x", "/x", "r_one/a_look/", "r_two/a_look/0.1:0"),
  );
  it("has its whole name back, and no two share one", () => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        expect(fullId(actor, storedId(actor, one))).toBe(one);
        expect(storedId(actor, one) === storedId(actor, other)).toBe(one === other);
      }),
    );
    expect(storedId(actor, "r_one/a_look/0.3:0")).toBe("0.3:0");
  });
  it("is told with what it was granted, and whether it was never begun", () => {
    const id = "r_one/a_look/0.3:0";
    const json = '{"type":"model.call","turn":3,"attempt":0}';
    const fields = { "0": `0.3:0 10 200 3000 ${storedOrder(json)}`, "1": "/x {}", "/x#held": "1", "/x#found": "2" };
    expect(pendingFrom(actor, fields)).toEqual([
      { id, json, grant: { outTokens: 10, tokens: 200, nanoUsd: 3_000 }, held: false },
      { id: "x", json: "{}", grant: null, held: true },
    ]);
    expect(Object.entries(fields).flatMap(([field, value]) => plainEffect(actor, field, value))).toEqual([
      [id, json],
      [`${id}#grant`, "10 200 3000"],
      ["x", "{}"],
      ["x#held", "1"],
      ["x#found", "2"],
    ]);
    expect(pendingFrom(actor, Object.fromEntries(heldFields(actor, [{ id, json }])))).toEqual([
      { id, json, grant: null, held: true },
    ]);
  });
  it("bound to a place is left plain, because a claim has to read where", () => {
    const json = '{"type":"tool.run","call":"toolu_1","tool":"Bash","place":"here"}';
    expect(storedOrder(json)).toBe(json);
    expect(storedOrder(json.replace("place", "plaze"))).not.toBe(json.replace("place", "plaze"));
  });
  it("in another form throws", () => {
    expect(() => effectFrom(actor, "{}")).toThrow(/nobody knows/);
  });
});

describe("a stored snapshot", () => {
  it("comes back with version, core, machine and rows; in another form it throws", () => {
    const birth = JSON.stringify({ actor: "a_look", parentType: "coordinator", standsOn: ["res_a", "res_b"] });
    const rows = new Map([
      ["tasks/a", '{"status":"failed"}'],
      ["birth", birth],
    ]);
    const one = { version: 7, machine: "general@1", core, rows };
    const stored = (of: StoredSnapshot) =>
      snapshotRecord(snapshotFields(of).map(([field, value]) => [field, Buffer.from(value)]));
    expect(snapshotFrom(stored(one))).toEqual(one);
    const packedBirth = snapshotFields(one).find(([field]) => field === "r:birth")?.[1].length;
    expect(packedBirth).toBeLessThan(birth.length);
    const none = { version: 0, machine: null, core: null, rows: new Map() };
    expect(snapshotFrom(stored(none))).toEqual(none);
    expect(headFrom(`3 12 4 n.3 ${shortened(core)}`)).toEqual({ version: 3, core });
    expect(() => snapshotFrom({ [HEAD]: "3" })).toThrow(/nobody knows/);
  });
});

describe("a stored log entry", () => {
  it("names its own effects again by run and actor, and no others", () => {
    const own = '{"by":{"effect":"r_one/a_look/0.2:0"},"text":"see r_one/a_look/0.2:0","other":"r_one/a_tell/0.1:0"}';
    expect(storedEntry(actor, own)).not.toContain('"r_one/a_look/');
    expect(storedEntry(actor, own)).toContain('"r_one/a_tell/0.1:0"');
    expect(entryFrom(actor, storedEntry(actor, own))).toBe(own);
  });

  it("tells once which effect it answers and which version it makes, and names them by a sign from there on", () => {
    const id = (version: string): string => `"effect":"r_one/a_look/0.${version}"`;
    const told = `"version":21,"cause":{"event":{${id("20:0")}}},"by":{${id("20:0")}},"events":[{${id("20:0")}},{${id("21:0")}},{${id("21:1")}},{${id("2:0")}}]`;
    const stored = storedEntry(actor, `{"v":1,${told}}`);
    expect(stored).toBe(
      '{"v":1,"version":21,"cause":{"event":{"effect":"\x010.20:0"}},"by":{"effect":"\x010.20:0"},"events":[{"effect":"\x01\x02"},{"effect":"\x01\x03:0"},{"effect":"\x01\x03:1"},{"effect":"\x010.2:0"}]}',
    );
    expect(entryFrom(actor, stored)).toBe(`{"v":1,${told}}`);
  });

  it("comes back to the letter, whatever it says of effects and versions, and wherever", () => {
    const own = fc
      .tuple(fc.nat(2), fc.nat(3), fc.nat(2))
      .map(([at, version, n]) => `r_one/a_look/${at}.${version}:${n}`);
    const parts = fc.oneof(
      own.map((id) => `"effect":"${id}"`),
      own.map((id) => `"by":{"effect":"${id}"}`),
      own.map((id) => JSON.stringify(`"by":{"effect":"${id}"}`)),
      fc.nat(3).map((version) => `"version":${version},`),
      fc.constantFrom(",", "{", "}", '"', '"r_one/a_look/', "0.1:", "r_one/a_tell/0.1:0"),
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (some) => {
        expect(entryFrom(actor, storedEntry(actor, some.join("")))).toBe(some.join(""));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the row of a task", () => {
  it("begins with the status and the actor that it names itself, for a script to read, and comes back whole", () => {
    const rowOf = (over: object) =>
      JSON.stringify({
        id: "a",
        needs: [],
        limits: { turnsMax: 1 },
        status: "failed",
        actor: null,
        reasons: [],
        ...over,
      });
    const inside = rowOf({ actor: "a_x.2", reasons: ['"status":"verified","actor":"a_other"'] });
    for (const [json, opening] of [
      [rowOf({}), "failed - "],
      [rowOf({ status: "running", actor: "a_a" }), "running a_a "],
      [inside, "failed a_x.2 "],
    ] as const) {
      const stored = asGiven(laidRow("tasks/a", json));
      expect(stored.toString("latin1").startsWith(opening)).toBe(true);
      expect(snapshotRecord([["r:tasks/a", Buffer.from(stored)]])).toEqual({ "r:tasks/a": json });
      expect(stored.length).toBeLessThan(json.length);
    }
    expect(laidRow("tasks/a", "{}")).toBe("{}");
    expect(laidRow("proposals/a", inside)).toBe(inside);
  });
});

describe("stored money", () => {
  it("stands beside the limits by its names, and not in the row", () => {
    const row = { status: "running", m: "4950 5032500 8192 7 50 150 4400 350 1 0" };
    expect(budgetFrom({ tokensMax: "9000" }, row)).toEqual({
      tokensMax: "9000",
      tokens: "4950",
      nano: "5032500",
      heldTokens: "8192",
      heldNano: "7",
      input: "50",
      output: "150",
      cacheRead: "4400",
      cacheWrite: "350",
      calls: "1",
    });
    expect(budgetFrom({}, { status: "running" })).toEqual({ tokens: "0", nano: "0", heldTokens: "0", heldNano: "0" });
    expect(toldRow(row)).toEqual({ status: "running" });
  });
});
