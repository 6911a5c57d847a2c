/**
 * The only reader of the environment. Each setting has one place it is read, one default, and one answer to "where did
 * that come from": defaults < XDG file < nearest swarm.config < SWARM_CONFIG < environment < flags.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { APPROVAL_HOURS, APPROVAL_HOURS_MAX } from "./approval.ts";
import { commandEnvironment } from "./command-environment.ts";
import { firstIn, gitRootOf, nearestConfig, readSettingsFile } from "./config-files.ts";
import { SwarmError } from "./errors.ts";
import {
  type PermissionLayer,
  type PermissionSettings,
  permissionSettings,
  permissionsSchema,
} from "./permission-settings.ts";

/** Ten years. */
const RETENTION_HOURS_MAX = 87_600;
const RETENTION_RANGE = `a whole number of hours from 0 to ${RETENTION_HOURS_MAX}`;
/** A week: an ended run can be looked at, and forked, for so long without its archive. */
const RETENTION_HOURS = 168;

const APPROVAL_RANGE = `a number of hours above 0, at most ${APPROVAL_HOURS_MAX}`;

/** `host` or `host:port`, as it stands in an address. */
const hostEntry = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/, "host or host:port, lowercase");

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
  /** The same; the operator's to say. */
  approvalHours: z
    .union([z.number(APPROVAL_RANGE), z.string().regex(/^\d{1,5}(\.\d{1,6})?$/, APPROVAL_RANGE)], APPROVAL_RANGE)
    .transform(String)
    .refine((hours) => Number(hours) > 0 && Number(hours) <= APPROVAL_HOURS_MAX, APPROVAL_RANGE)
    .optional(),
  /** How commands are confined is the operator's to say (`refuseOfRepository`). */
  sandbox: z
    .strictObject({
      unconfined: z.boolean().optional(),
      network: z.boolean().optional(),
      bin: z.string().min(1).optional(),
      install: z.enum(["auto", "never"]).optional(),
    })
    .optional(),
  web: z.strictObject({ privateHosts: z.array(hostEntry).max(100).optional() }).optional(),
  permissions: permissionsSchema.optional(),
});

