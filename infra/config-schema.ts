/** What a file of settings and the environment may say: parsed once, each wrong value named with the way out. */
import { z } from "zod";
import { APPROVAL_HOURS_MAX } from "./approval.ts";
import { nonEmpty, readSettingsFile } from "./config-files.ts";
import { SwarmError } from "./errors.ts";
import { MEMORY_DAYS_MAX } from "./memory/memory-place.ts";
import { compactionWishesSchema } from "./model/compaction-settings.ts";
import { priceRowSchema } from "./model/prices.ts";
import { tierModelsSchema } from "./model/tiers.ts";
import { permissionsSchema } from "./permission-settings.ts";

/** Ten years. */
const RETENTION_HOURS_MAX = 87_600;
const RETENTION_RANGE = `a whole number of hours from 0 to ${RETENTION_HOURS_MAX}`;

const APPROVAL_RANGE = `a number of hours above 0, at most ${APPROVAL_HOURS_MAX}`;

const MEMORY_RANGE = `a whole number of days from 1 to ${MEMORY_DAYS_MAX}`;

/** `host` or `host:port`, as it stands in an address. */
const hostEntry = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/, "host or host:port, lowercase");

/** A host, or `*.` and what everything below has in common: two labels at least, so that nobody vouches for all of `.com`. */
const vouchedHost = z
  .string()
  .regex(
    /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\*\.[a-z0-9-]+(\.[a-z0-9-]+)+)$/,
    "host or *.example.com, lowercase, without a port",
  );

const trustSchema = z.strictObject({
  hosts: z.array(vouchedHost).max(100).optional(),
  plugins: z
    .array(z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, "a plugin's server, or one of its tools as mcp__server__tool"))
    .max(100)
    .optional(),
  repository: z.boolean().optional(),
});

const ownFolders = z.array(z.string().min(1).max(4_096)).max(32);

export const fileSchema = z.strictObject({
  redisUrl: z.string().min(1).optional(),
  dataDir: z.string().min(1).optional(),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, "letters, digits, - and _, at most 32")
    .optional(),
  model: z.string().min(1).optional(),
  models: tierModelsSchema.optional(),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).optional(),
  /** Whether another model than the one that was asked may answer; the operator's to say. */
  fallback: z.enum(["allow", "forbid"]).optional(),
  /** When the conversations of agents are made shorter, and how; the operator's to say. */
  compaction: compactionWishesSchema.optional(),
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
  /** What agents keep for each other and for later runs, and for how long; the operator's to say. */
  memory: z.enum(["off", "run", "workspace"]).optional(),
  memoryDays: z
    .union([z.int(MEMORY_RANGE), z.string().regex(/^\d{1,4}$/, MEMORY_RANGE)], MEMORY_RANGE)
    .transform(String)
    .refine((days) => Number(days) >= 1 && Number(days) <= MEMORY_DAYS_MAX, MEMORY_RANGE)
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
  /** Whose words mark no agent that reads them; the operator's to say. */
  trust: trustSchema.optional(),
  /** What tokens cost, over what is known here, and whether servers are asked about their caches; the operator's to say. */
  prices: z.array(priceRowSchema).max(200).optional(),
  cacheDiagnostics: z.boolean().optional(),
  permissions: permissionsSchema.optional(),
  /** Folders of skills and of agent files that need no approval: the operator's word. */
  skillFolders: ownFolders.optional(),
  agentFolders: ownFolders.optional(),
  /** Folder with prompts of the operator's, in place of those that are shipped (`docs/planning.md`). */
  prompts: z.string().min(1).max(4_096).optional(),
  /** Each entry is parsed by itself (`infra/mcp/server-settings.ts`): a bad one does not stop the others. */
  mcpServers: z.record(z.string(), z.unknown()).optional(),
  /** Variables of the worker that servers of repositories may be given; the operator's to say. */
  mcpVariables: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "a variable's name"))
    .max(100)
    .optional(),
});

