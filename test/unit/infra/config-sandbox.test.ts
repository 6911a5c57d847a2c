/** Laws of who may say how commands are confined: the operator, never a repository. */
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

it("commands are confined and without a network where nothing is said", async () => {
  const { work, env } = folders();
  expect((await readConfig(work, env)).sandbox).toEqual({
    off: false,
    network: false,
    bin: undefined,
    install: "auto",
  });
});

it("the operator switches confinement off by name, in their own file or the environment, which has the last word", async () => {
  const { work, put, env } = folders();
  put("xdg/statehive/swarm.config.json", { sandbox: { unconfined: true, network: true, bin: "/x", install: "never" } });
  expect((await readConfig(work, env)).sandbox).toEqual({ off: true, network: true, bin: "/x", install: "never" });
  const said = { ...env, SWARM_SANDBOX: "auto", SWARM_SANDBOX_NETWORK: "off", SWARM_BWRAP_BIN: "/y" };
  expect((await readConfig(work, said)).sandbox).toEqual({ off: false, network: false, bin: "/y", install: "never" });
  expect((await readConfig(work, { ...env, SWARM_SANDBOX: "off" })).origins.sandboxSwitch).toBe("environment");
});

it.each([{ unconfined: true }, { unconfined: false }, { network: true }, { bin: "./bwrap" }, {}])(
  "a file that a repository brings along has no word in it: %j",
  async (sandbox) => {
    const { work, put, env } = folders();
    put("work/swarm.config.json", { sandbox });
    await expect(readConfig(work, env)).rejects.toMatchObject({ code: "config.operator", exit: 2 });
  },
);

it("a file that was named by hand is the operator's, wherever it lies", async () => {
  const { home, work, put, env } = folders();
  put("mine.json", { sandbox: { unconfined: true } });
  const { sandbox } = await readConfig(work, { ...env, SWARM_CONFIG: join(home, "mine.json") });
  expect(sandbox.off).toBe(true);
});

it.each(["none", "yes", "0"])("SWARM_SANDBOX=%s is refused by name", async (value) => {
  const { work, env } = folders();
  await expect(readConfig(work, { ...env, SWARM_SANDBOX: value })).rejects.toThrow(/SWARM_SANDBOX/);
});
