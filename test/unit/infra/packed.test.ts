// What is stored packed comes back to the letter, what is stored plain is left alone, and what is damaged is refused by name.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packed, packedStep, unpacked } from "../../../infra/redis/packed.ts";
import { CODED_MAX_LENGTH, wordCode } from "../../../infra/redis/word-code.ts";
import { STEP_WORDS } from "../../../infra/redis/words-of-steps.ts";
import { TEXT_WORDS } from "../../../infra/redis/words-of-text.ts";

/** Lone surrogates have no place in UTF-8; nothing that is stored has any, because all of it is JSON from JSON.stringify. */
const wellFormed = (text: string): string => Buffer.from(text).toString();
const ways = [packed, packedStep] as const;
const bytes = (text: string): Buffer => Buffer.from(packedStep(text));

const own = (id: string): string => `"effect":"\u00010.${id}:0"`;
const entry = [
  '{"v":1,"version":21,"cause":{"event":{"type":"model.answered","turn":9,"stop":"tool_use","calls":[{"id":"toolu_9","tool":"Read","inputHash":"45450141f412b949","risk":"read-only","repeat":"safe","status":"judged"}],"report":null}},',
  `"by":{${own("20")}},"state":"executing","hash":"bf57c7f419d5f611","events":[{"type":"model.answered",${own("20")},"turn":9,"stop":"tool_use","calls":1,"model":"claude-opus-4-5","request":"req_011CSHoEeqs5C35K2UUqR7Fy","transcript":19,`,
  '"usage":{"inputTokens":50,"outputTokens":150,"cacheReadTokens":4400,"cacheWriteTokens":350}},{"type":"tool.matched","call":"toolu_9","tool":"Read","query":"Read","candidates":["Read"],"choice":"Read"},',
  `{"type":"budget.settled",${own("20")},"tokens":4950,"nanoUsd":5032500},{"type":"agent.state","from":"thinking.calling","to":"executing"},{"type":"tool.intended",${own("21")},"call":"toolu_9","tool":"Read","input":{"file_path":"src/main.ts"}}],"said":1}`,
].join("");
/** Text out of the lists' own words, cut anywhere, among everything else that there is. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(...STEP_WORDS.split("¦"), ...TEXT_WORDS.split("¦")),
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.stringMatching(/^"[0-9a-f]{14,18}"?$/),
      fc.nat().map(String),
    ),
    { maxLength: 120 },
  )
  .map((parts) => wellFormed(parts.join("")));

describe("packed text", () => {
  it("comes back to the letter, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 2_000 }), fc.json({ maxDepth: 6 }), pieces),
        fc.constantFrom(...ways),
        (text, pack) => {
          expect(unpacked(Buffer.from(pack(text)))).toBe(wellFormed(text));
        },
      ),
      { numRuns: 1_000 },
    );
  });
  it("comes back in any script and at any length", () => {
    for (const piece of [
      "ä",
      "значит, ",
      "漢字かな",
      "👩‍👩‍👧",
      "\u0000\u0001\u007f",
      '"0123456789abcdef',
      "x",
      entry,
    ]) {
      for (const times of [1, 63, 64, 65, 300, CODED_MAX_LENGTH, CODED_MAX_LENGTH + 1]) {
        const text = piece.repeat(Math.ceil(times / piece.length));
        for (const pack of ways) expect(unpacked(Buffer.from(pack(text)))).toBe(text);
      }
    }
  });
  it("that looks packed already is packed once more, never taken for what it is not", () => {
    for (const mark of ["~", "\u0002", "\u0003"]) {
      for (const text of [mark, `${mark}x`, `${mark}${"x".repeat(1_000)}`]) {
        expect(Buffer.isBuffer(packed(text))).toBe(true);
        expect(unpacked(Buffer.from(packed(text)))).toBe(text);
      }
    }
  });
  it("is a fraction of a usual entry, and a short text is left as it is", () => {
    expect(packedStep(entry).length).toBeLessThan(entry.length / 5);
    const said = `{"role":"assistant","content":[{"type":"text","text":"The function reads the file, and returns an error where there is none.\\n"}]}`;
    expect(packed(said).length).toBeLessThan(said.length * 0.6);
    expect(packed(`{"v":1}`)).toBe(`{"v":1}`);
  });
  it("is never longer than the text, whatever it is made of", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 64, maxLength: 400 }), (text) => {
        fc.pre(!["~", "\u0002", "\u0003"].includes(text.charAt(0)));
        for (const pack of ways) expect(Buffer.byteLength(pack(text))).toBeLessThanOrEqual(Buffer.byteLength(text));
      }),
    );
  });
});

describe("a packed text that is damaged", () => {
  const whole = bytes(entry);
  it("is refused, cut off anywhere", () => {
    expect(whole.length).toBeGreaterThan(40);
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => unpacked(Buffer.from(whole.subarray(0, length))), String(length)).toThrow(/is damaged/);
    }
  });
  it("is refused where bytes were added", () => {
    expect(() => unpacked(Buffer.concat([whole, Buffer.of(0)]))).toThrow(/is damaged/);
  });
  it("is refused or reads otherwise than before, never as what it was, with any one bit changed", () => {
    let refused = 0;
    for (let bit = 8; bit < whole.length * 8; bit += 1) {
      const changed = Buffer.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      try {
        expect(unpacked(changed)).not.toBe(entry);
      } catch (cause) {
        expect(String(cause)).toContain("a stored text is damaged");
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan((whole.length - 1) * 8 * 0.999);
  });
  it("is refused where it was deflated", () => {
    const long = Buffer.from(packed("a log entry ".repeat(1_000)));
    expect(() => unpacked(long.subarray(0, -8))).toThrow();
  });
  it("ends: a few bytes cannot become more than was ever stored so", () => {
    const bomb = Buffer.alloc(100_000, 0xff);
    bomb[0] = 0x03;
    expect(() => unpacked(bomb)).toThrow(/is damaged/);
  });
});

describe("a list of words", () => {
  it("gives back a text in which any of its words breaks off at any place, before whatever else there is", () => {
    for (const list of [STEP_WORDS, TEXT_WORDS]) {
      const code = wordCode(list);
      const words = list.replaceAll("\n", "").split("¦");
      expect(words.length).toBeGreaterThan(500);
      for (const word of words) {
        const broken = (next: string): string =>
          Array.from(word, (_, at) => wellFormed(word.slice(0, at + 1)) + next).join("");
        for (const next of ["\u0000", "\u0001", "~", "ä"]) {
          const text = broken(next);
          for (let from = 0; from < text.length; from += CODED_MAX_LENGTH) {
            const part = text.slice(from, from + CODED_MAX_LENGTH);
            expect(code.decoded(Buffer.from(code.coded(part, 2), "latin1"))).toBe(part);
          }
        }
      }
    }
  });
  it("that lacks a character, or names a word twice, is refused when it is read", () => {
    expect(() => wordCode(TEXT_WORDS.replace("¦Q¦", "¦"))).toThrow(/no word for Q/);
    expect(() => wordCode(`${TEXT_WORDS}¦the `)).toThrow(/twice/);
    expect(() => wordCode(TEXT_WORDS.replace("␃", "␃␃"))).toThrow(/lacks a sign/);
  });
});