/** A file may come with a repository; where the key is sent is therefore for the environment alone to say. */
const environmentSchema = fileSchema
  .omit({
    skillFolders: true,
    agentFolders: true,
    prompts: true,
    permissions: true,
    web: true,
    trust: true,
    compaction: true,
    prices: true,
    cacheDiagnostics: true,
    sandbox: true,
    mcpServers: true,
    mcpVariables: true,
    models: true,
  })
  .extend({
    baseUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** One for all workers of a host, whatever repository they work in. */
    stateDir: z.string().min(1).optional(),
    sandboxSwitch: z.enum(["auto", "off"]).optional(),
    sandboxNetwork: z.enum(["on", "off"]).optional(),
    sandboxInstall: z.enum(["auto", "never"]).optional(),
    bwrapBin: z.string().min(1).optional(),
  });

export type FileSettings = z.infer<typeof fileSchema>;
export type EnvironmentSettings = z.infer<typeof environmentSchema>;
export type SettingName = keyof EnvironmentSettings;

const VARIABLES: Readonly<Record<SettingName, string>> = {
  redisUrl: "REDIS_URL",
  dataDir: "SWARM_DATA_DIR",
  prefix: "SWARM_PREFIX",
  model: "SWARM_MODEL",
  logLevel: "SWARM_LOG_LEVEL",
  fallback: "SWARM_FALLBACK",
  redisBin: "SWARM_REDIS_BIN",
  redisInstall: "SWARM_REDIS_INSTALL",
  redisFsync: "SWARM_REDIS_FSYNC",
  retentionHours: "SWARM_RETENTION_HOURS",
  approvalHours: "SWARM_APPROVAL_HOURS",
  memory: "SWARM_MEMORY",
  memoryDays: "SWARM_MEMORY_DAYS",
  baseUrl: "ANTHROPIC_BASE_URL",
  stateDir: "SWARM_STATE_DIR",
  sandboxSwitch: "SWARM_SANDBOX",
  sandboxNetwork: "SWARM_SANDBOX_NETWORK",
  sandboxInstall: "SWARM_SANDBOX_INSTALL",
  bwrapBin: "SWARM_BWRAP_BIN",
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws SwarmError `config.environment`, exit 2. */
export function environmentSettings(env: Environment): EnvironmentSettings {
  const given: Record<string, string> = {};
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const value = nonEmpty(env[variable]);
    if (value !== undefined) given[name] = value;
  }
  const parsed = environmentSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0]) as SettingName;
  throw new SwarmError("config.environment", `${VARIABLES[name]}="${given[name]}": ${issue?.message}`, {
    exit: 2,
    hint: `Set ${VARIABLES[name]} to a value that fits, or unset it.`,
  });
}

/** Throws SwarmError `config.unreadable`, `config.invalid`, exit 2. */
export async function readConfigFile(file: string): Promise<{ given: FileSettings; source: string | null }> {
  const { value, source } = await readSettingsFile(file);
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return { given: parsed.data, source };
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const where = path.join(".");
  const isUnknown = issue?.code === "unrecognized_keys";
  const is = path.length === 0 || isUnknown ? "" : `; it is ${shown(path.reduce<unknown>(fieldOf, value))}`;
  throw new SwarmError("config.invalid", `${file}: ${where === "" ? "" : `${where}: `}${issue?.message}${is}`, {
    exit: 2,
    hint: wayOut(isUnknown ? [...path, ""] : path),
  });
}

const fieldOf = (value: unknown, key: PropertyKey): unknown =>
  value !== null && typeof value === "object" ? (value as Record<PropertyKey, unknown>)[key] : undefined;

/** Characters of a wrong value that are shown. */
const SHOWN_MAX = 60;

function shown(value: unknown): string {
  const text = value === undefined ? "missing" : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** The fields of a setting are what helps with one that is wrong inside. */
function wayOut([name, ...inside]: readonly PropertyKey[]): string {
  const fields = inside.length === 0 ? undefined : INNER_FIELDS[String(name)];
  if (fields !== undefined) return `Fields of ${String(name)} are: ${fields.join(", ")}.`;
  return `Fields are: ${Object.keys(fileSchema.shape).join(", ")}.`;
}

const INNER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  compaction: Object.keys(compactionWishesSchema.shape),
  prices: Object.keys(priceRowSchema.shape),
  trust: Object.keys(trustSchema.shape),
};