/** A file may come with a repository; where the key is sent is therefore for the environment alone to say. */
const environmentSchema = fileSchema.omit({ permissions: true, web: true, sandbox: true }).extend({
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** One for all workers of a host, whatever repository they work in. */
  stateDir: z.string().min(1).optional(),
  sandboxSwitch: z.enum(["auto", "off"]).optional(),
  sandboxNetwork: z.enum(["on", "off"]).optional(),
  sandboxInstall: z.enum(["auto", "never"]).optional(),
  bwrapBin: z.string().min(1).optional(),
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
  approvalHours: "SWARM_APPROVAL_HOURS",
  baseUrl: "ANTHROPIC_BASE_URL",
  stateDir: "SWARM_STATE_DIR",
  sandboxSwitch: "SWARM_SANDBOX",
  sandboxNetwork: "SWARM_SANDBOX_NETWORK",
  sandboxInstall: "SWARM_SANDBOX_INSTALL",
  bwrapBin: "SWARM_BWRAP_BIN",
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
  /** An ended run older than this is archived and leaves Redis; 0 = as soon as somebody looks. */
  readonly retentionHours: number;
  /** Whoever is asked may answer for so long. */
  readonly approvalHours: number;
  readonly baseUrl: string | undefined;
  /** Folders that may hold this host's gates, the first that can be used counts. */
  readonly stateDirs: readonly string[];
  /** What is allowed is what the last file with such a list says; what is denied anywhere stays denied. */
  readonly permissions: PermissionSettings;
  /** Hosts, with a port where it is not 80 or 443, that WebFetch may reach although they are private. */
  readonly privateHosts: readonly string[];
  readonly sandbox: {
    /** Commands run with all rights of the worker where this is said by name. */
    readonly off: boolean;
    readonly network: boolean;
    readonly bin: string | undefined;
    readonly install: "auto" | "never";
  };
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
  const permissionLayers: PermissionLayer[] = [];
  let privateHosts: readonly string[] = [];
  const layer = (
    from: string,
    { permissions: _, web, sandbox, ...given }: EnvironmentSettings & FileSettings,
    base: string,
  ): void => {
    const values = { ...given, ...sandboxValues(sandbox) };
    privateHosts = web?.privateHosts ?? privateHosts;
    for (const [name, value] of Object.entries(values) as [Name, string][]) {
      settings[name] = (name === "dataDir" || name === "stateDir") && !isAbsolute(value) ? resolve(base, value) : value;
      origins[name] = from;
    }
  };
  const named = nonEmpty(env.SWARM_CONFIG) === undefined ? null : resolve(cwd, env.SWARM_CONFIG ?? "");
  for (const file of configFiles(cwd, root, env)) {
    const { given, source } = await readConfigFile(file);
    if (given.permissions !== undefined) permissionLayers.push({ from: file, source, permissions: given.permissions });
    if (given.web?.privateHosts !== undefined)
      refuseOfRepository(file, "web.privateHosts", nearestConfig(cwd, root), named);
    if (given.approvalHours !== undefined) refuseOfRepository(file, "approvalHours", nearestConfig(cwd, root), named);
    if (given.sandbox !== undefined) refuseOfRepository(file, "sandbox", nearestConfig(cwd, root), named);
    layer(file, given, dirname(file));
  }
  layer("environment", environmentSettings(env), cwd);
  const dataDir = settings.dataDir ?? join(root, ".swarm");
  return {
    redisUrl: settings.redisUrl,
    dataDir,
    stateDirs: settings.stateDir === undefined ? stateDirs(env, dataDir) : [settings.stateDir],
    permissions: await permissionSettings(permissionLayers, root),
    privateHosts,
    sandbox: {
      off: settings.sandboxSwitch === "off",
      network: settings.sandboxNetwork === "on",
      bin: settings.bwrapBin,
      install: (settings.sandboxInstall ?? "auto") as "auto" | "never",
    },
    commandEnv: commandEnvironment(env),
    prefix: settings.prefix ?? "swarm",
    model: settings.model,
    logLevel: settings.logLevel,
    redisBin: settings.redisBin,
    redisInstall: (settings.redisInstall ?? "auto") as "auto" | "never",
    redisFsync: (settings.redisFsync ?? "always") as "always" | "everysec",
    retentionHours: Number(settings.retentionHours ?? RETENTION_HOURS),
    approvalHours: Number(settings.approvalHours ?? APPROVAL_HOURS),
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

/** What a file says of the sandbox, by the names of the environment's settings. */
function sandboxValues({ unconfined, network, bin, install }: NonNullable<FileSettings["sandbox"]> = {}) {
  return {
    ...(unconfined === undefined ? {} : { sandboxSwitch: unconfined ? "off" : "auto" }),
    ...(network === undefined ? {} : { sandboxNetwork: network ? "on" : "off" }),
    ...(bin === undefined ? {} : { bwrapBin: bin }),
    ...(install === undefined ? {} : { sandboxInstall: install }),
  } as const;
}

/** A home that cannot be written (a service's, a container's) leaves the data folder. */
const stateDirs = (env: Environment, dataDir: string): string[] => [
  join(nonEmpty(env.XDG_STATE_HOME) ?? join(nonEmpty(env.HOME) ?? homedir(), ".local", "state"), "statehive"),
  join(resolve(dataDir), "state"),
];

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

/** What only the operator may say is not taken from the file that a repository brings along, unless it was named by hand. */
function refuseOfRepository(file: string, setting: string, nearest: string | null, named: string | null): void {
  if (file !== nearest || file === named) return;
  throw new SwarmError("config.operator", `${file}: ${setting} is the operator's to say, not a repository's`, {
    exit: 2,
    hint: "Put it into statehive/swarm.config.json under your XDG config folder, or into the file that SWARM_CONFIG names.",
  });
}

async function readConfigFile(file: string): Promise<{ given: FileSettings; source: string | null }> {
  const { value, source } = await readSettingsFile(file);
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return { given: parsed.data, source };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new SwarmError("config.invalid", `${file}: ${where === "" ? "" : `${where}: `}${issue?.message}`, {
    exit: 2,
    hint: `Fields are: ${Object.keys(fileSchema.shape).join(", ")}.`,
  });
}
