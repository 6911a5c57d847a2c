/**
 * The one place where everything is joined: store, queues, performers, delivery, supervision. What it starts it also
 * ends, in reverse.
 */
import type { Redis } from "ioredis";
import { newNonce, newWorkerId } from "../../infra/ids.ts";
import type { Journal } from "../../infra/journal/journal.ts";
import type { Log } from "../../infra/log.ts";
import type { Servers } from "../../infra/mcp/servers.ts";
import {
  bindingQueueName,
  type HostedQueue,
  hostQueue,
  openWakers,
  placeQueueName,
  typeQueueName,
  type Wakers,
} from "../../infra/queue/queues.ts";
import { hostsOf } from "../../infra/redis/hosts.ts";
import type { ShardIncarnation } from "../../infra/redis/incarnation.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import { redisPins } from "../../infra/redis/pins.ts";
import { openReader } from "../../infra/redis/reader.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { workerRows } from "../../infra/redis/workers.ts";
import { steadyStore } from "../../infra/steady-store.ts";
import type { Address, Store } from "../../infra/store.ts";
import { StoreError } from "../../infra/store-error.ts";
import type { Tracing } from "../../infra/telemetry/tracing.ts";
import { openWebDoor } from "../../infra/web/web-door.ts";
import type { SandboxLevel } from "../../registry/permission/question.ts";
import { releasePins } from "../../registry/tools/release-pins.ts";
import { actorTypes, machines } from "../types/index.ts";
import { treesWith } from "./agent-tree.ts";
import { openBoxes } from "./boxes.ts";
import { budgetView } from "./budget-view.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { systemClock } from "./clock.ts";
import { type InstalledDrift, releasedBy } from "./drift/installed.ts";
import { type KeptOutDeps, keptOut, scopeOf } from "./drift/kept-out.ts";
import { type ModelAccess, modelCall } from "./effects/model-call.ts";
import { proposalPrepare } from "./effects/proposal-prepare.ts";
import { proposalRead } from "./effects/proposal-read.ts";
import { questionPut } from "./effects/question-put.ts";
import { resultVerify } from "./effects/result-verify.ts";
import { sessionAssemble } from "./effects/session-assemble.ts";
import { taskJoin } from "./effects/task-join.ts";
import { toolReconcile } from "./effects/tool-reconcile.ts";
import { toolRun } from "./effects/tool-run.ts";
import { transcriptCompact } from "./effects/transcript-compact.ts";
import { verdictRead } from "./effects/verdict-read.ts";
import { workspaceCollect } from "./effects/workspace-collect.ts";
import { workspaceMerge } from "./effects/workspace-merge.ts";
import { workspaceRebuild } from "./effects/workspace-rebuild.ts";
import { openFanOut } from "./fan-out.ts";
import { type Gates, gates as openGates } from "./gates.ts";
import { createHost, type Host } from "./host.ts";
import type { MemoryDeps } from "./memory/memory.ts";
import type { Performers } from "./performer.ts";
import type { Here } from "./permission-question.ts";
import { openPinBook, type PinBook, pluginFindings } from "./pin-book.ts";
import { pluginDoor, pluginHands } from "./plugin-hands.ts";
import { pricing as pricingOver } from "./reserve.ts";
import type { RunRow } from "./run-row.ts";
import { runSpans } from "./run-spans.ts";
import { skillPins } from "./skill-pins.ts";
import { supervision } from "./supervision.ts";
import { type ToolWatch, toolWatch } from "./tool-watch.ts";

export interface RuntimeOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Model accesses by binding name. */
  readonly accesses: ReadonlyMap<string, ModelAccess>;
  /** Actor types to host; all where absent. */
  readonly types?: readonly string[];
  /** Activations of one type at once. Waiting actors need none. */
  readonly concurrency: number;
  readonly log: Log;
  /** This host's gates; without, nothing unsafe is run here. */
  readonly journal?: Journal;
  /** Folders that no tool may look into, wherever they lie. */
  readonly secluded?: readonly string[];
  /** Where this host keeps what is remembered of workspaces; absent: it remembers none. */
  readonly stateFolder?: string;
  /** How well commands are confined on this worker, found out by running one; absent: not at all. */
  readonly sandbox?: SandboxLevel;
  /** Commands may run without one: the operator said so. */
  readonly unconfined?: boolean;
  /** Hosts that tools may reach although they are not in the open internet: the operator's word, never a run's. */
  readonly privateHosts?: readonly string[];
  /** What git sees of the environment when it brings a run's work home. */
  readonly gitEnv?: Readonly<Record<string, string>>;
  /** Built-in tools of this installation that are not what its release pinned, by name: nobody runs them here. */
  readonly drifted?: ReadonlyMap<string, InstalledDrift>;
  /** Plugin servers of this worker, closed by whoever opened them; without, no plugin's tool is run here. */
  readonly servers?: Servers;
  /** Instead of the performers that reach the world: for benchmarks and tests of the core. */
  readonly performers?: Performers;
  readonly tracing?: Tracing | undefined;
}

