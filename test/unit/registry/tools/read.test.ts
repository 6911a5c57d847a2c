// Read shows what stands in a file, says what it left out, and refuses what is no text.

import { symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OUTPUT_CHARS_MAX } from "../../../../registry/tool.ts";
import { toolNamed } from "../../../../registry/tools/index.ts";
import { callTool, workspaceOf } from "../../../support/workspace.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

describe("Read", () => {
  test("numbers the lines and ends where the file ends", async () => {
    const box = await workspaceOf({ "a.txt": "one\n\ttwo\n\nfour" });
    expect(await callTool(box, "Read", { file_path: "a.txt" })).toMatchObject({
      ok: true,
      text: "     1\tone\n     2\t\ttwo\n     3\t\n     4\tfour",
      truncated: false,
    });
  });

  test("says which file it showed, by its real path and the hash of the whole of it, and says so of nothing else", async () => {
    const box = await workspaceOf({ "in/a.txt": numbered(5_000), "b.bin": "a\0b", "empty.txt": "" });
    symlinkSync("in/a.txt", join(box.root, "link.txt"));
    const saw = async (file_path: string, more = {}) => (await callTool(box, "Read", { file_path, ...more })).saw;
    const whole = { path: "in/a.txt", sha256: (await box.hash("in/a.txt"))?.sha256 };
    expect(whole.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await saw("in/a.txt", { limit: 1 })).toEqual(whole);
    expect(await saw("./in/../link.txt")).toEqual(whole);
    expect((await saw("b.bin"))?.path).toBe("b.bin");
    expect((await saw("empty.txt"))?.path).toBe("empty.txt");
    for (const path of ["missing.txt", "in", "../outside"]) expect(await saw(path)).toBeUndefined();
  });

  test("shows a part, and the offset it names shows the next", async () => {
    const box = await workspaceOf({ "a.txt": numbered(5_000) });
    const first = await callTool(box, "Read", { file_path: "a.txt" });
    expect(first.text.split("\n")).toHaveLength(2_001);
    expect(first.text).toMatch(/\n {2}2000\tline 2000\n\[Lines 1-2000 of 5000; go on with offset 2001\.\]$/);
    expect(first.truncated).toBe(true);
    const next = await callTool(box, "Read", { file_path: "a.txt", offset: 4_999, limit: 10 });
    expect(next).toMatchObject({ ok: true, text: "  4999\tline 4999\n  5000\tline 5000", truncated: false });
  });

  test("an empty file and an offset past the end are said, with the number of lines", async () => {
    const box = await workspaceOf({ "empty.txt": "", "a.txt": "one\ntwo\n", "break.txt": "\n" });
    expect((await callTool(box, "Read", { file_path: "empty.txt" })).text).toBe("[empty.txt is empty.]");
    expect(await callTool(box, "Read", { file_path: "a.txt", offset: 3 })).toEqual({
      ok: false,
      text: "a.txt has 2 lines; there is no line 3.",
    });
    expect((await callTool(box, "Read", { file_path: "break.txt" })).text).toBe("     1\t");
  });

  test("long lines are cut between characters, and the cut is said", async () => {
    const box = await workspaceOf({ "a.txt": `${"x".repeat(1_999)}😀tail\nshort\n${"é".repeat(20_000)}\n` });
    const { text, truncated } = await callTool(box, "Read", { file_path: "a.txt" });
    const [first, second, third] = text.split("\n");
    expect(first).toBe(`     1\t${"x".repeat(1_999)}… [cut: 6 more characters]`);
    expect(second).toBe("     2\tshort");
    expect(third).toBe(`     3\t${"é".repeat(2_000)}… [cut: the line goes on for more than 32,000 bytes]`);
    expect(truncated).toBe(true);
  });

  test("a line that is kept only up to the middle of a character is not called invalid", async () => {
    const box = await workspaceOf({ "a.txt": `x${"é".repeat(20_000)}\n` });
    expect((await callTool(box, "Read", { file_path: "a.txt" })).text).not.toContain("not valid UTF-8");
  });

  test("never gives more than an answer may hold, and goes on where it stopped", async () => {
    const box = await workspaceOf({ "a.txt": `${"y".repeat(900)}\n`.repeat(300) });
    const { text } = await callTool(box, "Read", { file_path: "a.txt" });
    expect(text.length).toBeLessThanOrEqual(OUTPUT_CHARS_MAX);
    const last = Number(/of 300; go on with offset (\d+)\.\]$/.exec(text)?.[1]);
    expect(text.split("\n")).toHaveLength(last);
    expect((await callTool(box, "Read", { file_path: "a.txt", offset: last })).text).toMatch(
      new RegExp(`^ +${last}\ty`),
    );
  });

  test("a range deep in a huge file is found without holding the file", async () => {
    const box = await workspaceOf({ "huge.txt": numbered(200_000) });
    truncateSync(join(box.root, "huge.txt"), 300 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    const { text, truncated } = await callTool(box, "Read", { file_path: "huge.txt", offset: 150_000, limit: 1 });
    expect(text).toBe(
      "150000\tline 150000\n[Lines 150000-150000 of a file too long to count; go on with offset 150001.]",
    );
    expect(truncated).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  test("lines that lie across two ranges are whole", async () => {
    const line = `${"z".repeat(1_021)}€\n`;
    const box = await workspaceOf({ "a.txt": line.repeat(2_500) });
    const { text } = await callTool(box, "Read", { file_path: "a.txt", offset: 1_020, limit: 10 });
    expect(
      text
        .split("\n")
        .slice(0, 10)
        .every((row) => row.endsWith(`\t${line.trimEnd()}`)),
    ).toBe(true);
  });

  test("CR LF, a byte order mark and stray carriage returns do no harm", async () => {
    const box = await workspaceOf({ "a.txt": "\uFEFFone\r\ntwo\rstill two\r\n" });
    expect((await callTool(box, "Read", { file_path: "a.txt" })).text).toBe(
      "     1\tone\n     2\ttwo␍still two\n[Lines end in CR LF.]",
    );
  });

  test("invalid UTF-8 is shown as such and said", async () => {
    const box = await workspaceOf({ "a.txt": Buffer.from([0x61, 0xff, 0x62, 0x0a]) });
    const { ok, text } = await callTool(box, "Read", { file_path: "a.txt" });
    expect([ok, text]).toEqual([true, "     1\ta\uFFFDb\n[Some bytes are not valid UTF-8; they are shown as \uFFFD.]"]);
  });

  test("binary files, folders, missing files and paths outside each get a reason", async () => {
    const box = await workspaceOf({
      "a.png": Buffer.from([0x89, 0x50, 0, 1]),
      "utf16.txt": Buffer.from("\uFEFFhi", "utf16le"),
      "d/x": "",
    });
    const answers = await Promise.all(
      ["a.png", "utf16.txt", "d", "nope", "../x"].map((file_path) => callTool(box, "Read", { file_path })),
    );
    expect(answers.map(({ ok }) => ok)).toEqual([false, false, false, false, false]);
    expect(answers.map(({ text }) => text)).toEqual([
      "a.png is a binary file (4 bytes); only UTF-8 text can be shown.",
      "utf16.txt is UTF-16 text, which is not supported (6 bytes); only UTF-8 text can be shown.",
      '"d" is a folder. Read shows files only; use Glob to list a folder.',
      '"nope" does not exist in the workspace. Use Glob to find files.',
      '"../x" lies outside the workspace.',
    ]);
  });

  test("an unknown key or an impossible number is refused by name", () => {
    const issues = (input: unknown) =>
      toolNamed("Read")
        ?.input.safeParse(input)
        .error?.issues.map(({ message, path }) => `${path.join(".")}: ${message}`);
    expect(issues({ file_path: "a", lines: 3 })).toEqual([': Unrecognized key: "lines"']);
    expect(issues({ file_path: "a", offset: 0 })).toEqual([expect.stringMatching(/^offset: .*1/)]);
    expect(issues({})).toEqual([expect.stringMatching(/^file_path: /)]);
  });
});
