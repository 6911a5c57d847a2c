// Writes registry/tools/release-pins.ts anew: npm run pins. Refuses where a tool does not keep what its examples promise,
// and where something could not be tried, such as commands on a machine without a sandbox.
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBench } from "../../actors/runtime/drift/bench.ts";
import { tools } from "../../registry/tools/index.ts";
import { makePins, pinsFile, RELEASE_PINS } from "./release-pins.ts";
import { openTestSandbox } from "./sandbox.ts";

const state = realpathSync(mkdtempSync(join(tmpdir(), "statehive-pins-")));
const env = { PATH: process.env.PATH ?? "" };
const { confinement } = await openTestSandbox({ state, env });
const recorder = fileURLToPath(new URL("../../dist/infra/journal/recorder.js", import.meta.url));
const bench = await openBench({ confinement: confinement === "off" ? null : confinement, env, recorder });
try {
  const { pins, problems } = await makePins(tools, bench);
  if (problems.length > 0) {
    process.stderr.write(`not written:\n${problems.join("\n")}\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(RELEASE_PINS, pinsFile(pins));
    const biome = fileURLToPath(new URL("../../node_modules/@biomejs/biome/bin/biome", import.meta.url));
    execFileSync(process.execPath, [biome, "format", "--write", RELEASE_PINS], { stdio: "ignore" });
    process.stdout.write(`${Object.keys(pins).length} tools pinned\n`);
  }
} finally {
  await bench.close();
  rmSync(state, { recursive: true, force: true });
}
