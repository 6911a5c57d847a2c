/** Laws of the second look: a link leads to another file than its name says, and that file is judged before it is used. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { mayChange, runsAs, watchedBox } from "../../actors/runtime/watched-box.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import type { Box } from "../../registry/box.ts";
import { OUTPUT_CHARS_MAX } from "../../registry/tool.ts";
import { type Circumstance, question, toolCalled } from "../support/permission-question.ts";

async function opened() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "statehive-watched-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const workspace = join(folder, "work");
  mkdirSync(join(workspace, "src"), { recursive: true });
  mkdirSync(join(workspace, "secrets"));
  writeFileSync(join(workspace, ".env"), "TOKEN=hidden-value\n");
  writeFileSync(join(workspace, "secrets/a.txt"), "hidden-value\n");
  writeFileSync(join(workspace, "src/a.txt"), "open-value\n");
  writeFileSync(join(folder, "outside.txt"), "hidden-value\n");
  symlinkSync(".env", join(workspace, "settings.txt"));
  symlinkSync("src/a.txt", join(workspace, "alias.txt"));
  symlinkSync("secrets", join(workspace, "notes"));
  symlinkSync("../outside.txt", join(workspace, "away.txt"));
  const box: Box = await openBox(workspace);
  const asked = (tool: string, input: unknown, given: Circumstance = {}) =>
    question(tool, input, { workspace, ...given });
  return { box, workspace, asked };
}

const text = async (box: Box, path: string): Promise<string> =>
  Buffer.from((await box.read(path, { bytesMax: 1_000 })).bytes).toString();

it("a link to a protected file is not read under its own name; the file itself is, where that was answered", async () => {
  const { box, asked } = await opened();
  const named = watchedBox(box, asked("Read", { file_path: "settings.txt" }));
  await expect(text(named, "settings.txt")).rejects.toMatchObject({ code: "box.protected" });
  const meant = watchedBox(box, asked("Read", { file_path: ".env" }));
  expect(await text(meant, ".env")).toContain("hidden-value");
  expect(await text(watchedBox(box, asked("Read", { file_path: "alias.txt" })), "alias.txt")).toBe("open-value\n");
});

it("a link to what a rule denies is not read, and a search passes it over with all that is protected", async () => {
  const { box, asked } = await opened();
  const deny = ["Read(secrets/**)"];
  const reading = watchedBox(box, asked("Read", { file_path: "notes/a.txt" }, { deny }));
  await expect(text(reading, "notes/a.txt")).rejects.toMatchObject({ code: "box.protected" });
  const input = { pattern: "value", output_mode: "content" };
  const grep = toolCalled("Grep");
  const run = await grep.load?.();
  const signal = new AbortController().signal;
  const searched = await run?.(grep.input.parse(input), {
    box: watchedBox(box, asked("Grep", input, { deny })),
    signal,
  });
  expect(searched?.text).toContain("open-value");
  expect(searched?.text).not.toContain("hidden-value");
  expect(searched?.text).toMatch(/not searched: \d unreadable/);
  const plain = await run?.(grep.input.parse(input), { box: watchedBox(box, asked("Grep", input)), signal });
  expect(plain?.text).toContain("secrets/a.txt");
  expect(plain?.text.length).toBeLessThan(OUTPUT_CHARS_MAX);
  expect(plain?.text).not.toContain("TOKEN");
});

it("what is written through a link has to be allowed where it leads; what was named was judged already", async () => {
  const { asked } = await opened();
  const given = { allow: ["Write(out/**)"] };
  const written = (path: string, more: Circumstance = given) => asked("Write", { file_path: path, content: "x" }, more);
  expect(mayChange(written("out/a"), "out/a")).toBe(true);
  expect(mayChange(written("out/link"), "out/b")).toBe(true);
  expect(mayChange(written("out/link"), "src/a.txt")).toBe(false);
  expect(mayChange(written("out/link"), ".git/hooks/pre-commit")).toBe(false);
  // Nobody's rule allowed it by name: a person did, and for this name only.
  expect(mayChange(written("notes.md", {}), "notes.md")).toBe(true);
  expect(mayChange(written("notes.md", {}), "other.md")).toBe(false);
  expect(mayChange(written(".github/workflows/ci.yml", {}), ".github/workflows/ci.yml")).toBe(true);
});

it("a command that nobody saw runs from the text that was understood; one that a rule names runs as it is written", async () => {
  const { box, asked } = await opened();
  const runs = (command: string, given: Circumstance = {}) =>
    runsAs(box, asked("Bash", { command }, given)).then(({ runs }) => runs);
  expect(await runs("cat   'src/a.txt'")).toBe("cat src/a.txt");
  expect(await runs("cat   'src/a.txt'", { allow: ["Bash"] })).toBeUndefined();
  expect(await runs("some-unknown-program")).toBeUndefined();
  expect(await runs("cat src/missing.txt")).toBe("cat src/missing.txt");
  expect(await runsAs(box, asked("Read", { file_path: "a" }))).toEqual({});
});

it("what was let through because it only looks can write nothing; what a rule, a person or the run's own tree lets write, can", async () => {
  const { box, asked } = await opened();
  const inTree: Circumstance = { isolated: true, sandbox: "full" };
  const looksOnly = (command: string, given: Circumstance = {}) =>
    runsAs(box, asked("Bash", { command }, given)).then((how) => how.looksOnly);
  expect(await looksOnly("cat src/a.txt")).toBe(true);
  expect(await looksOnly("git status --short | head -3", inTree)).toBe(true);
  expect(await looksOnly("touch src/b.txt", inTree)).toBe(false);
  expect(await looksOnly("cat src/a.txt", { allow: ["Bash(cat:*)"] })).toBeUndefined();
});

it("it is not run where a file that it reads leads out, or to what is closed", async () => {
  const { box, asked } = await opened();
  const runs = (command: string, given: Circumstance = {}) =>
    runsAs(box, asked("Bash", { command }, given)).then(({ runs }) => runs);
  await expect(runs("cat away.txt")).rejects.toMatchObject({ code: "box.outside" });
  await expect(runs("cat settings.txt")).rejects.toMatchObject({ code: "box.protected" });
  await expect(runs("ls && head -1 settings.txt")).rejects.toMatchObject({ code: "box.protected" });
  await expect(runs("cat notes/a.txt", { deny: ["Read(secrets/**)"] })).rejects.toMatchObject({
    code: "box.protected",
  });
  expect(await runs("cat alias.txt")).toBe("cat alias.txt");
});
