/**
 * The only reader of the environment. Each setting has one place it is read, one default, and one answer to "where did
 * that come from": defaults < XDG file < nearest swarm.config < SWARM_CONFIG < environment < flags.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { SwarmError } from "./errors.ts";

/** Ten years. */
const RETENTION_HOURS_MAX = 87_600;
const RETENTION_RANGE = `a whole number of hours from 0 to ${RETENTION_HOURS_MAX}`;
/** A week: an ended run can be looked at, and forked, for so long without its archive. */
const RETENTION_HOURS = 168;

/** Longer lists are no configuration that somebody wrote. */
const rules = z.array(z.string().min(1).max(4_096)).max(1_000);

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
  /** As a number in a file, as digits in the environment. */
  retentionHours: z
    .union([z.int(RETENTION_RANGE), z.string().regex(/^\d{1,9}$/, RETENTION_RANGE)], RETENTION_RANGE)
    .transform(String)
    .refine((hours) => Number(hours) >= 0 && Number(hours) <= RETENTION_HOURS_MAX, RETENTION_RANGE)
    .optional(),
  /** What is in the lists is for whoever knows the tools to understand. */
  permissions: z
    .strictObject({
      allow: rules.optional(),
      ask: rules.max(0, "nobody can be asked in this version; leave it out or empty").optional(),
      deny: rules.optional(),
    })
    .optional(),
});

/** A file may come with a repository; where the key is sent is therefore for the environment alone to say. */
const environmentSchema = fileSchema.omit({ permissions: true }).extend({
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** One for all workers of a host, whatever repository they work in. */
  stateDir: z.string().min(1).optional(),
});

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
  retentionHours: "SWARM_RETENTION_HOURS",
  baseUrl: "ANTHROPIC_BASE_URL",
  stateDir: "SWARM_STATE_DIR",
};

/** One entry of a permission list, with the file it stands in. */
export interface ConfiguredRule {
  readonly text: string;
  readonly from: string;
}

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
  /** An ended run older than this is archived and leaves Redis; 0 = as soon as somebody looks. */
  readonly retentionHours: number;
  readonly baseUrl: string | undefined;
  /** Folders that may hold this host's gates, the first that can be used counts. */
  readonly stateDirs: readonly string[];
  /** What is allowed is what the last file with such a list says; what is denied anywhere stays denied. */
  readonly permissions: { readonly allow: readonly ConfiguredRule[]; readonly deny: readonly ConfiguredRule[] };
  /** Everything that commands of agents see of the environment. */
  readonly commandEnv: Readonly<Record<string, string>>;
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

/** Where ended runs go, absolute. */
export const archiveDir = ({ dataDir }: Config): string => join(resolve(dataDir), "archive");

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws SwarmError `config.*`, exit 2, naming file, field, value and the way out. */
export async function readConfig(cwd = process.cwd(), env: Environment = process.env): Promise<Config> {
  const root = gitRootOf(cwd) ?? cwd;
  const settings: Partial<Record<Name, string>> = {};
  const origins: Record<string, string> = {};
  let allow: ConfiguredRule[] = [];
  const deny: ConfiguredRule[] = [];
  const layer = (from: string, { permissions, ...values }: EnvironmentSettings & FileSettings, base: string): void => {
    if (permissions?.allow !== undefined) allow = permissions.allow.map((text) => ({ text, from }));
    deny.push(...(permissions?.deny ?? []).map((text) => ({ text, from })));
    for (const [name, value] of Object.entries(values) as [Name, string][]) {
      settings[name] = (name === "dataDir" || name === "stateDir") && !isAbsolute(value) ? resolve(base, value) : value;
      origins[name] = from;
    }
  };
  for (const file of configFiles(cwd, root, env)) layer(file, await readConfigFile(file), dirname(file));
  layer("environment", environmentSettings(env), cwd);
  const dataDir = settings.dataDir ?? join(root, ".swarm");
  return {
    redisUrl: settings.redisUrl,
    dataDir,
    stateDirs: settings.stateDir === undefined ? stateDirs(env, dataDir) : [settings.stateDir],
    permissions: { allow, deny },
    commandEnv: commandEnvironment(env),
    prefix: settings.prefix ?? "swarm",
    model: settings.model,
    logLevel: settings.logLevel,
    redisBin: settings.redisBin,
    redisInstall: (settings.redisInstall ?? "auto") as "auto" | "never",
    redisFsync: (settings.redisFsync ?? "always") as "always" | "everysec",
    retentionHours: Number(settings.retentionHours ?? RETENTION_HOURS),
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

/** A home that cannot be written (a service's, a container's) leaves the data folder. */
const stateDirs = (env: Environment, dataDir: string): string[] => [
  join(nonEmpty(env.XDG_STATE_HOME) ?? join(nonEmpty(env.HOME) ?? homedir(), ".local", "state"), "statehive"),
  join(resolve(dataDir), "state"),
];

/** Where things are and how to speak; never a credential, never where our own server is. */
const COMMAND_VARIABLES = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TERM",
  "TZ",
  "TMPDIR",
];

function commandEnvironment(env: Environment): Record<string, string> {
  const given = COMMAND_VARIABLES.flatMap((name) => {
    const value = nonEmpty(env[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
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

/** Bytes of a file of settings, at most. */
const FILE_BYTES_MAX = 1024 * 1024;

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
    const { size } = statSync(file);
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes; at most ${FILE_BYTES_MAX} are read`);
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