export interface Runtime {
  readonly worker: string;
  readonly types: readonly string[];
  /** Activations under way. */
  active(): number;
  start(): Promise<void>;
  /**
   * Takes no new work, lets running effects end for `graceMs` (default 20 s) and calls off the rest, closes what it
   * opened. The given connection stays open.
   */
  stop(graceMs?: number): Promise<void>;
}

/** Less than what the worker command gives a stop as a whole. */
const STOP_GRACE_MS = 20_000;

export function createRuntime(options: RuntimeOptions): Runtime {
  const { redis, keys, accesses, log, concurrency } = options;
  const types = options.types ?? actorTypes;
  const worker = newWorkerId();
  const telemetry = options.tracing?.queues;
  const wakers = openWakers(actorTypes, { prefix: keys.prefix, redis, telemetry });
  const hosts = hostsOf(redis, keys);
  const gates = openGates({ journal: options.journal ?? null, hosts, wakers, log });
  const host = hostOver(options, wakers, gates, worker);
  const place = options.journal?.place;
  const watch = supervision({
    id: worker,
    types,
    bindings: [...accesses.keys()],
    machines: [...machines.keys()],
    rows: workerRows(redis, keys),
    wakers,
    hosts,
    place,
    active: host.active,
    log,
  });
  const listener = redis.duplicate();
  listener.on("error", (cause) => log.debug({ err: cause }, "redis connection"));
  let queues: readonly HostedQueue[] = [];
  const activate = async (address: Address): Promise<void> => {
    const end = await host.activate(address);
    log.debug({ ...address, end }, "activation ended");
  };
  const broke = (cause: unknown, address: Address | null): void => {
    // What ails the store is told once, by the store; a hundred activations that end of it have nothing to add.
    const level = cause instanceof StoreError ? "debug" : "error";
    log[level]({ err: cause, ...address }, "an activation broke off; the sweep brings it back");
  };

  return {
    worker,
    types,
    active: host.active,
    async start() {
      await watch.start();
      await listener.psubscribe(keys.bellPattern);
      listener.on("pmessage", (_pattern, _channel, name: string) => host.rang(name));
      // A queue of the type is shared by workers of several builds: who lacks a machine hands its actors on to who has it.
      const names = [...types.map(typeQueueName), ...[...accesses.keys(), ...machines.keys()].map(bindingQueueName)];
      if (place !== undefined) names.push(placeQueueName(place));
      queues = names.map((name) =>
        hostQueue({ prefix: keys.prefix, redis, name, worker, concurrency, activate, broke, telemetry }),
      );
      await host.start();
      await gates.keepTidy(async (run) => {
        const [row, stub] = await redis.hmget(keys.run(run).run, "status", "stub");
        return row != null && stub == null;
      });
    },
    async stop(graceMs = STOP_GRACE_MS) {
      const patience = setTimeout(host.leave, graceMs);
      await Promise.all(queues.map((queue) => queue.close()));
      clearTimeout(patience);
      await host.stop();
      await gates.close();
      await watch.stop();
      listener.disconnect();
      await wakers.close();
    },
  };
}

