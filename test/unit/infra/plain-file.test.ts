/** Laws of reading what a stranger may have put there. */
import { execFileSync } from "node:child_process";
import { symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readSettingsFile } from "../../../infra/config-files.ts";
import { configuredServers } from "../../../infra/mcp/server-settings.ts";
import { startOf } from "../../../infra/mcp/server-start.ts";
import { readPlainFile } from "../../../infra/plain-file.ts";
import { temporaryFolder, writeFiles } from "../../support/workspace.ts";

const none = { layers: [], variables: [] };

it("a pipe is not waited for, a device not read, and a long file not read to its end", () => {
  const folder = temporaryFolder();
  execFileSync("mkfifo", [join(folder, "pipe")]);
  for (const path of [join(folder, "pipe"), "/dev/zero", folder])
    expect(() => readPlainFile(path, 10)).toThrow("not a file");
  writeFileSync(join(folder, "long"), "");
  truncateSync(join(folder, "long"), 1e12);
  expect(() => readPlainFile(join(folder, "long"), 10)).toThrow("it has 1000000000000 bytes; at most 10");
  writeFileSync(join(folder, "just"), "0123456789");
  expect(readPlainFile(join(folder, "just"), 10)).toBe("0123456789");
});

it("a .mcp.json that is a device, a pipe or a link out of its folder is told of, and nothing of it is read or shown", async () => {
  const outside = temporaryFolder();
  writeFiles(outside, { "secret.json": "hidden-value" });
  for (const target of ["/dev/zero", join(outside, "secret.json"), "pipe"]) {
    const folder = temporaryFolder();
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync(target, join(folder, ".mcp.json"));
    const { servers, problems } = configuredServers(none, folder);
    expect([servers, problems.map(({ problem }) => problem)]).toEqual([
      [],
      [expect.stringMatching(/^it is (a link out|not a file)/)],
    ]);
    expect(JSON.stringify(problems)).not.toContain("hidden");
    symlinkSync(target, join(folder, "swarm.config.json"));
    if (target !== join(outside, "secret.json"))
      await expect(readSettingsFile(join(folder, "swarm.config.json"))).rejects.toMatchObject({
        code: "config.unreadable",
      });
  }
});

it("a package's manifest that is a device says nothing, and keeps nobody", () => {
  const home = temporaryFolder();
  writeFiles(home, { "server.mjs": "1" });
  symlinkSync("/dev/zero", join(home, "package.json"));
  const start = { kind: "stdio", command: "node", args: ["server.mjs"], env: {}, network: false } as const;
  const { program } = JSON.parse(
    startOf({ start: { ...start, args: [...start.args] }, home }, process.env.PATH ?? "").text,
  );
  expect(program).toMatchObject({ file: join(home, "server.mjs") });
});
