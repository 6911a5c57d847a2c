/**
 * What the environment and the files say. Each setting has one place it is read, one default, and one answer to "where did
 * that come from": defaults < XDG file < nearest swarm.config < SWARM_CONFIG < environment < flags.
 */
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { APPROVAL_HOURS } from "./approval.ts";
import { commandEnvironment } from "./command-environment.ts";
import { configFiles, gitRootOf, nearestConfig, nonEmpty } from "./config-files.ts";
import {
  type Environment,
  type EnvironmentSettings,
  environmentSettings,
  type FileSettings,
  readConfigFile,
  type SettingName,
} from "./config-schema.ts";
import { environment } from "./environment.ts";
import { SwarmError } from "./errors.ts";
import type { McpSettings, ServerLayer } from "./mcp/server-settings.ts";
import { MEMORY_DAYS } from "./memory/memory-place.ts";
import { type CompactionSettings, compactionSettingsSchema } from "./model/compaction-settings.ts";
import type { PriceRow } from "./model/prices.ts";
import type { TierModels } from "./model/tiers.ts";
import { type PermissionLayer, type PermissionSettings, permissionSettings } from "./permission-settings.ts";
import { type TelemetrySettings, telemetrySettings } from "./telemetry/settings.ts";

/** A week: an ended run can be looked at, and forked, for so long without its archive. */
const RETENTION_HOURS = 168;

export interface Config {
  readonly redisUrl: string | undefined;
  readonly dataDir: string;
  readonly prefix: string;
  /** Undefined: the default of the model access in use. */
  readonly model: string | undefined;
  /** Those that are configured; of several files each tier's last counts. */
  readonly models: TierModels;
  /** Whether another model than the one that was asked may answer. */
  readonly fallback: "allow" | "forbid";
  /** When the conversations of agents are made shorter, and how. */
  readonly compaction: CompactionSettings;
  readonly logLevel: string | undefined;
  readonly redisBin: string | undefined;
  readonly redisInstall: "auto" | "never";
  readonly redisFsync: "always" | "everysec";
  /** An ended run older than this is archived and leaves Redis; 0 = as soon as somebody looks. */
  readonly retentionHours: number;
  /** Whoever is asked may answer for so long. */
  readonly approvalHours: number;
  /** What agents keep: nothing, facts for their run, and items for later runs of the workspace as well. */
  readonly memory: "off" | "run" | "workspace";
  /** An item of a workspace is kept for so long. */
  readonly memoryDays: number;
  readonly baseUrl: string | undefined;
  /** Folders that may hold this host's gates, the first that can be used counts. */
  readonly stateDirs: readonly string[];
  /** What is allowed is what the last file with such a list says; what is denied anywhere stays denied. */
  readonly permissions: PermissionSettings;
  /** Hosts, with a port where it is not 80 or 443, that WebFetch may reach although they are private. */
  readonly privateHosts: readonly string[];
  /** Whose words mark no agent that reads them (`registry/permission/taint.ts`). */
  /** Prices of the operator's; a model that is named here has no others. */
  readonly prices: readonly PriceRow[];
  /** Undefined: the official server is asked why it could not read its cache, others are not. */
  readonly cacheDiagnostics: boolean | undefined;
  readonly trust: { readonly hosts: string[]; readonly plugins: string[]; readonly repository: boolean };
  /** Absolute. What lies in them needs no approval. */
  readonly skillFolders: readonly string[];
  readonly agentFolders: readonly string[];
  /** Absolute; null: the prompts are those that were shipped. */
  readonly prompts: string | null;
  readonly sandbox: {
    /** Commands run with all rights of the worker where this is said by name. */
    readonly off: boolean;
    readonly network: boolean;
    readonly bin: string | undefined;
    readonly install: "auto" | "never";
  };
  /** Plugin servers as they are configured, and what they may be given of the worker's environment. */
  readonly mcp: McpSettings & { readonly variableOf: (name: string) => string | undefined };
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
  /** It can neither move its cursor nor show colours. */
  readonly dumbTerminal: boolean;
  /** Workspace root: the git root above the working folder, or that folder. */
  readonly root: string;
  /** Undefined: off, and nothing of it is loaded. */
  readonly telemetry?: TelemetrySettings | undefined;
  /** Setting → where its value came from, for `swarm doctor`. */
  readonly origins: Readonly<Record<string, string>>;
}

