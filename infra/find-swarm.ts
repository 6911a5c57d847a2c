/**
 * Where the swarm of a folder is to be found: the three settings that say so, from the same files and in the same order
 * as `config.ts` reads them. Nothing else of them is parsed: a status bar asks every few seconds and has no time for it.
 */
import { dirname, isAbsolute, join, resolve } from "node:path";
import { configFiles, gitRootOf, nonEmpty, readSettingsFile } from "./config-files.ts";
import { environment } from "./environment.ts";
import { SwarmError } from "./errors.ts";

export interface SwarmPlace {
  readonly redisUrl: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  readonly prefix: string;
}

const NAMES = { redisUrl: "REDIS_URL", dataDir: "SWARM_DATA_DIR", prefix: "SWARM_PREFIX" } as const;
type Name = keyof typeof NAMES;

/** Throws SwarmError `config.*`, exit 2. */
export async function findSwarm(cwd = process.cwd(), env = environment): Promise<SwarmPlace> {
  const root = gitRootOf(cwd) ?? cwd;
  const found: Partial<Record<Name, string>> = {};
  const take = (from: unknown, base: string): void => {
    for (const name of Object.keys(NAMES) as Name[]) {
      const value = (from as Readonly<Record<string, unknown>> | null)?.[name];
      if (typeof value !== "string" || value === "") continue;
      found[name] = name === "dataDir" && !isAbsolute(value) ? resolve(base, value) : value;
    }
  };
  for (const file of configFiles(cwd, root, env)) take((await readSettingsFile(file)).value, dirname(file));
  take(Object.fromEntries(Object.entries(NAMES).map(([name, variable]) => [name, nonEmpty(env[variable])])), cwd);
  const prefix = found.prefix ?? "swarm";
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(prefix)) {
    throw new SwarmError("config.invalid", "prefix: letters, digits, - and _, at most 32", { exit: 2 });
  }
  return { redisUrl: found.redisUrl, dataDir: found.dataDir ?? join(root, ".swarm"), prefix };
}
