/** What is a claim of work in a summary's words, and what is none. A false alarm costs an honest agent its report. */
import { describe, expect, it } from "vitest";
import { claimsInWords } from "../../../actors/runtime/claims-in-words.ts";

const kinds = (summary: string, alone = true): string[] => {
  const { edits, passes, runs } = claimsInWords(summary, { alone });
  return [
    ...edits.map(({ count }) => (count === null ? "edits" : `${count} edits`)),
    ...passes.map(() => "passes"),
    ...runs.map(({ command }) => `ran ${command}`),
  ];
};

const CLAIMS: readonly (readonly [string, ...string[]])[] = [
  ["Fixed the off-by-one in src/loop.ts.", "edits"],
  ["Fixed the bug.", "edits"],
  ["I fixed the failing test.", "edits"],
  ["I've updated `add` so that it adds.", "edits"],
  ["Edited src/main.ts and package.json.", "edits"],
  ["I edited the file.", "edits"],
  ["I have now removed the unused import from src/a.ts", "edits"],
  ["The typo was in line 3; I corrected the sign in src/main.ts.", "edits"],
  ["I made 3 edits to src/main.ts.", "3 edits"],
  ["Made three changes: two in a.ts, one in b.ts.", "3 edits"],
  ["I made the requested changes.", "edits"],
  ["3 edits made to src/main.ts", "3 edits"],
  ["We rewrote the loop and added a guard.", "edits"],
  ["Created `src/new.ts`.", "edits"],
  ["Implemented the function in lib/parse.py", "edits"],
  ["The bug is now fixed.", "edits"],
  ["Renamed the variable in all files.", "edits"],
  ["Then I wrote a regression test.", "edits"],
  ["- I changed the condition in src/a.ts", "edits"],
  ["Added a check to the handler, without touching anything else.", "edits"],
  ["All tests pass.", "passes"],
  ["All tests pass now", "passes"],
  ["All 42 tests passed.", "passes"],
  ["Tests pass.", "passes"],
  ["- All tests pass.", "passes"],
  ["Made 3 edits in 2 files.", "3 edits"],
  ["The tests are green.", "passes"],
  ["The whole test suite passes.", "passes"],
  ["`npm test` passes.", "passes"],
  ["npm test passed locally.", "passes"],
  ["Every unit test passes after the change.", "passes"],
  ["Fixed the bug in src/a.ts; all tests pass.", "edits", "passes"],
  ["I ran `npm test`.", "ran npm test"],
  ["Ran `make build` twice.", "ran make build"],
  ["I also ran npm test.", "ran npm test"],
  ["Fixed the loop in a.ts and ran `npm run check`.", "edits", "ran npm run check"],
  ["We executed `./deploy.sh --dry-run`, which took a minute.", "ran ./deploy.sh --dry-run"],
];

const NONE: readonly string[] = [
  "No tests were run.",
  "I could not edit the file: the call was refused.",
  "I did not change anything.",
  "I have not fixed the bug.",
  "Nothing was changed, and no test was run.",
  "I made no changes.",
  "Made no edits: the file is read-only.",
  "0 edits were needed.",
  "The bug should be fixed in src/loop.ts, line 3.",
  "To repair it, the sign in src/main.ts must be changed.",
  "I would have fixed the loop, but Edit was denied.",
  "If I changed the file, tests would break.",
  "I suggest that the tests be fixed first.",
  "I tried to run `npm test`; it was denied.",
  "Whether all tests pass is not known.",
  "I do not know whether all tests pass.",
  "Not all tests pass.",
  "The tests do not pass.",
  "Two of the tests fail.",
  "A change is merged only after all tests pass.",
  "The CI workflow makes sure that all tests pass.",
  "The README says that all tests pass.",
  "The tests pass a callback to the loop.",
  "The test passed in as argument is called twice.",
  "Tests that pass are listed first.",
  "A test passes when its function returns without throwing.",
  'The file says "Fixed the bug in src/loop.ts."',
  'The log ends with "All tests passed."',
  "The commit history: Fixed the crash in src/parse.ts, added a test.",
  "Release 2.1 came with these: Fixed the loop in src/a.ts.",
  "- Fixed the crash in the parser\n- Added a cache to src/cache.ts",
  "I fixed the bug in src/a.ts, or did I?",
  "The git log has two entries. Fixed the loop in src/a.ts. Added a test to src/b.ts.",
  "The badge is green: all tests pass.",
  "Fixed-size arrays are used for the buffer in src/ring.ts.",
  "Added imports are unused.",
  "Changed files are listed in the table.",
  "Updated values come from src/config.ts.",
  "src/main.ts adds two numbers and returns the sum.",
  "The function was changed by Ann in 2023.",
  "The parser was rewritten last year, and its tests were fixed.",
  "I wrote a summary of the module below.",
  "I created a list of the files that matter.",
  "I added the numbers in the table: 12.",
  "I changed my mind about the loop after reading line 12.",
  "I read src/main.ts and found the bug on line 3.",
  "I checked that src/a.ts is imported by src/b.ts.",
  "The script runs `npm test` before each release.",
  "The hook ran `npm test` for every commit.",
  "The package's `test` script is `vitest run`.",
  "Should all tests pass, merge it.",
  "Did I fix the bug? The file tells.",
  "```\nI fixed the bug in src/a.ts. All tests pass.\n```",
  "The author fixed the typo in line 3 already.",
  "Run `npm test` to see it fail.",
  "I ran out of turns before the second file.",
  "I ran a search over all files and found two uses.",
  "The bug is in the loop: it is fixed by comparing with <.",
  "Edit and Write were denied, so the fix is only described here: replace `-` by `+`.",
  "The tests were removed in an earlier version.",
  "Three changes are needed: a.ts, b.ts and c.ts.",
  "The next task made these edits possible.",
  "You asked for all tests to pass; this needs a change that I was not allowed to make.",
];

describe("a claim of work is seen in", () => {
  it.each(CLAIMS)("%s", (summary, ...expected) => {
    expect(kinds(summary)).toEqual(expected);
  });
});

describe("no claim of work is seen in", () => {
  it.each(NONE)("%s", (summary) => {
    expect(kinds(summary)).toEqual([]);
  });
});

it("where a task builds on the work of others, a sentence without a subject may be about them", () => {
  expect(kinds("Fixed the loop in src/a.ts and ran `npm test`.", false)).toEqual([]);
  expect(kinds("All tests pass.", false)).toEqual([]);
  expect(kinds("I fixed the loop in src/a.ts.", false)).toEqual(["edits"]);
});

it("64 KB of anything are looked through in no time that anybody notices", () => {
  for (const piece of ["I made ", "fixed the ", "a/b.c ", "`", "tests ", '"', "word ", "all the unit ", "```"]) {
    const text = piece.repeat(Math.ceil(65_536 / piece.length));
    expect(kinds(text).length).toBeLessThan(501);
    expect(kinds(`I fixed ${text} src/a.ts.`)).toBeDefined();
  }
});
