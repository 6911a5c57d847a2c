// An archive file: what was written is what is read, and a file that was torn or altered is refused at the line where it
// parts, never used in part.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ArchiveHeader, ArchiveItem } from "../../../../infra/archive/format.ts";
import { readArchive } from "../../../../infra/archive/read-archive.ts";
import { writeArchive } from "../../../../infra/archive/write-archive.ts";
import { SwarmError } from "../../../../infra/errors.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "statehive-archive-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const header: ArchiveHeader = {
  kind: "archive",
  v: 1,
  statehive: "0.0.0",
  run: "r_one",
  machines: ["agent@1"],
  row: { status: "completed", seq: "3", goal: "lines\nof\u2028every\u2029kind\r" },
};

const items: ArchiveItem[] = [
  { key: "log", id: "1-0", fields: { t: "1", a: "r_one/a/b", b: "{}" } },
  { key: "log", id: "2-0", fields: { t: "2", a: "r_one/a/b", b: "{}" } },
  { key: "budget", field: "tokens", value: "7" },
  { key: "a_x:transcript", index: 0, value: '{"role":"user"}' },
  { key: "a_x:session", value: "{}" },
  { key: "odd", member: "m", score: "1.5" },
];

async function* each<Item>(all: readonly Item[]): AsyncGenerator<Item> {
  yield* all;
}

const written = async (all: readonly ArchiveItem[] = items): Promise<string> =>
  (await writeArchive(dir, header, each(all))).file;

async function refusal(file: string): Promise<SwarmError> {
  const cause: unknown = await readArchive(file).then(
    () => null,
    (error: unknown) => error,
  );
  expect(cause).toBeInstanceOf(SwarmError);
  return cause as SwarmError;
}

describe("an archive file", () => {
  it("gives back header and items as they were, whatever text they hold", async () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const item: fc.Arbitrary<ArchiveItem> = fc.oneof(
      fc.record({
        key: fc.constantFrom("log", "audit"),
        id: text,
        fields: fc.dictionary(text, text, { noNullPrototype: true }),
      }),
      fc.record({ key: fc.constantFrom("budget", "__proto__"), field: text, value: text }),
      fc.record({ key: fc.constantFrom("t"), index: fc.nat(), value: text }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 30 }), async (all) => {
        const safe = all.filter((one) => !("fields" in one && Object.hasOwn(one.fields, "__proto__")));
        const archived = await readArchive(await written(safe));
        expect(archived.header).toEqual(header);
        for (const key of new Set(safe.map((one) => one.key)))
          expect(archived.items(key)).toEqual(safe.filter((one) => one.key === key));
      }),
      { numRuns: 25 },
    );
  });

  it("is private, and nothing lies beside it when it is done", async () => {
    const file = await written();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(["r_one.jsonl"]);
  });

  it("is refused, wherever it is cut off, naming the line it is torn at", async () => {
    const whole = readFileSync(await written());
    const file = join(dir, "torn.jsonl");
    for (let length = 0; length < whole.length; length += 1) {
      const cut = whole.subarray(0, length);
      writeFileSync(file, cut);
      const { code, message } = await refusal(file);
      const line = cut.filter((byte) => byte === 10).length + 1;
      expect([code, message]).toEqual(["archive.damaged", expect.stringContaining(`${file}, line ${line}:`)]);
    }
  });

  it("is refused where a single character was changed, naming that line", async () => {
    const text = readFileSync(await written(), "utf8");
    const file = join(dir, "altered.jsonl");
    for (let at = 0; at < text.length; at += 3) {
      const was = text[at] as string;
      if (was === "\n") continue;
      writeFileSync(file, `${text.slice(0, at)}${was === "a" ? "b" : "a"}${text.slice(at + 1)}`);
      const line = text.slice(0, at).split("\n").length;
      expect((await refusal(file)).message).toContain(`${file}, line ${line}:`);
    }
  });

  it("is refused where a line was taken out, put in, doubled, or moved", async () => {
    const lines = readFileSync(await written(), "utf8")
      .trimEnd()
      .split("\n");
    const file = join(dir, "altered.jsonl");
    const put = (changed: readonly string[]): void => writeFileSync(file, `${changed.join("\n")}\n`);
    put(lines.toSpliced(2, 1));
    expect((await refusal(file)).message).toContain("line 3:");
    put(lines.toSpliced(2, 0, lines[1] as string));
    expect((await refusal(file)).message).toContain("line 3:");
    put(lines.toSpliced(3, 2, lines[4] as string, lines[3] as string));
    expect((await refusal(file)).message).toContain("line 4:");
    put([...lines, lines.at(-1) as string]);
    expect((await refusal(file)).message).toContain(`line ${lines.length + 1}: there is more behind the end`);
    put(lines.slice(0, -1));
    expect((await refusal(file)).message).toContain("torn");
  });

  it("that is not there is missing, and a folder in its place is refused", async () => {
    expect(await refusal(join(dir, "none.jsonl"))).toMatchObject({ code: "archive.missing", exit: 2 });
    expect((await refusal(dir)).code).toBe("archive.damaged");
  });

  it("is not begun where its run's id could lead out of the folder", async () => {
    for (const run of ["../r", "", ".", "a/b", "a\0b", "x".repeat(101)]) {
      await expect(writeArchive(dir, { ...header, run }, each(items))).rejects.toMatchObject({
        code: "archive.bad_run",
      });
    }
    expect(readdirSync(dir)).toEqual([]);
  });

  it("stays as it was where writing it anew breaks off, and what a killed writer left is cleared away", async () => {
    const file = await written();
    const before = readFileSync(file, "utf8");
    async function* breaking(): AsyncGenerator<ArchiveItem> {
      yield* items;
      throw new Error("the connection is gone");
    }
    await expect(writeArchive(dir, header, breaking())).rejects.toThrow("the connection is gone");
    expect([readdirSync(dir), readFileSync(file, "utf8")]).toEqual([["r_one.jsonl"], before]);
    for (const name of ["r_two.jsonl.1-aa.tmp", "r_two.jsonl.2-bb.tmp"]) writeFileSync(join(dir, name), "torn");
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1_000);
    utimesSync(join(dir, "r_two.jsonl.1-aa.tmp"), longAgo, longAgo);
    await written();
    expect(readdirSync(dir).toSorted()).toEqual(["r_one.jsonl", "r_two.jsonl.2-bb.tmp"]);
  });
});
