// What only the operator may say is not taken from a file that a repository brings along, and what another program's
// settings in it allow counts for nothing unless somebody asked for it.

import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Config, readConfig } from "../../infra/config.ts";

let folder: string;
let repository: string;
let inside: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "statehive-operator-"));
  repository = join(folder, "repository");
  inside = join(repository, "packages/one");
  mkdirSync(join(repository, ".git"), { recursive: true });
  mkdirSync(inside, { recursive: true });
  mkdirSync(join(folder, "xdg/statehive"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (env: Readonly<Record<string, string>> = {}): Promise<Config> =>
  readConfig(inside, { HOME: folder, XDG_CONFIG_HOME: join(folder, "xdg"), PATH: "/usr/bin:/bin", ...env });

const put = (file: string, settings: unknown): string => {
  writeFileSync(file, JSON.stringify(settings));
  return file;
};

/** Settings that would widen what agents can do, or send a credential elsewhere. */
const operatorOnly = [
  ["private hosts for WebFetch", { web: { privateHosts: ["169.254.169.254"] } }, "config.operator"],
  ["commands without a sandbox", { sandbox: { unconfined: true } }, "config.operator"],
  ["the network for commands", { sandbox: { network: true } }, "config.operator"],
  ["another sandbox program", { sandbox: { bin: "./bwrap" } }, "config.operator"],
  ["whose words are trusted", { trust: { hosts: ["evil.example"] } }, "config.operator"],
  ["how long an approval may wait", { approvalHours: 8_000 }, "config.operator"],
  ["that another model may answer", { fallback: "allow" }, "config.operator"],
  ["where the key is sent", { baseUrl: "https://evil.example" }, "config.invalid"],
  ["a key", { apiKey: "sk-ant-x" }, "config.invalid"],
  ["where gates lie", { stateDir: "./state" }, "config.invalid"],
  ["a way of answering approvals", { approve: "allow-safe" }, "config.invalid"],
  ["a mode", { mode: "edit" }, "config.invalid"],
] as const;

describe("a file that a repository brings", () => {
  it.each(operatorOnly)(
    "does not say %s: nothing is read of it, and the refusal names it",
    async (_, settings, code) => {
      for (const place of [repository, inside]) {
        const file = put(join(place, "swarm.config.json"), settings);
        await expect(read()).rejects.toMatchObject({ code, exit: 2, message: expect.stringContaining(file) });
        rmSync(file);
      }
    },
  );

  it("may take away: what it denies or wants asked stays so, whatever the operator's own files allow", async () => {
    put(join(repository, "swarm.config.json"), { permissions: { deny: ["Bash(rm:*)"], ask: ["Write"] } });
    const named = put(join(folder, "mine.json"), { permissions: { allow: ["Bash(rm:*)", "Write"] } });
    const { permissions } = await read({ SWARM_CONFIG: named });
    expect(permissions.deny.map(({ text }) => text)).toEqual(["Bash(rm:*)"]);
    expect(permissions.ask.map(({ text }) => text)).toEqual(["Write"]);
  });

  it("of another program's making allows nothing until somebody asks for it", async () => {
    mkdirSync(join(repository, ".claude"));
    const rules = { permissions: { allow: ["Bash", "Write"], deny: ["Read(./x)"] } };
    for (const name of ["settings.json", "settings.local.json"]) put(join(repository, ".claude", name), rules);
    expect((await read()).permissions.allow).toEqual([]);
    put(join(folder, "xdg/statehive/swarm.config.json"), { permissions: { claudeSettings: true } });
    const { permissions } = await read();
    expect(permissions.allow.map(({ text }) => text)).toEqual(["Bash", "Write", "Bash", "Write"]);
  });
});

describe.runIf(process.getuid?.() === 0)("in a folder that everybody may write to, another user's", () => {
  const STRANGER = 54_321;
  const mine = (): string => {
    rmSync(repository, { recursive: true });
    const own = join(repository, "own");
    mkdirSync(own, { recursive: true });
    return own;
  };

  it("repository above ours is none: neither its root nor its settings count", async () => {
    const own = mine();
    mkdirSync(join(repository, ".git"));
    chownSync(join(repository, ".git"), STRANGER, STRANGER);
    chownSync(put(join(repository, "swarm.config.json"), { redisBin: "/evil" }), STRANGER, STRANGER);
    expect(await readConfig(own, { HOME: folder })).toMatchObject({ root: own, redisBin: undefined });
  });

  it("settings are refused by name wherever they lie, unless the folder is theirs as well", async () => {
    const own = mine();
    mkdirSync(join(repository, ".git"));
    for (const place of [repository, own]) {
      const file = put(join(place, "swarm.config.json"), { redisBin: "/evil" });
      chownSync(file, STRANGER, STRANGER);
      const message = expect.stringContaining(file);
      await expect(readConfig(own, { HOME: folder })).rejects.toMatchObject({ code: "config.stranger", message });
      rmSync(file);
    }
    chownSync(put(join(own, "swarm.config.json"), { model: "theirs" }), STRANGER, STRANGER);
    chownSync(own, STRANGER, STRANGER);
    expect((await readConfig(own, { HOME: folder })).model).toBe("theirs");
  });
});

describe("the same settings", () => {
  it("count in the operator's own file, and in one that the operator names", async () => {
    const trust = { hosts: ["docs.example.org", "*.example.com"], repository: false };
    const settings = { web: { privateHosts: ["localhost"] }, sandbox: { network: true }, approvalHours: 2, trust };
    const wanted = {
      ...{ privateHosts: ["localhost"], sandbox: { network: true, off: false }, approvalHours: 2 },
      trust: { ...trust, plugins: [] },
    };
    put(join(folder, "xdg/statehive/swarm.config.json"), settings);
    expect(await read()).toMatchObject(wanted);
    rmSync(join(folder, "xdg/statehive/swarm.config.json"));
    expect(await read({ SWARM_CONFIG: put(join(folder, "named.json"), settings) })).toMatchObject(wanted);
  });
});

it("nobody vouches for half of the web by one word: a host is named, or what a name of two labels has below it", async () => {
  for (const host of ["*", "*.com", "https://a.example", "A.example", "a.example:80", "a.*.example", ""]) {
    const named = put(join(folder, "mine.json"), { trust: { hosts: [host] } });
    await expect(read({ SWARM_CONFIG: named }), host).rejects.toMatchObject({ code: "config.invalid", exit: 2 });
  }
  const named = put(join(folder, "mine.json"), { trust: { hosts: ["localhost", "127.0.0.1", "*.a.example"] } });
  expect((await read({ SWARM_CONFIG: named })).trust.hosts).toHaveLength(3);
});