/** Where ended runs go, absolute. */
export const archiveDir = ({ dataDir }: Config): string => join(resolve(dataDir), "archive");

/** All that was said, in the order in which it counts. */
interface Gathered {
  readonly settings: Partial<Record<SettingName, string>>;
  readonly origins: Record<string, string>;
  readonly permissions: PermissionLayer[];
  readonly folders: { readonly skillFolders: string[]; readonly agentFolders: string[] };
  prompts: string | null;
  readonly mcpLayers: ServerLayer[];
  mcpVariables: readonly string[];
  privateHosts: readonly string[];
  trust: Config["trust"];
  compaction: CompactionSettings;
  prices: readonly PriceRow[];
  cacheDiagnostics: boolean | undefined;
  models: TierModels;
}

/** Throws SwarmError `config.*`, exit 2, naming file, field, value and the way out. */
export async function readConfig(cwd = process.cwd(), env: Environment = environment): Promise<Config> {
  const root = gitRootOf(cwd) ?? cwd;
  const { settings, ...gathered } = await gather(cwd, root, env);
  const dataDir = settings.dataDir ?? join(root, ".swarm");
  return {
    redisUrl: settings.redisUrl,
    dataDir,
    stateDirs: settings.stateDir === undefined ? stateDirs(env, dataDir) : [settings.stateDir],
    permissions: await permissionSettings(gathered.permissions, root),
    privateHosts: gathered.privateHosts,
    trust: gathered.trust,
    prices: gathered.prices,
    cacheDiagnostics: gathered.cacheDiagnostics,
    ...gathered.folders,
    prompts: gathered.prompts,
    sandbox: {
      off: settings.sandboxSwitch === "off",
      network: settings.sandboxNetwork === "on",
      bin: settings.bwrapBin,
      install: (settings.sandboxInstall ?? "auto") as "auto" | "never",
    },
    mcp: { layers: gathered.mcpLayers, variables: gathered.mcpVariables, variableOf: (name) => nonEmpty(env[name]) },
    commandEnv: commandEnvironment(env),
    prefix: settings.prefix ?? "swarm",
    model: settings.model,
    models: gathered.models,
    fallback: (settings.fallback ?? "allow") as "allow" | "forbid",
    compaction: gathered.compaction,
    logLevel: settings.logLevel,
    redisBin: settings.redisBin,
    redisInstall: (settings.redisInstall ?? "auto") as "auto" | "never",
    redisFsync: (settings.redisFsync ?? "always") as "always" | "everysec",
    retentionHours: Number(settings.retentionHours ?? RETENTION_HOURS),
    approvalHours: Number(settings.approvalHours ?? APPROVAL_HOURS),
    memory: (settings.memory ?? "workspace") as "off" | "run" | "workspace",
    memoryDays: Number(settings.memoryDays ?? MEMORY_DAYS),
    baseUrl: settings.baseUrl,
    apiKey: nonEmpty(env.ANTHROPIC_API_KEY),
    authToken: nonEmpty(env.ANTHROPIC_AUTH_TOKEN),
    searchPath: env.PATH ?? "",
    runtimeDir: nonEmpty(env.XDG_RUNTIME_DIR),
    ci: nonEmpty(env.CI) !== undefined,
    noColor: nonEmpty(env.NO_COLOR) !== undefined,
    forceColor: nonEmpty(env.FORCE_COLOR) !== undefined && env.FORCE_COLOR !== "0",
    dumbTerminal: env.TERM === "dumb",
    root,
    telemetry: telemetrySettings(env),
    origins: gathered.origins,
  };
}

