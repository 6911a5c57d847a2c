// A script that was called wrongly says so and how it is called, and begins nothing.
import { expect, test } from "vitest";
import { attempt, readFlags, wholeNumber } from "../../support/script-flags.ts";

const USAGE = "npm run it -- --seeds N";
const read = (...argv: string[]) => readFlags(argv, USAGE, { seeds: { type: "string", default: "5" } });

test("what is asked for is given, and what is not has its default", () => {
  expect(read("--seeds", "7")).toEqual({ values: { seeds: "7" } });
  expect(read()).toEqual({ values: { seeds: "5" } });
});

test("a question for help is answered with 0; a flag that nobody knows, or one without its value, is named with 2", () => {
  expect(read("--help")).toEqual({ say: USAGE, code: 0 });
  for (const [argv, named] of [
    [["--sedes", "7"], "'--sedes'"],
    [["--seeds"], "--seeds"],
    [["seven"], "seven"],
  ] as const) {
    const { say, code } = read(...argv) as { say: string; code: number };
    expect(code).toBe(2);
    expect(say).toContain(named);
    expect(say.endsWith(USAGE)).toBe(true);
  }
});

test("a number that is none, too small or not whole is refused with the flag's name and what was given", () => {
  expect(wholeNumber("rounds", "12")).toBe(12);
  for (const bad of ["", "abc", "1.5", "-1", "1e3", "0", "99999999999999999999"]) {
    expect(attempt(() => wholeNumber("rounds", bad, 1), USAGE)).toEqual({
      say: `--rounds takes a whole number from 1 on, not "${bad}"\n\n${USAGE}`,
      code: 2,
    });
  }
});
