/** `swarm redis install`: a private Redis in the data folder, without root. */
import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { installRedis } from "../../../infra/redis/install.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";

export async function act([action = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  if (action !== "install") {
    throw new SwarmError("usage.redis", `"swarm redis ${action}" is not known`, {
      exit: 2,
      hint: "There is `swarm redis install`.",
    });
  }
  const config = await readConfig();
  const installed = await installRedis(config.dataDir, {
    say,
    searchPath: config.searchPath,
    runtimeDir: config.runtimeDir,
  });
  if (flags.json === true) printJson({ v: 1, installed });
  else process.stdout.write(`${installed.product} ${installed.version}: ${installed.path}\n`);
  return 0;
}
