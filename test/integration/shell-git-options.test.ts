/** The git tables against real git: an option that takes no value there must not hide a word here. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Row } from "../../registry/shell/program.ts";
import { git } from "../../registry/shell/programs/git/git.ts";

/** Rows that may pass unasked, with the words that lead to them. */
function* readOnlyRows(path: readonly string[], rows: Readonly<Record<string, Row>>): Generator<[string[], Row]> {
  for (const [name, row] of Object.entries(rows)) {
    if (row.risk !== "read-only") continue;
    yield [[...path, name], row];
    yield* readOnlyRows([...path, name], row.subcommands ?? {});
  }
}

describe("real git reads the options as the tables do", () => {
  // An option that git takes for one without a value, and we do not, would hide the next word from us.
  test("no word that counts as a value here is an option to git", { timeout: 300_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "shell-git-"));
    const run = promisify(execFile);
    const options = {
      cwd: folder,
      timeout: 60_000,
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
    };
    const who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    try {
      await run("git", ["init", "-q"], options);
      for (const message of ["one", "two"])
        await run("git", [...who, "commit", "-q", "--allow-empty", "-m", message], options);
      const cases: { readonly words: string[]; readonly file: string }[] = [];
      for (const [path, row] of readOnlyRows([], git[0]?.subcommands ?? {})) {
        for (const name of Object.keys(row.takes ?? {}).flatMap((names) => names.split(" "))) {
          const file = join(folder, `taken-${cases.length}`);
          cases.push({ words: [...path, name, `--output=${file}`, "HEAD~1", "HEAD"], file });
        }
        // What is taken only attached must not swallow `--`, behind which everything counts as a path here.
        for (const name of Object.keys(row.mayTake ?? {}).flatMap((names) => names.split(" "))) {
          const file = join(folder, `attached-${cases.length}`);
          cases.push({ words: [...path, name, "--", `--output=${file}`, "HEAD"], file });
        }
      }
      expect(cases.length).toBeGreaterThan(300);
      const waiting = [...cases];
      const work = async () => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          const child = run("git", next.words, options);
          child.child.stdin?.end();
          await child.catch(() => undefined);
        }
      };
      await Promise.all([work(), work(), work(), work()]);
      const written = cases.filter(({ file }) => existsSync(file)).map(({ words }) => words.slice(0, -1).join(" "));
      expect(written).toEqual([]);
      // The probe itself can see: an option where none is expected does write.
      const seen = join(folder, "seen");
      await run("git", ["log", `--output=${seen}`], options);
      expect(existsSync(seen)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
