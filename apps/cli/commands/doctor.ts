/** `swarm doctor`: the settings in force and where each came from, the Redis that was found and what it promises. */
import { apiBinding, DEFAULT_MODEL, hasModel, LOCAL_MODEL } from "../../../actors/runtime/bindings.ts";
import { installedDrift } from "../../../actors/runtime/drift/installed.ts";
import { MODEL_TIERS } from "../../../actors/types/define.ts";
import type { SwarmBreakers } from "../../../infra/breaker/views.ts";
import type { Sandbox } from "../../../infra/bwrap/sandbox.ts";
import { type Config, readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { openHostState } from "../../../infra/journal/host-state.ts";
import { allBreakers } from "../../../infra/redis/breakers.ts";
import { connectOnce } from "../../../infra/redis/connect-once.ts";
import { durabilityOf, type Promised } from "../../../infra/redis/durability.ts";
import { openRedis, type RedisEndpoint } from "../../../infra/redis/embedded.ts";
import { keysFor } from "../../../infra/redis/keys.ts";
import { tools } from "../../../registry/tools/index.ts";
import { releasePins } from "../../../registry/tools/release-pins.ts";
import { breakerLines } from "../breaker-rows.ts";
import { PERMISSION_LISTS, permissionsOf } from "../permission-lists.ts";
import { printJson, printTable } from "../print.ts";
import { redisSettings } from "../redis-settings.ts";
import { openOwnSandbox, sandboxLine } from "../sandbox.ts";
import { tierModels } from "../start-run.ts";

interface Setting {
  readonly name: string;
  readonly value: string | null;
  readonly from: string;
}

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  if (flags.guardrails === true) return (await import("../guardrails/check.ts")).checkGuardrails(flags);
  const config = await readConfig();
  const settings = settingsOf(config);
  const sandbox = await openOwnSandbox(config, await openHostState(config.stateDirs), true);
  const redis = await openRedis(redisSettings(config)).catch((cause: unknown) => cause);
  const known = redis instanceof Error ? NONE_KNOWN : await breakersOf(config, endpointOf(redis));
  const guarantees = redis instanceof Error ? [] : durabilityOf(endpointOf(redis).kind, endpointOf(redis).facts);
  const drifted = [...installedDrift(tools, releasePins)].map(([name, { reason }]) => ({ name, reason }));
  const model = hasModel(config)
    ? { access: apiBinding(config), default: config.model ?? DEFAULT_MODEL }
    : { access: "local analyst", default: LOCAL_MODEL };
  if (flags.json === true) {
    printJson({
      v: 1,
      node: process.version,
      settings,
      redis: redisDocument(redis),
      guarantees,
      model,
      sandbox: sandbox.level,
      sandboxBy: sandbox.by,
      sandboxReasons: sandbox.reasons,
      drifted,
      ...known,
    });
  } else {
    print(settings, redis, guarantees, model, sandbox);
    for (const line of breakerLines(known)) process.stdout.write(`${line}\n`);
    for (const { name, reason } of drifted) process.stdout.write(`tool ${name} is out on this machine: ${reason}\n`);
  }
  return redis instanceof SwarmError ? redis.exit : 0;
}

