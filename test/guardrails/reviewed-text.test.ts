// What a person looks at before they say yes is what there is: on a terminal no output of an agent can hide, move or turn
// around a line of it; into a file it goes as it was.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ofType, openStage, report, says, use } from "../support/run-stage.ts";

const cli = process.env.SWARM_TEST_CLI ?? fileURLToPath(new URL("../../dist/apps/cli/main.js", import.meta.url));
const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript) process.stderr.write("SKIPPED: no script(1) on this machine, so nothing was shown on a terminal\n");

it.skipIf(!hasScript)(
  "an output that is shown on a terminal has every deceptive character spelled out, and is piped as it was",
  { timeout: 240_000 },
  async () => {
    await using stage = await openStage();
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join("");
    const hostile = `+rm -rf everything\u001b[1A\u001b[2K\r\t+harmless \u202egnp.exe\u200b\n${lines}`;
    writeFileSync(join(stage.workspace, "long.txt"), hostile);
    writeFileSync(
      join(stage.swarm.cwd, "swarm.config.json"),
      JSON.stringify({ permissions: { allow: ["Bash(cat long.txt)"] } }),
    );
    const played = await stage.play([says(use("Bash", { command: "cat long.txt" })), report("shown")]);
    const [finished] = ofType(played.events, "tool.finished") as unknown as readonly { blob: string }[];
    const args = ["show", played.document.runId, "--blob", finished?.blob ?? "none"];
    expect((await stage.swarm.ask(args)).stdout).toBe(hostile);
    const shown = spawnSync("script", ["-qec", [process.execPath, cli, ...args].join(" "), "/dev/null"], {
      cwd: stage.swarm.cwd,
      env: { ...stage.swarm.env, COLUMNS: "200" },
      encoding: "utf8",
      maxBuffer: 16 * 1024 * 1024,
    });
    expect(shown.status).toBe(0);
    // The terminal itself ends each line with CR LF.
    expect(shown.stdout.replaceAll("\r\n", "\n")).toBe(
      `+rm -rf everything\\x1b[1A\\x1b[2K\\x0d\t+harmless \\u{202e}gnp.exe\\u{200b}\n${lines}`,
    );
  },
);
