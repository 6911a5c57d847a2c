// The shell corpus holds: what is dangerous is never called read-only, what only looks nearly always is, and what runs in
// place of the text does what the text did. On a failure the lines are printed, with where they stand.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { analyse } from "../../registry/shell/analyse.ts";
import type { ShellVerdict } from "../../registry/shell/verdict.ts";
import { type CorpusLine, type Label, shellCorpus } from "../corpus-shell/corpus.ts";
import { embedRepository, openScratch, type Scratch } from "../corpus-shell/scratch-repository.ts";

const place = { cwd: "/workspace", workspace: "/workspace" };
const corpus = shellCorpus();
const judged = corpus.map((line) => ({ line, verdict: analyse(line.text, place) }));
type Judged = (typeof judged)[number];

const labelled = (...labels: readonly Label[]): Judged[] => {
  const found = judged.filter(({ line }) => labels.includes(line.label));
  expect(found.length).toBeGreaterThan(0);
  return found;
};
const told = ({ line, verdict }: Judged): string =>
  `${line.at} [${line.kind}] ${JSON.stringify(line.text.slice(0, 120))} -> ${verdict.risk} by ${verdict.rule}`;
const linesWhere = (all: readonly Judged[], isWrong: (verdict: ShellVerdict, line: CorpusLine) => boolean): string[] =>
  all.filter(({ line, verdict }) => isWrong(verdict, line)).map(told);

describe("the corpus", () => {
  it("is large enough to mean something, and says everything once", () => {
    expect(labelled("read-only").length).toBeGreaterThanOrEqual(300);
    expect(labelled("dangerous").length).toBeGreaterThanOrEqual(300);
    expect(labelled("mutating").length).toBeGreaterThanOrEqual(100);
    expect(new Set(corpus.map(({ text }) => text)).size).toBe(corpus.length);
  });
});

describe("risk", () => {
  it("is never read-only where a line can run code, write, reach out, leak or destroy", () => {
    expect(linesWhere(labelled("dangerous", "mutating", "open"), ({ risk }) => risk === "read-only")).toEqual([]);
  });

  it("is read-only for at least 95 of 100 lines that only look", () => {
    const all = labelled("read-only");
    const missed = linesWhere(all, ({ risk }) => risk !== "read-only");
    const share = 1 - missed.length / all.length;
    console.info(`${all.length - missed.length} of ${all.length} read-only lines recognised\n${missed.join("\n")}`);
    expect(share).toBeGreaterThanOrEqual(0.95);
  });

  it("of ordinary work is not destructive", () => {
    expect(linesWhere(labelled("mutating"), ({ risk }) => risk === "destructive")).toEqual([]);
  });

  it("of what reads a secret is read-only only where the verdict names the path", () => {
    const isSilent = ({ risk, paths }: ShellVerdict, { path }: CorpusLine): boolean =>
      risk === "read-only" && !(path === "*" ? paths.length > 0 : paths.some((one) => one.path === path));
    expect(linesWhere(labelled("protected"), isSilent)).toEqual([]);
  });

  it("of what takes names from a folder is read-only only where names cannot become options", () => {
    const isOpen = ({ risk, emitted }: ShellVerdict): boolean =>
      risk === "read-only" && !/ --(?: |$)/.test(emitted ?? "");
    expect(linesWhere(labelled("guarded"), isOpen)).toEqual([]);
  });
});

describe("a read-only verdict", () => {
  const readOnly = judged.filter(({ verdict }) => verdict.risk === "read-only");

  it("knows all that would run, is written back, and reaches no host", () => {
    expect(readOnly.length).toBeGreaterThan(300);
    expect(
      readOnly
        .filter(({ verdict }) => !verdict.complete || verdict.emitted === null || verdict.hosts.length > 0)
        .map(told),
    ).toEqual([]);
    expect(readOnly.flatMap(({ verdict }) => verdict.parts).filter(({ risk }) => risk !== "read-only")).toEqual([]);
  });

  it("is the verdict of what is written back, too, which is then written back as it is", () => {
    const changed = readOnly.filter(({ verdict }) => {
      const again = analyse(verdict.emitted ?? "", place);
      return again.risk !== "read-only" || again.emitted !== verdict.emitted;
    });
    expect(changed.map((one) => `${told(one)}, written back as ${one.verdict.emitted}`)).toEqual([]);
  });
});

