/**
 * The only reader of the environment. Each setting has one place it is read, one default, and one answer to "where did
 * that come from": defaults < XDG file < nearest swarm.config < SWARM_CONFIG < environment < flags.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { SwarmError } from "./errors.ts";

const fileSchema = z.strictObject({
  redisUrl: z.string().min(1).optional(),
  dataDir: z.string().min(1).optional(),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, "letters, digits, - and _, at most 32")
    .optional(),
  model: z.string().min(1).optional(),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).optional(),
  redisBin: z.string().min(1).optional(),
  redisInstall: z.enum(["auto", "never"]).optional(),
  redisFsync: z.enum(["always", "everysec"]).optional(),
});

/** A file may come with a repository; where the key is sent is therefore for the environment alone to say. */
const environmentSchema = fileSchema.extend({ baseUrl: z.url({ protocol: /^https?$/ }).optional() });

type FileSettings = z.infer<typeof fileSchema>;
type EnvironmentSettings = z.infer<typeof environmentSchema>;
type Name = keyof EnvironmentSettings;

const VARIABLES: Readonly<Record<Name, string>> = {
  redisUrl: "REDIS_URL",
  dataDir: "SWARM_DATA_DIR",
  prefix: "SWARM_PREFIX",
  model: "SWARM_MODEL",
  logLevel: "SWARM_LOG_LEVEL",
  redisBin: "SWARM_REDIS_BIN",
  redisInstall: "SWARM_REDIS_INSTALL",
  redisFsync: "SWARM_REDIS_FSYNC",
  baseUrl: "ANTHROPIC_BASE_URL",
};

export interface Config {
  readonly redisUrl: string | undefined;
  readonly dataDir: string;
  readonly prefix: string;
  /** Undefined: the default of the model access in use. */
  readonly model: string | undefined;
  readonly logLevel: string | undefined;
  readonly redisBin: string | undefined;
  readonly redisInstall: "auto" | "never";
  readonly redisFsync: "always" | "everysec";
  readonly baseUrl: string | undefined;
  /** From the environment only: a credential has no business in a file of the project. */
  readonly apiKey: string | undefined;
  readonly authToken: string | undefined;
  readonly searchPath: string;
  readonly runtimeDir: string | undefined;
  readonly ci: boolean;
  readonly noColor: boolean;
  readonly forceColor: boolean;
  /** Workspace root: the git root above the working folder, or that folder. */
  readonly root: string;
  /** Setting → where its value came from, for `swarm doctor`. */
  readonly origins: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws SwarmError `config.*`, exit 2, naming file, field, value and the way out. */
export async function readConfig(cwd = process.cwd(), env: Environment = process.env): Promise<Config> {
  const root = gitRootOf(cwd) ?? cwd;
  const settings: Partial<Record<Name, string>> = {};
  const origins: Record<string, string> = {};
  const layer = (from: string, values: EnvironmentSettings, base: string): void => {
    for (const [name, value] of Object.entries(values) as [Name, string][]) {
      settings[name] = name === "dataDir" && !isAbsolute(value) ? resolve(base, value) : value;
      origins[name] = from;
    }
  };
  for (const file of configFiles(cwd, root, env)) layer(file, await readConfigFile(file), dirname(file));
  layer("environment", environmentSettings(env), cwd);
  return {
    redisUrl: settings.redisUrl,
    dataDir: settings.dataDir ?? join(root, ".swarm"),
    prefix: settings.prefix ?? "swarm",
    model: settings.model,
    logLevel: settings.logLevel,
    redisBin: settings.redisBin,
    redisInstall: (settings.redisInstall ?? "auto") as "auto" | "never",
    redisFsync: (settings.redisFsync ?? "always") as "always" | "everysec",
    baseUrl: settings.baseUrl,
    apiKey: nonEmpty(env.ANTHROPIC_API_KEY),
    authToken: nonEmpty(env.ANTHROPIC_AUTH_TOKEN),
    searchPath: env.PATH ?? "",
    runtimeDir: nonEmpty(env.XDG_RUNTIME_DIR),
    ci: nonEmpty(env.CI) !== undefined,
    noColor: nonEmpty(env.NO_COLOR) !== undefined,
    forceColor: nonEmpty(env.FORCE_COLOR) !== undefined && env.FORCE_COLOR !== "0",
    root,
    origins,
  };
}

const nonEmpty = (value: string | undefined): string | undefined =>
  value === undefined || value === "" ? undefined : value;

function environmentSettings(env: Environment): EnvironmentSettings {
  const given: Record<string, string> = {};
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const value = nonEmpty(env[variable]);
    if (value !== undefined) given[name] = value;
  }
  const parsed = environmentSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0]) as Name;
  throw new SwarmError("config.environment", `${VARIABLES[name]}="${given[name]}": ${issue?.message}`, {
    exit: 2,
    hint: `Set ${VARIABLES[name]} to a value that fits, or unset it.`,
  });
}

function configFiles(cwd: string, root: string, env: Environment): string[] {
  const xdg = join(nonEmpty(env.XDG_CONFIG_HOME) ?? join(homedir(), ".config"), "statehive");
  const files = [firstIn(xdg), nearestConfig(cwd, root)].filter((file) => file !== null);
  const named = nonEmpty(env.SWARM_CONFIG);
  if (named === undefined) return files;
  const file = resolve(cwd, named);
  if (!existsSync(file)) {
    throw new SwarmError("config.missing", `SWARM_CONFIG="${named}": there is no such file`, {
      exit: 2,
      hint: "Point SWARM_CONFIG at a .json or .mjs file, or unset it.",
    });
  }
  return [...files, file];
}

const NAMES = ["swarm.config.mjs", "swarm.config.json"];

function firstIn(folder: string): string | null {
  return NAMES.map((name) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

function nearestConfig(cwd: string, root: string): string | null {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = firstIn(folder);
    if (found !== null || folder === root || folder === dirname(folder)) return found;
  }
}

async function readConfigFile(file: string): Promise<FileSettings> {
  let value: unknown;
  try {
    value = file.endsWith(".mjs")
      ? ((await import(pathToFileURL(file).href)) as { default?: unknown }).default
      : JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new SwarmError("config.unreadable", `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      exit: 2,
      cause,
      hint: "Mend the file, or remove it.",
    });
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new SwarmError("config.invalid", `${file}: ${where === "" ? "" : `${where}: `}${issue?.message}`, {
    exit: 2,
    hint: `Fields are: ${Object.keys(fileSchema.shape).join(", ")}.`,
  });
}

function gitRootOf(cwd: string): string | null {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (folder === dirname(folder)) return null;
  }
}
