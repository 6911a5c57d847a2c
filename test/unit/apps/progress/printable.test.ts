import fc from "fast-check";
import { describe, expect, test as law } from "vitest";
import { clip, clipStart, padEnd, printable, width, wrap } from "../../../../apps/cli/progress/printable.ts";

const text = fc.string({ unit: "binary", maxLength: 60 });

describe("printable text", () => {
  law("holds nothing that moves the cursor, hides or turns text, whatever went in", () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(printable(raw)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
        expect(printable(printable(raw))).toBe(printable(raw));
      }),
    );
  });

  law("shows what it took out by its code, and leaves honest text alone", () => {
    expect(printable("a\u001b[31mb")).toBe("a\\x1b[31mb");
    expect(printable("a\u202eb")).toBe("a\\u{202e}b");
    expect(printable("one\r\n\ttwo")).toBe("one two");
    expect(printable("naïve Übergröße 漢字 שלום 🎉")).toBe("naïve Übergröße 漢字 שלום 🎉");
  });
});

describe("columns", () => {
  law("wide characters take two, marks none", () => {
    expect(["한글", "カナ", "ｗｉｄｅ", "𠀀", "𗀀", "ꥠ", "❤️"].map(width)).toEqual([4, 4, 8, 2, 2, 2, 2]);
    expect([width("abc"), width("漢字"), width("e\u0301"), width("🎉"), width("●◐○✓✗■□…")]).toEqual([3, 4, 1, 2, 8]);
  });

  law("what is cut or padded fits, and what fits already is left as it is", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 70 }), (raw, columns) => {
        const clean = printable(raw);
        for (const cut of [clip(clean, columns), clipStart(clean, columns)]) {
          expect(width(cut)).toBeLessThanOrEqual(columns);
          if (width(clean) <= columns) expect(cut).toBe(clean);
        }
        expect(width(padEnd(clean, columns))).toBe(Math.max(columns, width(clean)));
      }),
    );
    expect([clip("abcdef", 4), clipStart("abcdef", 4)]).toEqual(["abc…", "…def"]);
  });

  law("wrapped lines fit and lose no word", () => {
    const words = fc.array(fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 40 }), (list, columns) => {
        const whole = printable(list.join(" "));
        const lines = wrap(whole, columns);
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
        expect(lines.join("").replaceAll(" ", "")).toBe(whole.replaceAll(" ", ""));
      }),
    );
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("", 7)).toEqual([""]);
  });
});