/** Of lines that are really run, one of so many is; STEP=1 takes them all. */
const step = Number(process.env.STEP ?? 5);

/** Lines that say the same each time they are run. */
function runnable(): { text: string; emitted: string; at: string }[] {
  const kinds = new Set(["list", "read", "search", "text", "sed", "awk", "json", "git", "chain", "words", "agent"]);
  const isSteady = (text: string): boolean =>
    !/\b(?:ps|date|shuf|time|df|sleep|top|man|help)\b|\/(?:workspace|var|usr)\b|find \/|node_modules\/\.bin \|/.test(
      text,
    );
  return judged
    .filter(({ line }) => line.label === "read-only" && kinds.has(line.kind) && isSteady(line.text))
    .flatMap(({ line, verdict }) => (verdict.emitted === null ? [] : [{ ...line, emitted: verdict.emitted }]))
    .filter((_, index) => index % step === 0);
}

function inScratch<T>(work: (scratch: Scratch) => T): T {
  const scratch = openScratch();
  try {
    return work(scratch);
  } finally {
    scratch.close();
  }
}

describe("what runs in place of the text", () => {
  it("says what the text said and ends as it ended", { timeout: 120_000 }, () => {
    const lines = runnable();
    expect(lines.length).toBeGreaterThanOrEqual(80);
    inScratch((scratch) => {
      const differing: string[] = [];
      let fruitful = 0;
      for (const { text, emitted, at } of lines) {
        const [meant, got] = [scratch.run(text), scratch.run(emitted)];
        if (meant.exit === 0 && meant.stdout !== "") fruitful += 1;
        if (meant.exit !== got.exit || meant.stdout !== got.stdout)
          differing.push(`${at} ${text}\n  as ${emitted}\n  ${JSON.stringify([meant, got]).slice(0, 400)}`);
      }
      expect(differing).toEqual([]);
      expect(fruitful).toBeGreaterThan(lines.length / 2);
    });
  });

  it("starts nothing that files of a hostile clone name", { timeout: 120_000 }, () => {
    const folder = "packages/hostile";
    const lines = labelled("read-only")
      .filter(({ line }) => /^git [a-z]/.test(line.text) && !/[;&|]/.test(line.text))
      .filter((_, index) => index % step === 0)
      .flatMap(({ line }) => [`cd ${folder} && ${line.text}`, line.text.replace("git", `git -C ${folder}`)])
      .map((text) => ({ text, verdict: analyse(text, place) }));
    expect(lines.length).toBeGreaterThanOrEqual(40);
    inScratch((scratch) => {
      const started = embedRepository(scratch, folder);
      // The trap works: unguarded, it closes.
      scratch.run(`cd ${folder} && git status`);
      expect(started()).toContain("fsmonitor");
      const guilty: string[] = [];
      let before = started().filter((name) => name !== "fsmonitor");
      for (const { text, verdict } of lines.filter(({ verdict: { risk } }) => risk === "read-only")) {
        rmSync(join(scratch.folder, "..", "marks", "fsmonitor"), { force: true });
        scratch.run(verdict.emitted ?? "");
        const after = started();
        const more = after.filter((name) => !before.includes(name));
        if (more.length > 0) guilty.push(`${text} as ${verdict.emitted} started ${more.join(", ")}`);
        before = after.filter((name) => name !== "fsmonitor");
      }
      expect(guilty).toEqual([]);
    });
  });

  it("obeys no file name", { timeout: 60_000 }, () => {
    const lines = labelled("guarded").filter(({ verdict }) => verdict.risk === "read-only");
    expect(lines.length).toBeGreaterThan(10);
    inScratch((scratch) => {
      const names = [
        "--compress-program=sh x",
        "--pre=x",
        "-oout",
        "--output=out",
        "-C",
        "-exec",
        "-delete",
        "-i",
        "-x",
      ];
      for (const name of names) writeFileSync(join(scratch.folder, name), "x\n");
      writeFileSync(join(scratch.folder, "x"), "#!/bin/sh\n: > out\n", { mode: 0o755 });
      const listing = scratch.run("ls -la --time-style=full-iso .").stdout;
      for (const { line, verdict } of lines) {
        scratch.run(verdict.emitted ?? "");
        const after = scratch.run("ls -la --time-style=full-iso .").stdout;
        expect({ text: line.text, after }).toEqual({ text: line.text, after: listing });
        expect(existsSync(join(scratch.folder, "out"))).toBe(false);
      }
    });
  });
});
