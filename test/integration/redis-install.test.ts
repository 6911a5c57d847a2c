// The rootless install, from the real package sources of this machine: as this user, as one without any rights, several
// at once, and never trusting a copy that somebody else put there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findExecutable, probeBinary } from "../../infra/redis/find-binary.ts";
import { installRedis } from "../../infra/redis/install.ts";
import { findCopy } from "../../infra/redis/installed-copy.ts";

const searchPath = process.env.PATH ?? "";
const root = fileURLToPath(new URL("../..", import.meta.url));
const hasApt = (await findExecutable("apt-get", searchPath)) !== undefined;
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

let home: string;
const homeBefore = process.env.HOME;

beforeAll(() => {
  home = mkdtempSync("/tmp/sh-install-");
  process.env.HOME = home;
});

afterAll(() => {
  process.env.HOME = homeBefore;
  rmSync(home, { recursive: true, force: true });
});

async function rejection(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; hint: string; exit: number }> {
  try {
    await promise;
  } catch (error) {
    return error as never;
  }
  throw new Error("it did not fail");
}

/** The real apt tools with more arguments, in a folder of their own; words of a shell `after` them. */
async function toolsWith(name: string, args: string, after = ""): Promise<string> {
  const tools = mkdtempSync(join(home, `${name}-`));
  const apt = await findExecutable("apt-get", searchPath);
  for (const tool of ["apt-get", "apt-cache"]) {
    const real = apt?.replace("apt-get", tool);
    writeFileSync(join(tools, tool), `#!/bin/sh\n"${real}" ${args} "$@" ${args}\nstatus=$?\n${after}\nexit $status\n`, {
      mode: 0o755,
    });
  }
  return `${tools}:${searchPath}`;
}

/** A package source of its own, of what was fetched: apt takes a tenth of the time over it that this machine's take. */
async function sourceOf(packages: string): Promise<string> {
  const dpkgDeb = (await findExecutable("dpkg-deb", searchPath)) ?? "";
  const entries = readdirSync(packages)
    .filter((name) => name.endsWith(".deb"))
    .map((name) => {
      const content = readFileSync(join(packages, name));
      const control = spawnSync(dpkgDeb, ["-f", join(packages, name)], { encoding: "utf8" }).stdout.trim();
      const hash = createHash("sha256").update(content).digest("hex");
      return `${control}\nFilename: ./${name}\nSize: ${content.length}\nSHA256: ${hash}\n`;
    });
  expect(entries.length).toBeGreaterThan(0);
  writeFileSync(join(packages, "Packages"), entries.join("\n"));
  const list = join(packages, "sources.list");
  writeFileSync(list, `deb [trusted=yes] file:${packages} ./\n`);
  return `-o Dir::Etc::sourcelist="${list}" -o Dir::Etc::sourceparts=-`;
}