function settingsOf(config: Config): Setting[] {
  const row = (name: string, value: string | undefined): Setting => ({
    name,
    value: value ?? null,
    from: config.origins[name] ?? "default",
  });
  const secret = (name: string, value: string | undefined): Setting => ({
    name,
    value: value === undefined ? null : "(set)",
    from: value === undefined ? "default" : "environment",
  });
  return [
    row("redisUrl", config.redisUrl === undefined ? undefined : withoutPassword(config.redisUrl)),
    row("dataDir", config.dataDir),
    row("prefix", config.prefix),
    row("model", config.model),
    ...MODEL_TIERS.map((tier) => row(`models.${tier}`, tierModels(config)?.[tier])),
    row("fallback", config.fallback),
    row("baseUrl", config.baseUrl),
    row("logLevel", config.logLevel),
    row("redisBin", config.redisBin),
    row("redisInstall", config.redisInstall),
    row("redisFsync", config.redisFsync),
    row("retentionHours", String(config.retentionHours)),
    row("approvalHours", String(config.approvalHours)),
    row("memory", config.memory),
    row("memoryDays", String(config.memoryDays)),
    row("compaction.atTokens", String(config.compaction.atTokens)),
    row("compaction.everyTurns", String(config.compaction.everyTurns)),
    row("compaction.keepTurns", String(config.compaction.keepTurns)),
    row("compaction.with", config.compaction.with),
    row("prices", [...new Set(config.prices.map(({ model }) => model))].join(", ") || undefined),
    row("cacheDiagnostics", config.cacheDiagnostics === undefined ? undefined : config.cacheDiagnostics ? "yes" : "no"),
    row("sandboxSwitch", config.sandbox.off ? "off" : "auto"),
    row("sandboxNetwork", config.sandbox.network ? "on" : "off"),
    row("sandboxInstall", config.sandbox.install),
    row("bwrapBin", config.sandbox.bin),
    row("trust.hosts", config.trust.hosts.join(", ") || undefined),
    row("trust.plugins", config.trust.plugins.join(", ") || undefined),
    row("trust.repository", config.trust.repository ? "yes" : "no"),
    { ...row("stateDir", config.stateDirs[0]), from: config.origins.stateDir ?? "default" },
    ...rulesOf(config),
    secret("ANTHROPIC_API_KEY", config.apiKey),
    secret("ANTHROPIC_AUTH_TOKEN", config.authToken),
  ];
}

/** A row a rule. Throws SwarmError `config.permissions`, exit 2, where one is none: better here than at the first run. */
function rulesOf(config: Config): Setting[] {
  const { notices } = permissionsOf(config);
  const rows = PERMISSION_LISTS.flatMap((list) =>
    config.permissions[list].map(({ text, from, at }) => ({
      name: `permissions.${list}`,
      value: text,
      from: `${from}:${at}`,
    })),
  );
  return [...rows, ...notices.map((notice) => ({ name: "permissions (warning)", value: notice, from: "swarm" }))];
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^@/]*@/, "//(secret)@");

const inWords = { yes: "holds", no: "does not hold", unknown: "unknown" } as const;

const NONE_KNOWN: SwarmBreakers = { breakers: [], limits: [] };

/** Advice, as with every breaker: a server that does not tell keeps nothing else from being told. */
const breakersOf = ({ prefix }: Config, { options, describe }: RedisEndpoint): Promise<SwarmBreakers> =>
  connectOnce(options, describe, (redis) => allBreakers(redis, keysFor(prefix))).catch(() => NONE_KNOWN);

const endpointOf = (redis: unknown): RedisEndpoint => redis as RedisEndpoint;

const redisDocument = (redis: unknown): unknown =>
  redis instanceof SwarmError
    ? { error: { code: redis.code, message: redis.message, hint: redis.hint ?? null } }
    : {
        kind: (redis as RedisEndpoint).kind,
        where: (redis as RedisEndpoint).describe,
        ...(redis as RedisEndpoint).facts,
      };

function print(
  settings: readonly Setting[],
  redis: unknown,
  guarantees: readonly Promised[],
  model: { access: string; default: string },
  sandbox: Sandbox,
): void {
  printTable(
    ["SETTING", "VALUE", "FROM"],
    settings.map(({ name, value, from }) => [name, value ?? "-", from]),
    "",
  );
  process.stdout.write(`\nnode ${process.version}; model: ${model.default} by ${model.access}\n`);
  process.stdout.write(`${sandboxLine(sandbox)}\n`);
  if (sandbox.level === "none" && sandbox.confinement === null) {
    process.stdout.write(`  Bash is off until commands can be confined, or SWARM_SANDBOX=off is set:\n`);
    for (const line of sandbox.install) process.stdout.write(`  ${line}\n`);
  }
  if (redis instanceof SwarmError) {
    process.stdout.write(
      `redis: ${redis.message}\n${redis.hint === undefined ? "" : `${redis.hint.replace(/^/gm, "  ")}\n`}`,
    );
    return;
  }
  const { describe, facts } = redis as RedisEndpoint;
  process.stdout.write(`redis: ${describe}, ${facts.product} ${facts.version}\n\n`);
  printTable(
    ["GUARANTEE", "HOLDS", "BECAUSE"],
    guarantees.map((one) => [one.guarantee, inWords[one.holds], one.because]),
    "",
  );
}
