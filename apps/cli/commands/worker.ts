/** `swarm worker`: hosts actors until it is told to end, or has been idle for as long as it was told to bear. */

import { setTimeout as pause } from "node:timers/promises";
import { openAccesses } from "../../../actors/runtime/accesses.ts";
import { hasModel } from "../../../actors/runtime/bindings.ts";
import { installedDrift } from "../../../actors/runtime/drift/installed.ts";
import { tidier } from "../../../actors/runtime/retention.ts";
import { createRuntime, type Runtime } from "../../../actors/runtime/runtime.ts";
import { actorTypes } from "../../../actors/types/index.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { openHostState } from "../../../infra/journal/host-state.ts";
import { openJournal } from "../../../infra/journal/journal.ts";
import { redisRecords } from "../../../infra/redis/breakers.ts";
import { tools } from "../../../registry/tools/index.ts";
import { releasePins } from "../../../registry/tools/release-pins.ts";
import { keepLooking } from "../bodies-at-start.ts";
import { wholeNumber } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { openPluginServers } from "../plugin-servers.ts";
import { printJson } from "../print.ts";
import { openOwnSandbox, sandboxLine, secludedFolders } from "../sandbox.ts";
import { say } from "../say.ts";
import { retentionOptions } from "../tidy-at-start.ts";
import { type EndingSignal, toldToEnd } from "../told-to-end.ts";
import { workerTracing } from "../worker-tracing.ts";

const IDLE_LOOK_MS = 500;

export async function act(args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const types = args.length === 0 ? actorTypes : args;
  refuseStrangers(types);
  const concurrency = wholeNumber(flags.concurrency, "--concurrency", { min: 1, max: 10_000 }) ?? 64;
  const idleExitS = wholeNumber(flags.idleExit, "--idle-exit", { min: 1, max: 86_400 });
  const hive = await openHive("info");
  const state = await openHostState(hive.config.stateDirs);
  const sandbox = await openOwnSandbox(hive.config, state);
  if (sandbox.level !== "full") hive.log.warn({ level: sandbox.level, reasons: sandbox.reasons }, "sandbox");
  const records = redisRecords(hive.redis, hive.keys);
  const tracing = await workerTracing(hive);
  const accesses = openAccesses(hive.config, hive.log, records, tracing?.tracerProvider);
  const servers = openPluginServers(hive.config, sandbox, hive.log, records);
  const drifted = installedDrift(tools, releasePins);
  for (const [tool, { reason }] of drifted) hive.log.error({ tool, reason }, "this tool is out on this worker");
  const runtime = createRuntime({
    redis: hive.redis,
    keys: hive.keys,
    accesses: accesses.byBinding,
    types,
    concurrency,
    log: hive.log,
    journal: openJournal({
      state,
      env: hive.config.commandEnv,
      confinement: sandbox.confinement,
      reasons: sandbox.reasons,
    }),
    secluded: secludedFolders(hive.config, state),
    stateFolder: state.folder,
    sandbox: sandbox.level,
    unconfined: sandbox.confinement === "off",
    privateHosts: hive.config.privateHosts,
    gitEnv: hive.config.commandEnv,
    servers,
    drifted,
    tracing,
  });
  const tidying = tidier(retentionOptions(hive));
  const looking = keepLooking(hive);
  const told = toldToEnd(["SIGINT", "SIGTERM"], flags.withParent === true ? endsWithParent : undefined);
  const ended = new AbortController();
  try {
    await runtime.start();
    tidying.start();
    if (flags.jsonl === true)
      printJson({ v: 1, type: "worker.ready", id: runtime.worker, types, pid: process.pid, sandbox: sandbox.level });
    else
      say(
        `worker ${runtime.worker} takes work on ${hive.endpoint.describe}${hasModel(hive.config) ? "" : " (no model key: local analyst only)"}\n${sandboxLine(sandbox)}`,
      );
    const ends = idleExitS === undefined ? [told] : [told, idle(runtime, idleExitS, ended.signal)];
    return await Promise.race(ends);
  } finally {
    ended.abort();
    looking.stop();
    await end(runtime, hive, async () => {
      await servers.close();
      await tidying.stop();
      await accesses.close();
      await tracing?.close();
    });
  }
}

function refuseStrangers(types: readonly string[]): void {
  const unknown = types.filter((type) => !actorTypes.includes(type));
  if (unknown.length === 0) return;
  throw new SwarmError(
    "worker.unknown_type",
    `there is no agent type ${unknown.map((type) => `"${type}"`).join(", ")}`,
    { exit: 2, hint: `Types are: ${actorTypes.join(", ")}.` },
  );
}

/** Its stdin is held open by whoever started it, and ends with them, however they end. */
function endsWithParent(tell: (signal: EndingSignal) => void): void {
  process.stdin.once("close", () => tell("SIGTERM")).resume();
  // Listened to as long as there is work, but no work: held open by a parent that waits for this end, it would put it off.
  if ("unref" in process.stdin) process.stdin.unref();
}

/** Resolves once nothing was under way for so long. Ends with the signal: its timer would keep a told worker alive. */
async function idle(runtime: Runtime, seconds: number, ended: AbortSignal): Promise<number> {
  let sinceMs = performance.now();
  while (!ended.aborted && performance.now() - sinceMs < seconds * 1_000) {
    await pause(IDLE_LOOK_MS, undefined, { signal: ended }).catch(() => {});
    if (runtime.active() > 0) sinceMs = performance.now();
  }
  return 0;
}

/** Milliseconds after which a process that has nothing left to do ends, whoever still keeps a connection of it open. */
const LEAVE_MS = 250;

/** How long running steps may take to end, in milliseconds; past it they are left to whoever takes over. */
const END_MS = 30_000;

async function end(runtime: Runtime, hive: Hive, closeAccesses: () => Promise<void>): Promise<void> {
  const patience = setTimeout(() => process.exit(143), END_MS);
  patience.unref();
  await runtime.stop();
  await closeAccesses();
  hive.close();
  clearTimeout(patience);
  setTimeout(() => process.exit(), LEAVE_MS).unref();
}