/** The host over this Redis and its queues. */
function hostOver(options: RuntimeOptions, wakers: Wakers, gates: Gates, worker: string): Host {
  const { redis, keys, accesses, log, performers } = options;
  const bumped = (shards: readonly ShardIncarnation[]): void =>
    log.warn(
      { shards: shards.length },
      "Redis came back and may have lost what it acknowledged; older claims are over",
    );
  const store = steadyStore(redisStore(redis, keys, { bumped }), { log });
  const access = (binding: string): ModelAccess => {
    const found = accesses.get(binding);
    if (found === undefined) throw new Error(`this worker has no model access called ${binding}`);
    return found;
  };
  const { budget } = openReader(redis, keys);
  const pricing = pricingOver({ access, view: budgetView(budget) });
  const spans = options.tracing === undefined ? undefined : runSpans(options.tracing);
  return createHost({
    ...(spans === undefined ? {} : { spans }),
    store,
    shards: keys.shards,
    shardOf: keys.shardOf,
    machines,
    served: { bindings: [...accesses.keys()], machines: [...machines.keys()] },
    performers: performers ?? worldPerformers(options, store, access),
    reserve: pricing.reserve,
    pricing,
    clock: systemClock,
    worker,
    place: options.journal?.place ?? "",
    gates: gates.here,
    nonce: newNonce,
    wake: (address) => (spans === undefined ? wakers.wake(address) : spans.waking(address, () => wakers.wake(address))),
    forward: wakers.forward,
    handOver: gates.handOver,
    strangers: gates.strangers,
    calledOff: gates.calledOff,
    log,
  });
}

function worldPerformers(
  {
    journal: gated,
    secluded = [],
    privateHosts = [],
    gitEnv = {},
    sandbox = "none",
    unconfined = false,
    servers,
    ...options
  }: RuntimeOptions,
  store: Store,
  access: (binding: string) => ModelAccess,
): Performers {
  const box = openBoxes(secluded);
  const { book, watch } = pinsOver(options);
  const out = (run: RunRow): Promise<ReadonlyMap<string, string>> => watch.out(scopeOf(run));
  const journal = gated ?? null;
  const here: Here = { ownDirs: secluded, sandbox, unconfined };
  const { fetch } = openWebDoor({ privateHosts });
  const plugins = servers === undefined ? undefined : pluginHands({ servers, findings: pluginFindings(book) });
  const boxWithWeb = async (...folders: Parameters<typeof box>) => {
    const opened = await box(...folders);
    const place = { workspace: opened.root, beside: folders[1] ?? [] };
    return { ...opened, fetch, ...(plugins === undefined ? {} : { plugin: pluginDoor(plugins, place) }) };
  };
  const capabilities = capabilitiesOf(store);
  const memory: MemoryDeps = { store, box, here, stateFolder: options.stateFolder ?? null };
  const performers: Performers = {
    "session.assemble": sessionAssemble({
      ...{ store, capabilities, here, memory },
      ...{ unavailable: out, openTree: treesWith(gitEnv) },
    }),
    "model.call": modelCall({
      ...{ access, grants: store.grants, here, capabilities, quarantined: out },
      fanOut: openFanOut({ monotonicMs: () => performance.now() }),
    }),
    "transcript.compact": transcriptCompact({ access }),
    "tool.run": toolRun({
      box: boxWithWeb,
      journal,
      monotonicMs: () => performance.now(),
      here,
      capabilities,
      plugins,
      skillPins: skillPins(book),
      memory,
    }),
    "tool.reconcile": toolReconcile({ box, journal }),
    "result.verify": resultVerify({ box, journal, results: store.results }),
    "workspace.collect": workspaceCollect({ env: gitEnv, results: store.results }),
    "workspace.merge": workspaceMerge({ env: gitEnv }),
    "task.join": taskJoin({ env: gitEnv, store }),
    "workspace.rebuild": workspaceRebuild({ env: gitEnv }),
    "proposal.prepare": proposalPrepare({ store, capabilities }),
    "proposal.read": proposalRead({ store, capabilities }),
    "verdict.read": verdictRead({ store }),
    "question.put": questionPut(),
  };
  const named: KeptOutDeps["named"] = async (name, { address, run }) =>
    (await capabilities({ run: address.run, capabilities: run.config.capabilities })).named(name);
  return keptOut(performers, { book, watch, named, apart: secluded });
}

/** What was approved and what was taken out since, by whomever; what this installation has changed is out here. */
function pinsOver({ redis, keys, drifted }: Pick<RuntimeOptions, "redis" | "keys" | "drifted">): {
  readonly book: PinBook;
  readonly watch: ToolWatch;
} {
  const book = openPinBook({ pins: redisPins(redis, keys), release: releasedBy(releasePins) });
  const local = drifted === undefined ? {} : { local: drifted };
  return { book, watch: toolWatch({ book, ...local, monotonicMs: () => performance.now() }) };
}
