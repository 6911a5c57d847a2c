/** `swarm init`: a commented configuration in the workspace, and its data folder kept out of git. Starts nothing. */
import { existsSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, readConfig } from "../../../infra/config.ts";
import { gitRootOf } from "../../../infra/config-files.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { GitBroke } from "../../../infra/git/run-git.ts";
import { configText } from "../init/config-text.ts";
import { type Ignored, ignoreData } from "../init/ignore-data.ts";
import { printJson } from "../print.ts";

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const root = realpathSync(gitRootOf(process.cwd()) ?? process.cwd());
  const file = join(root, "swarm.config.mjs");
  writeConfig(root, file, flags.force === true);
  const config = await readConfig();
  const ignored = await ignoredData(root, config);
  const next = nextSteps(config);
  if (flags.json === true) {
    printJson({ v: 1, config: file, gitignore: ignored, next });
    return 0;
  }
  process.stdout.write(`wrote ${file}: every setting, commented out, with what it does\n`);
  if (ignored.done === "added") process.stdout.write(`added ${ignored.line} to ${ignored.file}\n`);
  if (ignored.done === "left") process.stdout.write(`put ${ignored.line} into .gitignore yourself: ${ignored.why}\n`);
  process.stdout.write(`\nnext:\n${next.map(({ command, does }) => `  ${command.padEnd(36)}${does}\n`).join("")}`);
  return 0;
}

/** What stands there is somebody's: it is replaced only where that was asked for by name. */
function writeConfig(root: string, file: string, force: boolean): void {
  const json = join(root, "swarm.config.json");
  if (existsSync(json)) {
    throw new SwarmError("init.other_config", `${json} is there, and would not be read any more beside an .mjs`, {
      exit: 2,
      hint: "Keep it, or move it away first.",
    });
  }
  // Never through a link: whoever put one here may not decide which file is written.
  if (force) rmSync(file, { force: true });
  try {
    writeFileSync(file, configText(), { flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(file, cause);
    throw new SwarmError("init.exists", `${file} is there already`, {
      exit: 2,
      cause,
      hint: "--force replaces it by a new one.",
    });
  }
}

const unwritable = (file: string, cause: unknown): SwarmError =>
  new SwarmError("init.unwritable", `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    exit: 2,
    cause,
    hint: "Call it in a folder that you may write in.",
  });

async function ignoredData(root: string, { dataDir, commandEnv }: Config): Promise<Ignored> {
  try {
    return await ignoreData({ root, dataDir: resolve(dataDir), env: commandEnv });
  } catch (cause) {
    if (!(cause instanceof GitBroke)) throw cause;
    return { done: "nothing", why: cause.message };
  }
}

function nextSteps({ apiKey, authToken, baseUrl }: Config): readonly { command: string; does: string }[] {
  const hasModel = apiKey !== undefined || authToken !== undefined || baseUrl !== undefined;
  return [
    { command: "swarm doctor", does: "what holds now, and what this machine offers" },
    { command: "swarm evaluate .", does: "look at this repository; needs no key" },
    { command: "swarm agents list", does: "who can work here" },
    ...(hasModel ? [] : [{ command: "export ANTHROPIC_API_KEY=…", does: "for goals of your own" }]),
    { command: 'swarm run "…"', does: "give an agent a goal" },
  ];
}
