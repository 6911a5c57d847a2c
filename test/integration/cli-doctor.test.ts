// `swarm doctor` says of the Redis that it found what it promises, with the setting that decides it.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { startRedis, type TestRedisOptions } from "../support/redis.ts";
import { bubblewrap } from "../support/sandbox.ts";
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
    configure({ allow: ["Bash(npm test)", "Edit"], ask: ["Bash(git push:*)"], deny: ["Write(secrets/**)", "Edit"] });
    const listed = await swarm.ask(["doctor", "--json"]);
    const { settings } = documentOf<{ settings: { name: string; value: string; from: string }[] }>(listed);
    expect(settings.filter(({ name }) => name.startsWith("permissions."))).toEqual(
      [
        ["permissions.allow", "Bash(npm test)"],
        ["permissions.allow", "Edit"],
        ["permissions.ask", "Bash(git push:*)"],
        ["permissions.deny", "Write(secrets/**)"],
        ["permissions.deny", "Edit"],
      ].map(([name, value]) => ({ name, value, from: expect.stringMatching(/swarm\.config\.json:1:\d+$/) })),
    );
    const warnings = settings.filter(({ name }) => name === "permissions (warning)");
    expect(warnings.map(({ value }) => value)).toEqual(['"Edit" stands in allow and in deny: deny wins']);
    configure({ allow: ["Bash(npm *)x"] });
    const refused = await swarm.ask(["doctor"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/swarm\.config\.json:1:26: permissions\.allow: "Bash\(npm \*\)x"/);
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

  test("names the sandbox's level with what it is by, or why there is none and what to do about it", async () => {
    const redis = await startRedis({});
    opened.push(redis);
    const swarm = await openSwarm({ env: { REDIS_URL: `unix://${redis.socket}` } });
    opened.push(swarm);
    const has = (await bubblewrap()) !== null;
    const found = documentOf<SandboxDocument>(await swarm.ask(["doctor", "--json"]));
    if (has)
      expect(found).toMatchObject({
        sandbox: "full",
        sandboxReasons: [],
        sandboxBy: expect.stringMatching(/^bubblewrap /),
      });
    const without = {
      SWARM_BWRAP_BIN: undefined,
      SWARM_SANDBOX: undefined,
      SWARM_SANDBOX_INSTALL: "never",
      PATH: swarm.home,
    };
    // Where the system has one, it is found whatever the search path says.
    if (
      !["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/run/current-system/sw/bin/bwrap"].some((path) => existsSync(path))
    ) {
      const { stdout, code } = await swarm.ask(["doctor"], { env: without });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^sandbox: none: there is no .*SWARM_SANDBOX_INSTALL=never/m);
      expect(stdout).toContain("Bash is off");
      expect(stdout).toMatch(/Debian, Ubuntu: +sudo apt-get install bubblewrap/);
    }
    const off = documentOf<SandboxDocument>(await swarm.ask(["doctor", "--json"], { env: { SWARM_SANDBOX: "off" } }));
    expect(off.sandbox).toBe("none");
    expect(off.sandboxReasons.join()).toContain("all your rights");
    const broken = await swarm.ask(["doctor"], { env: { SWARM_BWRAP_BIN: "/bin/true" } });
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain("SWARM_BWRAP_BIN=/bin/true");
  });
});

interface SandboxDocument {
  readonly sandbox: string;
  readonly sandboxBy: string | null;
  readonly sandboxReasons: readonly string[];
}