describe.skipIf(!hasApt)("from apt", () => {
  let data: string;
  const said: string[] = [];
  const options = { say: (line: string) => void said.push(line), searchPath };
  /** Over packages that were fetched once: where it is not the point where they come from. */
  let again: typeof options;

  beforeAll(async () => {
    data = join(home, "first data dir");
    const fetched = join(home, "fetched");
    mkdirSync(fetched);
    const keeping = await toolsWith("keeping", "", `cp -- *.deb "${fetched}/" 2>/dev/null`);
    await installRedis(data, { ...options, searchPath: keeping });
    again = { ...options, searchPath: await toolsWith("near", await sourceOf(fetched)) };
  });

  it("the copy runs, one line was said, and only the copy is left behind", async () => {
    const copy = await findCopy(data, undefined);
    expect(copy?.path).toBe(join(data, "bin", "redis-server"));
    expect(copy?.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(said).toHaveLength(1);
    expect(readdirSync(data).sort()).toEqual([".gitignore", "bin"]);
  });

  it("a second install returns the first one's copy", async () => {
    said.length = 0;
    expect((await installRedis(data, options)).path).toBe(join(data, "bin", "redis-server"));
    expect(said).toEqual([]);
  });

  it("a copy that came with a repository is not run, and is replaced", async () => {
    const other = join(home, "cloned");
    mkdirSync(join(other, "bin"), { recursive: true });
    const proof = join(home, "was-run");
    writeFileSync(join(other, "bin", "redis-server"), `#!/bin/sh\ntouch "${proof}"\necho "Redis server v=7.0.15"\n`);
    chmodSync(join(other, "bin", "redis-server"), 0o755);
    expect(await findCopy(other, undefined)).toBeUndefined();
    const { path } = await installRedis(other, again);
    expect(readFileSync(path, "utf8")).not.toContain("was-run");
    expect(existsSync(proof)).toBe(false);
  });

  it("a copy of which one byte was changed is not run", async () => {
    const changed = join(home, "changed");
    cpSync(data, changed, { recursive: true, verbatimSymlinks: true });
    expect((await findCopy(changed, undefined))?.path).toBe(join(changed, "bin", "redis-server"));
    appendFileSync(join(changed, "bin", "redis-server"), "\n");
    expect(await findCopy(changed, undefined)).toBeUndefined();
  });

  it("three installs at once end with one whole copy", async () => {
    const shared = join(home, "shared");
    const copies = await Promise.all([1, 2, 3].map(() => installRedis(shared, again)));
    expect(new Set(copies.map((copy) => copy.path))).toEqual(new Set([join(shared, "bin", "redis-server")]));
    expect((await probeBinary(join(shared, "bin", "redis-server"))).ok).toBe(true);
    expect(readdirSync(shared).sort()).toEqual([".gitignore", "bin"]);
  });

  it("what a killed install left is swept away by the next one", async () => {
    const swept = mkdtempSync(join(home, "swept-"));
    // A process number above the kernel's largest: certainly nobody's.
    mkdirSync(join(swept, ".install-4194305-abcdef", "debs"), { recursive: true });
    mkdirSync(join(swept, `.install-${process.ppid}-abcdef`));
    await installRedis(swept, again);
    expect(readdirSync(swept).sort()).toEqual([".gitignore", `.install-${process.ppid}-abcdef`, "bin"]);
  });

  it("a package source that does not answer is named, and nothing is left behind", async () => {
    // The real apt-get, pointed at a port where nobody listens.
    const sources = join(home, "sources.list");
    writeFileSync(sources, "deb http://127.0.0.1:9 stable main\n");
    const nowhere = `-o Dir::Etc::sourcelist="${sources}" -o Dir::Etc::sourceparts=- -o Acquire::Retries=0`;
    const offline = mkdtempSync(join(home, "offline-"));
    const error = await rejection(installRedis(offline, { ...options, searchPath: await toolsWith("tools", nowhere) }));
    expect(error).toMatchObject({ code: "redis.install_failed", exit: 7 });
    expect(error.message).toMatch(/127\.0\.0\.1/);
    expect(error.hint).toContain("sudo apt-get install redis-server");
    expect(readdirSync(offline)).toEqual([".gitignore"]);
  });

  it.skipIf(!isRoot)("a user without any rights gets one", () => {
    const theirs = mkdtempSync("/tmp/sh-nobody-");
    chownSync(theirs, nobody, nobody);
    const script = `
      import { installRedis } from "${root}infra/redis/install.ts";
      const copy = await installRedis("${theirs}/data", { say() {}, searchPath: process.env.PATH });
      console.log(process.getuid(), copy.version);
    `;
    const done = spawnSync(
      "setpriv",
      [
        `--reuid=${nobody}`,
        `--regid=${nobody}`,
        "--clear-groups",
        process.execPath,
        "--import",
        "tsx",
        "--input-type=module",
        "-e",
        script,
      ],
      { cwd: root, encoding: "utf8", env: { PATH: searchPath, HOME: theirs, TMPDIR: theirs } },
    );
    rmSync(theirs, { recursive: true, force: true });
    expect(done.stderr).toBe("");
    expect(done.stdout).toMatch(/^65534 \d+\.\d+\.\d+\n$/);
  });
});
