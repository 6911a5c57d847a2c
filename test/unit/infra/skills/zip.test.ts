/** Archives of strangers: what is plain is read whole, everything else is refused whole. */
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { filesOfZip } from "../../../../infra/skills/zip.ts";
import { type ZipEntry, zipOf } from "../../../support/zip.ts";

const SKILL: ZipEntry = { name: "SKILL.md", text: "---\nname: a\n---\n" };
const namesOf = (archive: Uint8Array): string[] => filesOfZip(archive).map(({ path }) => path);

describe("an archive", () => {
  it("that a common program made is read with every byte", () => {
    const text = (value: string) => new TextEncoder().encode(value);
    const archive = zipSync({
      a: { "SKILL.md": text("hello"), scripts: { "x.py": text("print(1)\n".repeat(500)) }, empty: text("") },
    });
    const files = filesOfZip(archive).map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]);
    expect(new Map(files as [string, string][])).toEqual(
      new Map([
        ["a/SKILL.md", "hello"],
        ["a/scripts/x.py", "print(1)\n".repeat(500)],
        ["a/empty", ""],
      ]),
    );
  });

  it("may name its folders, and what a desktop adds by itself is left out", () => {
    const folder = { name: "a/", mode: 0o040755, method: 0 };
    const litter = ["a/.DS_Store", "__MACOSX/a/._SKILL.md"].map((name) => ({ name, text: "x" }));
    expect(namesOf(zipOf([folder, { ...SKILL, name: "a/SKILL.md" }, ...litter]))).toEqual(["a/SKILL.md"]);
  });

  const hostile: readonly (readonly [string, readonly ZipEntry[], string])[] = [
    ["leads up", [{ name: "../../evil.sh", text: "x" }], "leads elsewhere"],
    ["leads up in the middle", [{ name: "a/../../evil.sh", text: "x" }], "leads elsewhere"],
    ["stands still", [{ name: "a/./b", text: "x" }], "leads elsewhere"],
    ["begins at the root", [{ name: "/etc/cron.d/evil", text: "x" }], "not relative"],
    ["names a drive", [{ name: "C:/evil", text: "x" }], "not relative"],
    ["uses backslashes", [{ name: "..\\..\\evil", text: "x" }], "backslash"],
    ["holds a zero byte", [{ name: "a\0.md", text: "x" }], "nobody sees"],
    ["holds a mark of direction", [{ name: "a\u202emd.exe", text: "x" }], "nobody sees"],
    ["is no text", [{ name: new Uint8Array([0xff, 0xfe]), text: "x" }], "no text"],
    ["is empty", [{ name: "", text: "x" }], "empty"],
    ["is too deep", [{ name: `${"d/".repeat(20)}x`, text: "x" }], "too deep"],
    ["is too long", [{ name: "x".repeat(2_000), text: "x" }], "too long"],
    ["is a device elsewhere", [{ name: "a/aux.md", text: "x" }], "no name everywhere"],
    ["hides a stream", [{ name: "a.md:evil", text: "x" }], "no name everywhere"],
    ["is a link", [{ name: "link", text: "/etc/passwd", mode: 0o120777 }], "is a link"],
    ["is a device", [{ name: "tty", text: "", mode: 0o020666 }], "is a link, a device"],
    ["is a pipe", [{ name: "pipe", text: "", mode: 0o010666 }], "is a link, a device"],
    ["says it is a folder and is a file", [{ name: "a/", text: "", mode: 0o100644 }], "is a link, a device"],
    ["is there twice", [SKILL, SKILL], "twice"],
    ["differs by case only", [SKILL, { name: "skill.md", text: "y" }], "twice"],
    [
      "differs by its way of writing an accent",
      [
        { name: "\u00e9", text: "x" },
        { name: "e\u0301", text: "y" },
      ],
      "twice",
    ],
    [
      "is a file where another has a folder",
      [
        { name: "a", text: "x" },
        { name: "a/b", text: "y" },
      ],
      "takes the place",
    ],
    [
      "is a folder that differs by case",
      [
        { name: "a/x", text: "x" },
        { name: "A/y", text: "y" },
      ],
      "takes the place",
    ],
    ["is called otherwise where it lies", [{ name: "good", localName: "evil", text: "x" }], "called otherwise"],
    ["is encrypted", [{ name: "a", text: "x", flags: 0x801 }], "encrypted"],
    ["is packed strangely", [{ name: "a", text: "x", method: 14 }], "nobody uses"],
    ["says it is shorter than it is", [{ name: "a", text: "x".repeat(5_000), saysBytes: 10 }], "does not unpack"],
    ["says it is longer than it is", [{ name: "a", text: "x", saysBytes: 10 }], "does not unpack"],
    ["is not what its sum says", [{ name: "a", text: "x", crc: 1 }], "does not unpack"],
    ["says it is huge", [{ name: "a", text: "x", saysBytes: 0xfffffffe }], "at most 8388608"],
    ["becomes a thousand times as large", [{ name: "a", text: "\0".repeat(4_000_000) }], "200 times"],
    [
      "lies where another lies",
      [
        { name: "a", text: "x" },
        { name: "b", localName: "a", text: "x", sharesWith: 0 },
      ],
      "shares its bytes",
    ],
  ];
  it.each(hostile)("in which a file %s is refused whole", (_what, entries, reason) => {
    expect(() => filesOfZip(zipOf(entries))).toThrow(reason);
    // Nor does it help to come after what is harmless.
    expect(() => filesOfZip(zipOf([{ name: "harmless.md", text: "y" }, ...shifted(entries)]))).toThrow(reason);
  });

  it("of more files than anybody needs, or of more bytes than a skill may have, is refused", () => {
    const many = Array.from({ length: 2_001 }, (_, index) => ({ name: `f${index}`, text: "", method: 0 }));
    expect(() => filesOfZip(zipOf(many))).toThrow("at most 2000");
    const noise = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index * 7 + (index >> 3)) & 255));
    const large = Array.from({ length: 10 }, (_, index) => ({
      name: `f${index}`,
      text: Buffer.concat(Array(110).fill(noise) as Buffer[]),
    }));
    expect(() => filesOfZip(zipOf(large))).toThrow("more than 67108864 bytes");
  });

  it("that is damaged anywhere is refused or read as it was, and nothing else happens", () => {
    const whole = zipOf([
      SKILL,
      { name: "b/c.txt", text: "some text that is long enough to be packed, packed, packed" },
    ]);
    const was = JSON.stringify(filesOfZip(whole));
    for (let at = 0; at < whole.length; at += 1) {
      for (const bit of [0x01, 0x80]) {
        const damaged = Uint8Array.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ bit;
        try {
          const found = filesOfZip(damaged);
          for (const { path } of found) expect(path).not.toMatch(/^\/|\.\./);
          if (found.length === 2 && found[0]?.path === "SKILL.md") {
            expect(JSON.stringify(found.map(({ bytes }) => bytes))).toBe(
              JSON.stringify((JSON.parse(was) as { bytes: unknown }[]).map(({ bytes }) => bytes)),
            );
          }
        } catch (cause) {
          expect(cause).toMatchObject({ code: "skill.archive" });
        }
      }
    }
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => filesOfZip(whole.subarray(0, length))).toThrow(expect.objectContaining({ code: "skill.archive" }));
    }
  });
});

/** One more comes before them. */
const shifted = (entries: readonly ZipEntry[]): ZipEntry[] =>
  entries.map((entry) => (entry.sharesWith === undefined ? entry : { ...entry, sharesWith: entry.sharesWith + 1 }));