async function gather(cwd: string, root: string, env: Environment): Promise<Gathered> {
  const all: Gathered = {
    settings: {},
    origins: {},
    permissions: [],
    folders: { skillFolders: [], agentFolders: [] },
    prompts: null,
    mcpLayers: [],
    mcpVariables: [],
    privateHosts: [],
    trust: { hosts: [], plugins: [], repository: true },
    compaction: compactionSettingsSchema.parse({}),
    prices: [],
    cacheDiagnostics: undefined,
    models: {},
  };
  const named = nonEmpty(env.SWARM_CONFIG) === undefined ? null : resolve(cwd, env.SWARM_CONFIG ?? "");
  for (const file of configFiles(cwd, root, env)) {
    const { given, source } = await readConfigFile(file);
    const isRepositorys = file === nearestConfig(cwd, root) && file !== named;
    if (isRepositorys) refuseOfRepository(file, given);
    if (given.permissions !== undefined) all.permissions.push({ from: file, source, permissions: given.permissions });
    for (const name of ["skillFolders", "agentFolders"] as const) {
      all.folders[name].push(...(given[name] ?? []).map((folder) => resolve(dirname(file), expanded(folder, env))));
    }
    if (given.prompts !== undefined) all.prompts = resolve(dirname(file), expanded(given.prompts, env));
    all.prices = given.prices ?? all.prices;
    all.cacheDiagnostics = given.cacheDiagnostics ?? all.cacheDiagnostics;
    for (const name of ["prices", "cacheDiagnostics"] as const) if (given[name] !== undefined) all.origins[name] = file;
    all.mcpVariables = given.mcpVariables ?? all.mcpVariables;
    if (given.mcpServers !== undefined) {
      all.mcpLayers.push({ file, origin: isRepositorys ? "workspace" : "operator", servers: given.mcpServers });
    }
    addValues(all, file, given, dirname(file));
  }
  addValues(all, "environment", environmentSettings(env), cwd);
  return all;
}

/** What is one value each: the last word counts. */
function addValues(all: Gathered, from: string, said: FileSettings & EnvironmentSettings, base: string): void {
  const { permissions: _p, skillFolders: _s, agentFolders: _a, mcpServers: _m, mcpVariables: _v, ...others } = said;
  const { prices: _c, cacheDiagnostics: _d, ...values } = others;
  const { web, trust, sandbox, models, prompts, compaction, ...given } = values;
  if (prompts !== undefined) all.origins.prompts = from;
  all.privateHosts = web?.privateHosts ?? all.privateHosts;
  const { hosts = all.trust.hosts, plugins = all.trust.plugins, repository = all.trust.repository } = trust ?? {};
  all.trust = { hosts, plugins, repository };
  for (const name of Object.keys(trust ?? {})) all.origins[`trust.${name}`] = from;
  all.compaction = compactionSettingsSchema.parse({ ...all.compaction, ...compaction });
  for (const name of Object.keys(compaction ?? {})) all.origins[`compaction.${name}`] = from;
  all.models = { ...all.models, ...models };
  for (const tier of Object.keys(models ?? {})) all.origins[`models.${tier}`] = from;
  for (const [name, value] of Object.entries({ ...given, ...sandboxValues(sandbox) }) as [SettingName, string][]) {
    const isFolder = name === "dataDir" || name === "stateDir";
    all.settings[name] = isFolder && !isAbsolute(value) ? resolve(base, value) : value;
    all.origins[name] = from;
  }
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

const expanded = (path: string, env: Environment): string =>
  path.replace(/^~(?=\/|$)/, nonEmpty(env.HOME) ?? homedir());

/** What only the operator may say is not taken from the file that a repository brings along, unless it was named by hand. */
function refuseOfRepository(file: string, given: FileSettings): void {
  const closed = (
    [
      "approvalHours",
      "fallback",
      "compaction",
      "memory",
      "memoryDays",
      "sandbox",
      "trust",
      "prices",
      "cacheDiagnostics",
      "skillFolders",
      "agentFolders",
      "prompts",
      "mcpVariables",
    ] as const
  ).filter((name) => given[name] !== undefined);
  const [setting] = given.web?.privateHosts === undefined ? closed : ["web.privateHosts"];
  if (setting === undefined) return;
  throw new SwarmError("config.operator", `${file}: ${setting} is the operator's to say, not a repository's`, {
    exit: 2,
    hint: "Put it into statehive/swarm.config.json under your XDG config folder, or into the file that SWARM_CONFIG names.",
  });
}
