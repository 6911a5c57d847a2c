/** Laws of the configured permissions and of what is kept from commands: layers, denial, environment. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readConfig } from "../../../infra/config.ts";

function folders() {
  const home = mkdtempSync(join(tmpdir(), "statehive-config-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const work = join(home, "work");
  mkdirSync(join(home, "xdg/statehive"), { recursive: true });
  mkdirSync(work);
  const put = (path: string, value: unknown): void => writeFileSync(join(home, path), JSON.stringify(value));
  return { home, work, put, env: { HOME: home, XDG_CONFIG_HOME: join(home, "xdg"), PATH: "/bin" } };
}

it("nothing is allowed and nothing denied where nothing is said", async () => {
  const { work, env } = folders();
  expect((await readConfig(work, env)).permissions).toEqual({ allow: [], deny: [] });
});

it("the last file that allows is the one that counts; what any file denies stays denied; each rule knows its file", async () => {
  const { home, work, put, env } = folders();
  put("xdg/statehive/swarm.config.json", { permissions: { allow: ["Bash"], deny: ["Write(a)"] } });
  put("work/swarm.config.json", { permissions: { allow: ["Write"], deny: ["Edit"] } });
  const { permissions } = await readConfig(work, env);
  expect(permissions.allow).toEqual([{ text: "Write", from: join(work, "swarm.config.json") }]);
  expect(permissions.deny).toEqual([
    { text: "Write(a)", from: join(home, "xdg/statehive/swarm.config.json") },
    { text: "Edit", from: join(work, "swarm.config.json") },
  ]);
});

it("a repository has no say in where this host's gates lie; the environment has", async () => {
  const { home, work, put, env } = folders();
  const found = await readConfig(work, env);
  expect(found.stateDirs).toEqual([join(home, ".local/state/statehive"), join(work, ".swarm/state")]);
  expect((await readConfig(work, { ...env, XDG_STATE_HOME: "/x" })).stateDirs[0]).toBe("/x/statehive");
  expect((await readConfig(work, { ...env, SWARM_STATE_DIR: "mine" })).stateDirs).toEqual([join(work, "mine")]);
  put("work/swarm.config.json", { stateDir: "/tmp/elsewhere" });
  await expect(readConfig(work, env)).rejects.toMatchObject({ code: "config.invalid", exit: 2 });
});

it("commands are given where things are, and no credential or setting of ours", async () => {
  const { work, env } = folders();
  const secret = {
    ANTHROPIC_API_KEY: "k",
    ANTHROPIC_AUTH_TOKEN: "t",
    REDIS_URL: "redis://x",
    SWARM_PREFIX: "p",
    GITHUB_TOKEN: "g",
  };
  const { commandEnv } = await readConfig(work, { ...env, ...secret, LANG: "C.UTF-8" });
  expect(commandEnv).toEqual({ PATH: "/bin", HOME: env.HOME, LANG: "C.UTF-8" });
});
