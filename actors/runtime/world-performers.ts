/**
 * The performers that reach the world (models, files, commands, plugins, git), joined from what this worker has: its gates, its
 * sandbox, its servers, and what its installation has pinned.
 */
import type { Redis } from "ioredis";
import type { Journal } from "../../infra/journal/journal.ts";
import type { Servers } from "../../infra/mcp/servers.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import { redisPins } from "../../infra/redis/pins.ts";
import type { Store } from "../../infra/store.ts";
import { openWebDoor } from "../../infra/web/web-door.ts";
import type { SandboxLevel } from "../../registry/permission/question.ts";
import { releasePins } from "../../registry/tools/release-pins.ts";
import { treesWith } from "./agent-tree.ts";
import { openBoxes } from "./boxes.ts";
import { capabilitiesOf } from "./capabilities.ts";
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
import type { MemoryDeps } from "./memory/memory.ts";
import type { Performers } from "./performer.ts";
import type { Here } from "./permission-question.ts";
import { openPinBook, type PinBook, pluginFindings } from "./pin-book.ts";
import { pluginDoor, pluginHands } from "./plugin-hands.ts";
import type { RunRow } from "./run-row.ts";
import { skillPins } from "./skill-pins.ts";
import { type ToolWatch, toolWatch } from "./tool-watch.ts";

export interface WorldOptions {
  readonly redis: Redis;
  readonly keys: Keys;
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
}

/** One for each kind of effect; what a tool reaches, it reaches through these. */
export function worldPerformers(
  {
    journal: gated,
    secluded = [],
    privateHosts = [],
    gitEnv = {},
    sandbox = "none",
    unconfined = false,
    servers,
    ...options
  }: WorldOptions,
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
function pinsOver({ redis, keys, drifted }: Pick<WorldOptions, "redis" | "keys" | "drifted">): {
  readonly book: PinBook;
  readonly watch: ToolWatch;
} {
  const book = openPinBook({ pins: redisPins(redis, keys), release: releasedBy(releasePins) });
  const local = drifted === undefined ? {} : { local: drifted };
  return { book, watch: toolWatch({ book, ...local, monotonicMs: () => performance.now() }) };
}
