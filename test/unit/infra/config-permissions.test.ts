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
  expect((await readConfig(work, env)).permissions).toEqual({ allow: [], ask: [], deny: [], notices: [] });
});

it("the last file that allows is the one that counts; what any file asks about or denies stays so", async () => {
  const { home, work, put, env } = folders();
  put("xdg/statehive/swarm.config.json", { permissions: { allow: ["Bash"], ask: ["Read"], deny: ["Write(a)"] } });
  put("work/swarm.config.json", { permissions: { allow: ["Write"], ask: ["Grep"], deny: ["Edit"] } });
  const { permissions } = await readConfig(work, env);
  const standing = (list: "allow" | "ask" | "deny") => permissions[list].map(({ text, from }) => [text, from]);
  const [first, last] = [join(home, "xdg/statehive/swarm.config.json"), join(work, "swarm.config.json")];
  expect(standing("allow")).toEqual([["Write", last]]);
  expect(standing("ask")).toEqual([
    ["Read", first],
    ["Grep", last],
  ]);
  expect(standing("deny")).toEqual([
    ["Write(a)", first],
    ["Edit", last],
  ]);
});

it("each rule knows its line and column, in a program its index", async () => {
  const { home, work, env } = folders();
  const text = [
    '{ "model": "permissions: x",',
    '  "permissions": {',
    '    "deny": ["Bash(rm \\"x\\":*)",',
    '      "Edit"] } }',
  ].join("\n");
  writeFileSync(join(home, "work/swarm.config.json"), text);
  const { permissions } = await readConfig(work, env);
  expect(permissions.deny.map(({ text: rule, at }) => [rule, at])).toEqual([
    ['Bash(rm "x":*)', "3:14"],
    ["Edit", "4:7"],
  ]);
  rmSync(join(work, "swarm.config.json"));
  writeFileSync(join(work, "swarm.config.mjs"), 'export default { permissions: { allow: ["Read", "Write"] } };');
  const program = await readConfig(work, env);
  expect(program.permissions.allow.map(({ text: rule, at }) => [rule, at])).toEqual([
    ["Read", "[0]"],
    ["Write", "[1]"],
  ]);
});

it("the settings of Claude Code are taken on request, and what is left of them is said", async () => {
  const { home, work, put, env } = folders();
  mkdirSync(join(work, ".claude"));
  put("work/.claude/settings.json", {
    permissions: {
      allow: ["Bash(npm run lint)", "Edit(/docs/**)"],
      deny: ["Read(./.env)"],
      defaultMode: "acceptEdits",
    },
    hooks: {},
    model: "x",
  });
  put("work/.claude/settings.local.json", { permissions: { ask: ["Bash(git push:*)"] } });
  expect((await readConfig(work, env)).permissions.deny).toEqual([]);
  put("work/swarm.config.json", { permissions: { allow: ["Write"], claudeSettings: true } });
  const { permissions } = await readConfig(work, env);
  expect(permissions.allow.map(({ text }) => text)).toEqual(["Write", "Bash(npm run lint)", "Edit(/docs/**)"]);
  expect(permissions.ask.map(({ text }) => text)).toEqual(["Bash(git push:*)"]);
  expect(permissions.deny).toMatchObject([
    { text: "Read(./.env)", from: join(work, ".claude/settings.json"), foreign: true, base: work },
  ]);
  expect(permissions.notices).toEqual([
    `${join(work, ".claude/settings.json")}: only allow, ask and deny are taken, not permissions.defaultMode, hooks, model`,
  ]);
  put("other.json", { permissions: { deny: ["Write"] } });
  put("work/swarm.config.json", { permissions: { claudeSettings: "../other.json" } });
  expect((await readConfig(work, env)).permissions.deny).toMatchObject([
    { text: "Write", from: join(home, "other.json") },
  ]);
});

it("settings that were asked for and are not there, or are none, are an error that names them", async () => {
  const { work, put, env } = folders();
  put("work/swarm.config.json", { permissions: { claudeSettings: true } });
  await expect(readConfig(work, env)).rejects.toMatchObject({ code: "config.claude_settings", exit: 2 });
  put("work/swarm.config.json", { permissions: { claudeSettings: "missing.json" } });
  await expect(readConfig(work, env)).rejects.toMatchObject({ code: "config.unreadable", exit: 2 });
  put("claude.json", { permissions: { allow: "Bash" } });
  put("work/swarm.config.json", { permissions: { claudeSettings: "../claude.json" } });
  await expect(readConfig(work, env)).rejects.toMatchObject({ message: expect.stringContaining("permissions.allow") });
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
