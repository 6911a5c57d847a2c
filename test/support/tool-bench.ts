/** The bench on which tools are checked, with this machine's sandbox where it has one and the compiled recorder. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type Bench, openBench } from "../../actors/runtime/drift/bench.ts";
import { builtModule } from "./journal.ts";
import { openTestSandbox } from "./sandbox.ts";

/** Closed when the test file ends. */
export async function testBench(): Promise<Bench> {
  const state = realpathSync(mkdtempSync(join(tmpdir(), "statehive-bench-")));
  const env = { PATH: process.env.PATH ?? "" };
  const { confinement } = await openTestSandbox({ state, env });
  const bench = await openBench({
    confinement: confinement === "off" ? null : confinement,
    env,
    recorder: builtModule("infra/journal/recorder.js"),
  });
  afterAll(async () => {
    await bench.close();
    rmSync(state, { recursive: true, force: true });
  });
  return bench;
}
