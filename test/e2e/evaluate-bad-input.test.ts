// `swarm evaluate` on whatever people point it at: each bad path is a clear message before any work is done, each odd
// file is named as skipped, and nothing is left half-written.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentOf, type Finished, fixture, folderOf, openSwarm, type Swarm } from "../support/swarm-cli.ts";
import { runIdsOf } from "../support/swarm-store.ts";

interface Report {
  readonly primitives: readonly {
    readonly id: string;
    readonly level: string;
    readonly why: string;
    readonly findings: readonly { readonly path: string; readonly line: number; readonly quote: string }[];
  }[];
}

const ONLY = ["--only", "tool-registry,token-budget"];

let swarm: Swarm;
let plain: Report["primitives"];
beforeAll(async () => {
  swarm = await openSwarm();
  plain = reportOf(await evaluate(repository("plain"))).primitives;
});
afterAll(() => swarm?.[Symbol.asyncDispose]());

const evaluate = (path: string, ...flags: string[]): Promise<Finished> =>
  swarm.ask(["evaluate", path, "--json", ...ONLY, ...flags]);

/** A copy of a small agent, to spoil. */
function repository(name: string): string {
  const folder = folderOf(swarm, name);
  cpSync(fixture("wrapped-client"), folder, { recursive: true });
  return folder;
}

function reportOf(finished: Finished): Report {
  expect(finished).toMatchObject({ code: 0 });
  return documentOf<Report>(finished);
}

interface Refusal {
  readonly v: 1;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly retryable: boolean;
  };
}

function refusalOf(finished: Finished, code: number): Refusal["error"] {
  expect(finished.code).toBe(code);
  const document = documentOf<Refusal>(finished);
  expect(document).toEqual({
    v: 1,
    error: {
      code: expect.stringMatching(/^[a-z]+(\.[a-z_]+)+$/),
      message: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
      retryable: false,
    },
  });
  return document.error;
}

const runs = async (): Promise<number> => (await runIdsOf(swarm)).length;

test("the plain repository has something to find", () => {
  expect(plain.flatMap(({ findings }) => findings.map(({ path }) => path))).toContain("src/agent.ts");
});

