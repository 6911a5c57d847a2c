// A quote holds when it stands where it is said to stand, and a scrap of a line proves nothing.

import { describe, expect, test } from "vitest";
import { quoteHolds } from "../../../registry/quote.ts";
import { workspaceOf } from "../../support/workspace.ts";

const source = [
  "  const answer = await client.create(request);",
  "  if (answer.ok) {",
  "",
  "    return answer;",
  "  }",
  "}",
].join("\r\n");
const tree = () => workspaceOf({ "a.ts": source, "b.bin": Buffer.from([0, 1]), "empty.ts": "" });
const verdict = async (path: string, line: number, quote: string) => quoteHolds(await tree(), { path, line, quote });

describe("a quote holds", () => {
  test.each([
    ["the whole line", 1, "const answer = await client.create(request);"],
    ["with other white space around it", 1, "\t const answer = await client.create(request); \r\n"],
    ["twelve characters of the line", 1, "await client"],
    ["a short line, if it is the whole of it", 6, "}"],
    ["several lines, one empty", 2, "if (answer.ok) {\n\n  return answer;\n}"],
    ["several lines, begun and ended within", 1, "client.create(request);\nif (answer.ok) {\n\nreturn answer;"],
    ["empty lines around it do not count", 4, "\n\nreturn answer;\n\n"],
  ])("%s", async (_what, line, quote) => {
    expect(await verdict("a.ts", line, quote)).toEqual({ holds: true });
  });
});

describe("a quote does not hold", () => {
  test.each([
    ["a scrap of the line", "a.ts", 1, "const answe", "12 characters"],
    ["the line before", "a.ts", 2, "const answer = await client.create(request);", "line 2 of a.ts reads otherwise"],
    ["other words", "a.ts", 1, "const answer = await client.delete(request);", "reads otherwise"],
    ["other white space within", "a.ts", 1, "const  answer = await client.create(request);", "reads otherwise"],
    ["a second line that is not there", "a.ts", 5, "}\n}\n}", "line 7 of a.ts does not exist"],
    ["a middle line only in part", "a.ts", 1, "client.create(request);\n(answer.ok) {\n\nreturn answer;", "line 2"],
    ["a first line from its beginning only", "a.ts", 1, "const answer = await\nif (answer.ok) {", "line 1"],
    ["nothing", "a.ts", 1, " \n ", "empty"],
    ["line 0", "a.ts", 0, "}", "not a line number"],
    ["past the end", "a.ts", 99, "}", "does not exist"],
    ["an empty file", "empty.ts", 1, "}", "does not exist"],
    ["a binary file", "b.bin", 1, "}", "binary"],
    ["a missing file", "nope.ts", 1, "}", "does not exist"],
    ["a file outside", "../../etc/passwd", 1, "root:x:0:0:root:/root:/bin/bash", "outside"],
    ["too much text", "a.ts", 1, "x".repeat(2_001), "longer"],
    ["too many lines", "a.ts", 1, "x\n".repeat(60), "longer"],
  ])("%s", async (_what, path, line, quote, why) => {
    expect(await verdict(path, line, quote)).toEqual({ holds: false, why: expect.stringContaining(why) });
  });
});
