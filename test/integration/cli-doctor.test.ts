// `swarm doctor` says of the Redis that it found what it promises, with the setting that decides it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { startRedis, type TestRedisOptions } from "../support/redis.ts";
import { documentOf, openSwarm } from "../support/swarm-cli.ts";

const opened: { [Symbol.asyncDispose](): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function doctor(options: TestRedisOptions, ...flags: string[]): Promise<string> {
  const redis = await startRedis(options);
  opened.push(redis);
  const swarm = await openSwarm({ env: { REDIS_URL: `unix://${redis.socket}` } });
  opened.push(swarm);
  const finished = await swarm.run(["doctor", ...flags]);
  expect(finished.code).toBe(0);
  return finished.stdout;
}

const power = "… and a power failure";

describe("doctor", () => {
  test.each<[string, TestRedisOptions, string, RegExp]>([
    ["that syncs each write", { fsync: "always" }, "holds", /always/],
    ["that syncs every second", { fsync: "everysec" }, "does not hold", /everysec/],
    ["that pauses", { args: ["--no-appendfsync-on-rewrite", "yes"] }, "does not hold", /no-appendfsync-on-rewrite/],
    ["that keeps nothing", { args: ["--appendonly", "no"] }, "does not hold", /append-only file: off/],
  ])("says in words whether a power failure is survived by a server %s", async (_, options, verdict, because) => {
    const line = (await doctor(options)).split("\n").find((one) => one.startsWith(power)) ?? "";
    expect(line.slice(power.length).trim()).toMatch(new RegExp(`^${verdict} {2}`));
    expect(line).toMatch(because);
  });

  test("lists every permission rule with its file, and refuses one that is none before any run does", async () => {
    const redis = await startRedis({});
    opened.push(redis);
    const swarm = await openSwarm({ env: { REDIS_URL: `unix://${redis.socket}` } });
    opened.push(swarm);
    const configure = (permissions: object): void =>
      writeFileSync(join(swarm.cwd, "swarm.config.json"), JSON.stringify({ permissions }));
    configure({ allow: ["Bash(npm test)", "Edit"], deny: ["Write(secrets/**)"] });
    const listed = await swarm.run(["doctor", "--json"]);
    const { settings } = documentOf<{ settings: { name: string; value: string; from: string }[] }>(listed);
    expect(settings.filter(({ name }) => name.startsWith("permissions."))).toEqual(
      [
        ["permissions.allow", "Bash(npm test)"],
        ["permissions.allow", "Edit"],
        ["permissions.deny", "Write(secrets/**)"],
      ].map(([name, value]) => ({ name, value, from: expect.stringContaining("swarm.config.json") })),
    );
    configure({ allow: ["Bash(npm *)x"] });
    const refused = await swarm.run(["doctor"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/swarm\.config\.json: permissions\.allow: "Bash\(npm \*\)x"/);
  });

  test("gives the same to programs, each guarantee with its reason", async () => {
    const document = documentOf<{
      redis: Record<string, unknown>;
      guarantees: { guarantee: string; holds: string; because: string }[];
    }>({ stdout: await doctor({ fsync: "everysec" }, "--json") } as never);
    expect(document.redis).toMatchObject({ kind: "url", aof: "on", fsync: "everysec", syncsDuringRewrite: "yes" });
    expect(document.guarantees.length).toBeGreaterThanOrEqual(7);
    for (const { guarantee, holds, because } of document.guarantees) {
      expect(["yes", "no", "unknown"], guarantee).toContain(holds);
      expect(because, guarantee).toMatch(/\w/);
    }
    expect(document.guarantees.find(({ guarantee }) => guarantee === power)?.holds).toBe("no");
  });
});
