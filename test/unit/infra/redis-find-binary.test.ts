// Which binary is taken, with real executables: small scripts that answer --version as servers do.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findBinary, isOlder, probeBinary } from "../../../infra/redis/find-binary.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sh-find-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function executable(folder: string, name: string, output: string): string {
  mkdirSync(join(home, folder), { recursive: true });
  const path = join(home, folder, name);
  writeFileSync(path, `#!/bin/sh\necho "${output}"\n`);
  chmodSync(path, 0o755);
  return path;
}

const redis7 = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";
const valkey8 = "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";

it("Valkey goes before Redis, wherever on the path they lie", async () => {
  executable("a", "redis-server", redis7);
  const path = executable("b", "valkey-server", valkey8);
  expect(await findBinary(undefined, `${home}/a:${home}/b`)).toEqual({ path, product: "valkey", version: "8.1.1" });
});

it("what is too old, broken or no Redis is passed over, and remembered with its reason", async () => {
  executable("a", "redis-server", "Redis server v=5.0.14 sha=00000000:0");
  executable("b", "redis-server", "hello");
  writeFileSync(executable("c", "redis-server", ""), "not a program");
  const path = executable("d", "redis-server", redis7);
  const rejected: string[] = [];
  const found = await findBinary(
    undefined,
    ["a", "b", "c", "d"].map((folder) => join(home, folder)).join(":"),
    rejected,
  );
  expect(found?.path).toBe(path);
  expect(rejected).toHaveLength(3);
  expect(rejected[0]).toContain("5.0.14 is older than 6.2.0");
});

it("the working directory is never searched, whatever the path says", async () => {
  executable("repository", "valkey-server", "Valkey server v=99.0.0");
  executable("repository/bin", "valkey-server", "Valkey server v=99.0.0");
  const before = process.cwd();
  process.chdir(join(home, "repository"));
  try {
    for (const searchPath of [".", "", "::", "bin", "./bin"]) {
      expect((await findBinary(undefined, searchPath))?.version).not.toBe("99.0.0");
    }
  } finally {
    process.chdir(before);
  }
});

it("a configured binary is the only one tried", async () => {
  executable("a", "redis-server", redis7);
  const old = executable("b", "redis-server", "Redis server v=6.0.16 sha=0");
  await expect(findBinary(old, `${home}/a`)).rejects.toMatchObject({ code: "redis.bad_binary", exit: 2 });
  await expect(findBinary(join(home, "absent"), `${home}/a`)).rejects.toMatchObject({ code: "redis.bad_binary" });
});

it("a probe of what does not exist is an answer, not an exception", async () => {
  expect(await probeBinary(join(home, "absent"))).toMatchObject({ ok: false });
});

it.each([
  ["6.2.0", "6.2.0", false],
  ["6.1.9", "6.2.0", true],
  ["6.10.0", "6.2.0", false],
  ["10.0.0", "6.2.0", false],
  ["5", "6.2.0", true],
])("%s older than %s: %s", (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
});
