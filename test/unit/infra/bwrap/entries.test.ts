/** A folder whose names come and go while they are looked at. */
import fs, { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { entriesOf } from "../../../../infra/bwrap/entries.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "statehive-entries-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const failing = (code: string): Error => Object.assign(new Error(`${code}: by the test`), { code });

/** Node's own listing, but for one way of it: a kernel that does not tell kinds is to be had by luck only. */
function listing(replaced: (real: typeof fs.readdirSync, folder: string, typed: boolean) => unknown): void {
  const real = fs.readdirSync;
  fs.readdirSync = ((path: string, options?: { withFileTypes?: boolean }) =>
    replaced(real, path, options?.withFileTypes === true)) as typeof fs.readdirSync;
  syncBuiltinESMExports();
  onTestFinished(() => {
    fs.readdirSync = real;
    syncBuiltinESMExports();
  });
}

const kindsOf = (path: string): string[] =>
  entriesOf(path)
    .map(
      (entry) =>
        `${entry.name} ${entry.isFile() ? "file" : entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : "?"}`,
    )
    .sort();

describe("the entries of a folder", () => {
  it("a name that is gone before its kind is known costs none of the others", () => {
    const place = folder();
    mkdirSync(join(place, "sub"));
    writeFileSync(join(place, "file"), "");
    symlinkSync("sub", join(place, "link"));
    const all = ["file file", "link link", "sub folder"];
    expect(kindsOf(place)).toEqual(all);
    listing((real, path, typed) => {
      if (path !== place) return real(path);
      if (typed) throw failing("ENOENT");
      return [...real(path), "gone"];
    });
    expect(kindsOf(place)).toEqual(all);
  });

  it("there are none where there is no folder, or a file", () => {
    const place = folder();
    writeFileSync(join(place, "file"), "");
    expect(entriesOf(join(place, "none"))).toEqual([]);
    expect(entriesOf(join(place, "file"))).toEqual([]);
  });

  it.each(["EMFILE", "ENFILE", "ENOMEM"])("what we lack ourselves (%s) never makes a folder look empty", (code) => {
    const place = folder();
    writeFileSync(join(place, ".envrc"), "");
    listing((real, path) => {
      if (path === place) throw failing(code);
      return real(path);
    });
    expect(() => entriesOf(place)).toThrow(code);
  });
});
