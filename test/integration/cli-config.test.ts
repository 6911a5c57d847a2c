// Where a setting comes from, seen through `swarm doctor` as a user sees it: later sources win, each names itself, and a
// mistake is told with its file and field.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentOf, type Environment, folderOf, openSwarm, type Swarm } from "../support/swarm-cli.ts";

let swarm: Swarm;
/** A repository with a folder inside, and a folder for XDG. */
let repository: string;
let inside: string;
let xdg: string;

beforeAll(async () => {
  swarm = await openSwarm();
});
afterAll(() => swarm?.[Symbol.asyncDispose]());

let count = 0;
function fresh(): void {
  count += 1;
  const home = folderOf(swarm, `place-${count}`);
  repository = join(home, "repository");
  inside = join(repository, "packages/one");
  xdg = join(home, "xdg");
  mkdirSync(join(repository, ".git"), { recursive: true });
  mkdirSync(inside, { recursive: true });
  mkdirSync(join(xdg, "statehive"), { recursive: true });
}

interface Doctor {
  readonly settings: readonly { readonly name: string; readonly value: string | null; readonly from: string }[];
}

async function setting(name: string, env: Environment = {}): Promise<{ value: string | null; from: string }> {
  const finished = await swarm.ask(["doctor", "--json"], { cwd: inside, env: { XDG_CONFIG_HOME: xdg, ...env } });
  expect(finished.code).toBe(0);
  const found = documentOf<Doctor>(finished).settings.find((one) => one.name === name);
  if (found === undefined) throw new Error(`doctor does not show ${name}`);
  return { value: found.value, from: found.from };
}

const put = (file: string, settings: object): string => {
  writeFileSync(file, JSON.stringify(settings));
  return file;
};

test("defaults < XDG < swarm.config < SWARM_CONFIG < environment", async () => {
  fresh();
  expect(await setting("model")).toEqual({ value: null, from: "default" });
  const ofUser = put(join(xdg, "statehive/swarm.config.json"), { model: "by-user", redisFsync: "always" });
  expect(await setting("model")).toEqual({ value: "by-user", from: ofUser });
  const ofProject = put(join(repository, "swarm.config.json"), { model: "by-project" });
  expect(await setting("model")).toEqual({ value: "by-project", from: ofProject });
  expect(await setting("redisFsync")).toEqual({ value: "always", from: ofUser });
  const named = put(join(xdg, "named.json"), { model: "by-name" });
  expect(await setting("model", { SWARM_CONFIG: named })).toEqual({ value: "by-name", from: named });
  expect(await setting("model", { SWARM_CONFIG: named, SWARM_MODEL: "by-environment" })).toEqual({
    value: "by-environment",
    from: "environment",
  });
});

test("the nearest swarm.config counts, up to the root of the repository and no further", async () => {
  fresh();
  put(join(repository, "..", "swarm.config.json"), { model: "from-outside" });
  expect(await setting("model")).toEqual({ value: null, from: "default" });
  const atRoot = put(join(repository, "swarm.config.json"), { model: "at-root" });
  expect(await setting("model")).toEqual({ value: "at-root", from: atRoot });
  const near = join(inside, "swarm.config.mjs");
  writeFileSync(near, "export default { model: 'near' };\n");
  expect(await setting("model")).toEqual({ value: "near", from: near });
});

test("a data folder in a file is meant relative to that file", async () => {
  fresh();
  const file = put(join(repository, "swarm.config.json"), { dataDir: "state" });
  const finished = await swarm.ask(["ps", "--json"], { cwd: inside, env: { SWARM_DATA_DIR: undefined } });
  expect(finished.code).toBe(0);
  const found = documentOf<Doctor>(
    await swarm.ask(["doctor", "--json"], { cwd: inside, env: { SWARM_DATA_DIR: undefined } }),
  ).settings.find(({ name }) => name === "dataDir");
  expect(found).toEqual({ name: "dataDir", value: join(repository, "state"), from: file });
});

describe("a mistake is told with its place", () => {
  const mistakes: readonly [string, string, RegExp][] = [
    ["a field that does not exist", '{"modle":"x"}', /modle/],
    ["a value of the wrong kind", '{"redisFsync":"sometimes"}', /redisFsync/],
    ["an address that is none", '{"baseUrl":"ftp://somewhere"}', /baseUrl/],
    ["a key in a file", '{"apiKey":"sk-ant-never-in-a-file"}', /apiKey/],
    ["a file that is not JSON", "{", /JSON|Expected/],
  ];
  test.each(mistakes)("%s", async (_, content, words) => {
    fresh();
    const file = join(repository, "swarm.config.json");
    writeFileSync(file, content);
    const finished = await swarm.ask(["ps", "--json"], { cwd: inside });
    const { error } = documentOf<{ error: { code: string; message: string } }>(finished);
    expect({ code: finished.code, error }).toMatchObject({
      code: 2,
      error: { code: expect.stringMatching(/^config\./) },
    });
    expect(error.message).toContain(file);
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain("never-in-a-file");
  });

  test("a module that throws", async () => {
    fresh();
    const file = join(repository, "swarm.config.mjs");
    writeFileSync(file, "throw new Error('not today');\n");
    const finished = await swarm.ask(["ps", "--json"], { cwd: inside });
    expect(finished.code).toBe(2);
    expect(documentOf<{ error: { message: string } }>(finished).error.message).toMatch(
      /swarm\.config\.mjs.*not today/s,
    );
  });

  test.each([
    ["SWARM_CONFIG", "nowhere.json", "SWARM_CONFIG"],
    ["SWARM_REDIS_FSYNC", "sometimes", "SWARM_REDIS_FSYNC"],
    ["SWARM_PREFIX", "a b", "SWARM_PREFIX"],
    ["SWARM_LOG_LEVEL", "loud", "SWARM_LOG_LEVEL"],
    ["ANTHROPIC_BASE_URL", "ftp://somewhere", "ANTHROPIC_BASE_URL"],
  ])("the variable %s=%s", async (variable, value, named) => {
    fresh();
    const finished = await swarm.ask(["ps", "--json"], { cwd: inside, env: { [variable]: value } });
    expect(finished.code).toBe(2);
    expect(documentOf<{ error: { message: string } }>(finished).error.message).toContain(named);
  });
});
