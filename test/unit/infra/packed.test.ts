// What is stored packed comes back to the letter, and what is stored plain is left alone.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packed, unpacked } from "../../../infra/redis/packed.ts";

/** Lone surrogates have no place in UTF-8; nothing that is stored has any, because all of it is JSON from JSON.stringify. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

describe("packed text", () => {
  it("comes back to the letter, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 2_000 }), fc.json({ maxDepth: 6 })), (text) => {
        expect(unpacked(Buffer.from(packed(text)))).toBe(wellFormed(text));
      }),
      { numRuns: 300 },
    );
  });
  it("that looks packed already is packed once more, never taken for what it is not", () => {
    for (const text of ["~", "~x", `~${"x".repeat(1_000)}`]) {
      expect(Buffer.isBuffer(packed(text))).toBe(true);
      expect(unpacked(Buffer.from(packed(text)))).toBe(text);
    }
  });
  it("is a fraction of a usual entry, and a short text is left as it is", () => {
    const event = `{"type":"permission.decided","call":"toolu_7","tool":"Read","decision":"allow","risk":"read-only"}`;
    const entry = `{"v":1,"machine":"general@1#0123abcd","version":7,"events":[${Array(8).fill(event).join(",")}]}`;
    expect(packed(entry).length).toBeLessThan(entry.length / 3);
    expect(packed(`{"v":1}`)).toBe(`{"v":1}`);
  });
  it("that is not whole throws instead of giving less", () => {
    const whole = packed("a log entry ".repeat(100)) as Buffer;
    expect(() => unpacked(Buffer.from(whole.subarray(0, -8)))).toThrow();
  });
});