describe("a path that cannot be evaluated is refused before a run is made of it", () => {
  const bad: readonly [string, (folder: string) => string, string, RegExp][] = [
    ["that does not exist", (folder) => join(folder, "nowhere"), "workspace.not_found", /does not exist/],
    [
      "of a file",
      (folder) => {
        writeFileSync(join(folder, "agent.ts"), "export {};\n");
        return join(folder, "agent.ts");
      },
      "workspace.not_a_folder",
      /not a folder/,
    ],
    ["of an empty folder", (folder) => folder, "workspace.empty", /empty/],
    [
      "of a link that leads in a circle",
      (folder) => {
        symlinkSync("b", join(folder, "a"));
        symlinkSync("a", join(folder, "b"));
        return join(folder, "a");
      },
      "workspace.bad_link",
      /circle|nowhere/,
    ],
    [
      "of a link that leads nowhere",
      (folder) => {
        symlinkSync("gone", join(folder, "a"));
        return join(folder, "a");
      },
      "workspace.bad_link",
      /circle|nowhere/,
    ],
  ];
  test.each(bad)("%s", async (name, make, code, message) => {
    const before = await runs();
    const path = make(folderOf(swarm, `bad ${name}`));
    const error = refusalOf(await evaluate(path), 2);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(path);
    const spoken = await swarm.ask(["evaluate", path]);
    expect({ code: spoken.code, stdout: spoken.stdout }).toEqual({ code: 2, stdout: "" });
    expect(spoken.stderr).toContain(error.message);
    expect(spoken.stderr).toContain(error.hint);
    expect(await runs()).toBe(before);
  });

  test("and not even a data folder is made for it", async () => {
    const dataDir = join(swarm.home, "untouched");
    const env = { SWARM_DATA_DIR: dataDir };
    expect((await swarm.ask(["evaluate", "/no/such/place", "--json"], { env })).code).toBe(2);
    expect((await swarm.ask(["evaluate", ".", "--only", "nonsense", "--json"], { env })).code).toBe(2);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe("a flag that cannot be obeyed is refused before any work is done", () => {
  const flags: readonly [string, string[], RegExp][] = [
    ["--only with an id that does not exist", ["--only", "tool-registry,teleport"], /teleport/],
    ["--only with nothing in it", ["--only", ""], /--only/],
    ["--only with nothing but commas", ["--only", ",,"], /--only/],
    ["--fail-on with a level that does not exist", ["--fail-on", "purple"], /purple/],
    ["--fail-on worse, and nothing to be worse than", ["--fail-on", "absent,worse"], /--baseline FILE/],
    ["--fail-on disagreement, and nobody to disagree", ["--fail-on", "disagreement"], /ANTHROPIC_API_KEY/],
    ["--analyst with nobody's name", ["--analyst", "oracle"], /oracle/],
    ["--html in a folder that does not exist", ["--html", "no/such/folder/r.html"], /--html/],
    ["--html that is a folder", ["--html", "."], /--html/],
  ];
  test.each(flags)("%s", async (_, args, message) => {
    const before = await runs();
    const error = refusalOf(await swarm.ask(["evaluate", repository("flags"), "--json", ...args]), 2);
    expect(`${error.message}\n${error.hint}`).toMatch(message);
    expect(await runs()).toBe(before);
  });

  test("--html that is a pipe: it is still one afterwards", async () => {
    const pipe = join(swarm.home, "pipe.html");
    execFileSync("mkfifo", [pipe]);
    refusalOf(await evaluate(repository("flags"), "--html", pipe), 2);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  test("--html in a folder that may not be written leaves nothing there", async () => {
    await unprivileged(async (home, options) => {
      const shut = join(home, "shut");
      mkdirSync(shut, { mode: 0o555 });
      const repo = join(home, "repo");
      cpSync(fixture("wrapped-client"), repo, { recursive: true });
      const finished = await swarm.run(["evaluate", repo, "--json", "--html", join(shut, "r.html")], options);
      expect(refusalOf(finished, 2).code).toBe("usage.output_file");
      expect(readdirSync(shut)).toEqual([]);
    });
  });
});

test("--html is written whole, and stands alone in its folder", async () => {
  const folder = folderOf(swarm, "html");
  const page = join(folder, "report.html");
  writeFileSync(page, "the page of yesterday");
  reportOf(await evaluate(repository("for html"), "--html", page));
  expect(readdirSync(folder)).toEqual(["report.html"]);
  const text = readFileSync(page, "utf8");
  expect(text).toMatch(/^<!doctype html>/i);
  expect(text.trimEnd()).toMatch(/<\/html>$/);
  expect(text).toContain("src/agent.ts");
  expect(text).not.toMatch(/(?:src|href)="https?:/);
});

describe("a folder without source code", () => {
  test("is said to have none, in so many words, and not called absent twelve times", async () => {
    const folder = folderOf(swarm, "letters");
    writeFileSync(join(folder, "README.md"), "# Letters\n\nTo my aunt.\n");
    writeFileSync(join(folder, "photo.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]));
    const spoken = await swarm.ask(["evaluate", folder]);
    expect(`${spoken.stdout}${spoken.stderr}`).toMatch(/no (source code|source files|TypeScript)/i);
    const asked = await swarm.ask(["evaluate", folder, "--json"]);
    expect(asked.code).toBe(spoken.code);
    const document = documentOf<Partial<Report & Refusal>>(asked);
    if (document.error === undefined) {
      expect(new Set(document.primitives?.map(({ level }) => level))).toEqual(new Set(["unknown"]));
      expect(document.primitives?.map(({ why }) => why)).toEqual(
        document.primitives?.map(() => expect.stringMatching(/no (source code|source files|TypeScript)/i)),
      );
    } else expect(document.error.message).toMatch(/no (source code|source files|TypeScript)/i);
  });
});

/** What is spoiled does not change what is found in the rest; the report says what was passed over. */
async function expectUnshaken(folder: string, skipped?: RegExp): Promise<void> {
  const { primitives } = reportOf(await evaluate(folder));
  const kept = ({ id, level, findings }: Report["primitives"][number]) => ({ id, level, findings });
  expect(primitives.map(kept)).toEqual(plain.map(kept));
  if (skipped === undefined) return;
  const spoken = await swarm.ask(["resume", "@last"]);
  expect(spoken.code).toBe(0);
  expect(spoken.stdout).toMatch(skipped);
}

describe("odd files are passed over, and named", () => {
  test("a source file of one gigabyte", async () => {
    const folder = repository("gigabyte");
    writeFileSync(join(folder, "src/huge.ts"), "export const agent = 1;\n");
    truncateSync(join(folder, "src/huge.ts"), 1024 ** 3);
    await expectUnshaken(folder, /huge\.ts/);
  });

  test("a minified file of some megabytes on one line", async () => {
    const folder = repository("minified");
    const line = "function a(b){return b.tools.map(function(c){return c.name})};".repeat(60_000);
    writeFileSync(join(folder, "src/bundle.min.js"), line);
    await expectUnshaken(folder);
  });

  test("links in a circle, and links that lead out", async () => {
    const outside = folderOf(swarm, "outside");
    cpSync(fixture("ts-complete"), outside, { recursive: true });
    const folder = repository("links");
    symlinkSync(".", join(folder, "src/self"));
    symlinkSync("loop-b", join(folder, "src/loop-a"));
    symlinkSync("loop-a", join(folder, "src/loop-b"));
    symlinkSync(outside, join(folder, "src/outside"));
    symlinkSync(join(outside, "src/tools.ts"), join(folder, "src/borrowed.ts"));
    symlinkSync("/etc/passwd", join(folder, "src/passwd.ts"));
    await expectUnshaken(folder);
  });

  test("content and names that are not UTF-8", async () => {
    const folder = repository("bytes");
    writeFileSync(join(folder, "src/latin.ts"), Buffer.from("export const caf\xe9 = '\xff\xfe';\n", "latin1"));
    const name = Buffer.concat([Buffer.from(`${folder}/src/`), Buffer.from([0x63, 0xff, 0xe9]), Buffer.from(".ts")]);
    writeFileSync(name, "export const odd = 1;\n");
    await expectUnshaken(folder);
  });

  test("names that would drive a terminal never reach it", async () => {
    const folder = repository("escapes");
    const name = "src/\u001b]0;pwned\u0007\u001b[31mred.ts";
    cpSync(join(folder, "src/agent.ts"), join(folder, name));
    const finished = await swarm.ask(["evaluate", folder, ...ONLY]);
    expect(finished.code).toBe(0);
    expect(`${finished.stdout}${finished.stderr}`).not.toContain("\u001b");
  });

  test("a pipe nobody writes to", async () => {
    const folder = repository("pipe");
    execFileSync("mkfifo", [join(folder, "src/pipe.ts")]);
    await expectUnshaken(folder);
  });

  test("a thousand folders inside each other", async () => {
    const folder = repository("deep");
    const deep = join(folder, ...Array.from({ length: 1_000 }, () => "d"));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, "bottom.ts"), "export const bottom = 1;\n");
    await expectUnshaken(folder);
  });

  test("a file and a folder that may not be read", async () => {
    await unprivileged(async (home, options) => {
      const repo = join(home, "repo");
      cpSync(fixture("wrapped-client"), repo, { recursive: true });
      mkdirSync(join(repo, "src/secret"));
      writeFileSync(join(repo, "src/secret/inside.ts"), "export {};\n");
      writeFileSync(join(repo, "src/shut.ts"), "export {};\n");
      chmodSync(join(repo, "src/shut.ts"), 0);
      chmodSync(join(repo, "src/secret"), 0);
      try {
        const finished = await swarm.run(["evaluate", repo, ...ONLY], options);
        expect(`${finished.code} ${finished.stderr}`).toMatch(/^0 /);
        expect(finished.stdout).toMatch(/shut\.ts/);
        expect(finished.stdout).toMatch(/secret/);
        expect(finished.stdout).toContain("src/agent.ts");
      } finally {
        chmodSync(join(repo, "src/secret"), 0o755);
      }
    });
  });
});

test("a sandbox that cannot be used is named at once, and nothing waits for workers that cannot start", async () => {
  const finished = await swarm.ask(["evaluate", repository("for a sandbox"), "--json"], {
    env: { SWARM_BWRAP_BIN: "/nowhere/bwrap", SWARM_DATA_DIR: folderOf(swarm, "of its own") },
  });
  expect(refusalOf(finished, 2).code).toBe("sandbox.bad_binary");
});

test("a folder that may not be read is refused", async () => {
  await unprivileged(async (home, options) => {
    const shut = join(home, "shut");
    mkdirSync(shut, { mode: 0o000 });
    const error = refusalOf(await swarm.run(["evaluate", shut, "--json"], options), 2);
    expect(error.code).toBe("workspace.unreadable");
    chmodSync(shut, 0o755);
  });
});

const NOBODY = 65_534;

/** As somebody without special rights: root itself may read everything. The home is that user's own. */
async function unprivileged(
  law: (home: string, options: NonNullable<Parameters<Swarm["run"]>[1]>) => Promise<void>,
): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const home = mkdtempSync(join(tmpdir(), "swarm-nobody-"));
  // HOME stays: it is by HOME that the swarm's processes are found again in the end.
  const env = {
    SWARM_DATA_DIR: join(home, "data"),
    XDG_CONFIG_HOME: home,
    XDG_RUNTIME_DIR: join(home, "run"),
    SWARM_REDIS_BIN: redisIn(home),
    // The copy of the tests is for whoever unpacked it, and an evaluation runs no commands.
    SWARM_BWRAP_BIN: undefined,
    SWARM_SANDBOX: "off",
  };
  mkdirSync(join(home, "run"), { mode: 0o700 });
  const options = { cwd: home, env, ...(isRoot ? { uid: NOBODY } : {}) };
  try {
    if (isRoot) execFileSync("chown", ["-R", `${NOBODY}:${NOBODY}`, home]);
    await law(home, options);
  } finally {
    await swarm.run(["down"], options);
    rmSync(home, { recursive: true, force: true });
  }
}

/** The copy that the tests unpacked belongs to whoever runs them; with the folder around it, it may be moved. */
function redisIn(home: string): string {
  const given = swarm.env.SWARM_REDIS_BIN as string;
  if ((statSync(dirname(given)).mode & 0o005) === 0o005) return given;
  cpSync(dirname(given), join(home, "redis"), { recursive: true, verbatimSymlinks: true });
  return join(home, "redis", basename(given));
}
