/**
 * Agents that keep and recall, with the performers that really do it: a real workspace, a real folder for what is
 * remembered, and the rows that a store would hold. Several stages over one pair of folders are several runs.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { capabilitiesFrom } from "../../actors/runtime/capabilities.ts";
import { type Entry, toolResultEntry } from "../../actors/runtime/conversation.ts";
import { sessionAssemble } from "../../actors/runtime/effects/session-assemble.ts";
import { toolRun } from "../../actors/runtime/effects/tool-run.ts";
import { inputHashOf } from "../../actors/runtime/judge.ts";
import type { MemoryDeps } from "../../actors/runtime/memory/memory.ts";
import type { Answer, PerformContext } from "../../actors/runtime/performer.ts";
import { type RunConfig, type RunRow, runConfigSchema } from "../../actors/runtime/run-row.ts";
import { memoryPlaceOf } from "../../infra/memory/memory-place.ts";
import { type WorkspaceMemory, workspaceMemory } from "../../infra/memory/workspace-memory.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import type { TaintMark } from "../../machines/taint.ts";
import { NO_CAPABILITIES } from "../../registry/capabilities.ts";
import { temporaryFolder, writeFiles } from "./workspace.ts";

export const PAGE: TaintMark = { source: "web", label: "https://stranger.example/page" };

export interface Folders {
  readonly workspace: string;
  readonly state: string;
  /** The run's own copy of the workspace, where it works in one. */
  readonly tree?: string;
}

export function memoryFolders(files: Readonly<Record<string, string>>): Folders {
  const root = temporaryFolder();
  const [workspace, state] = [join(root, "workspace"), join(root, "state")];
  mkdirSync(workspace);
  mkdirSync(state, { mode: 0o700 });
  writeFiles(workspace, files);
  return { workspace, state };
}

export interface Caller {
  readonly actor?: string;
  readonly taint?: readonly TaintMark[];
  readonly approved?: boolean;
  /** Of the effect; the next one where absent. */
  readonly effect?: string;
  readonly isWanted?: () => Promise<boolean>;
}

let runs = 0;

export function memoryRun({ workspace, state, tree }: Folders, config: RunConfig = {}) {
  runs += 1;
  const run = `r_${runs}`;
  const rows = new Map<string, string>();
  const results = new Map<string, string>();
  let nowMs = Date.parse("2026-11-22T10:00:00.000Z");
  let effects = 0;
  const row = {
    goal: "g",
    kind: "run",
    model: "m",
    binding: "b",
    policy: "p",
    workspace: tree ?? workspace,
    config: runConfigSchema.parse({
      memory: "workspace",
      ...(tree === undefined ? {} : { isolation: { source: workspace, tree, gitDir: tree, branch: "b", base: "0" } }),
      ...config,
    }),
    status: "running",
  } satisfies RunRow;
  const memory: MemoryDeps = {
    store: {
      facts: async () => rows,
      results: async (of, ids) =>
        new Map(ids.flatMap((id) => (of === run && results.has(id) ? [[id, results.get(id) as string]] : []))),
    },
    stateFolder: state,
    box: (folder) => openBox(folder, [state]),
    nowMs: () => nowMs,
  };
  const perform = toolRun({ box: (folder) => openBox(folder, [state]), journal: null, monotonicMs: () => 0, memory });
  const brief = JSON.stringify({ id: "t", agentType: "general", goal: "go" });
  const assemble = sessionAssemble({
    store: { briefs: async () => new Map([["t", brief]]), results: async () => new Map() },
    capabilities: async () => capabilitiesFrom(NO_CAPABILITIES),
    memory,
  });
  const contextOf = (actor: string, type: string, over: Partial<PerformContext>): PerformContext => ({
    address: { run, actor, type },
    run: row,
    rights: { tools: ["Note", "Recall", "Remember"], plugins: "none" },
    effectId: `${run}/${actor}/0.1:0`,
    session: null,
    entries: [],
    grant: null,
    signal: new AbortController().signal,
    ...over,
  });
  const committed = (answer: Answer): Answer => {
    for (const [name, text] of Object.entries(answer.briefs ?? {})) rows.set(name, text);
    return answer;
  };
  return {
    run,
    rows,
    results,
    /** What a call comes to, its answer not committed. */
    async begun(tool: string, input: unknown, caller: Caller = {}): Promise<Answer> {
      const { actor = "a_one", taint = [], approved, isWanted } = caller;
      effects += 1;
      const read: Entry[] = taint.length === 0 ? [] : [{ ...toolResultEntry("c0", "a page", true), taint: [...taint] }];
      const made: Entry = { role: "assistant", content: [{ type: "tool_use", id: "c", name: tool, input }] };
      return perform(
        { type: "tool.run", call: "c", tool, inputHash: inputHashOf(input), ...(approved ? { approved: true } : {}) },
        contextOf(actor, "general", {
          effectId: caller.effect ?? `${run}/${actor}/0.${effects}:0`,
          entries: [...read, made],
          ...(isWanted === undefined ? {} : { isWanted }),
        }),
      );
    },
    async call(tool: string, input: unknown, caller: Caller = {}): Promise<Answer> {
      return committed(await this.begun(tool, input, caller));
    },
    async session(type = "general"): Promise<Answer> {
      const order = { type: "session.assemble", task: "t", standsOn: [] } as const;
      return committed(await assemble(order, contextOf("a_new", type, {})));
    },
    pass(ms: number): void {
      nowMs += ms;
    },
  };
}

export function memoryAt({ workspace, state }: Folders): WorkspaceMemory {
  const place = memoryPlaceOf(workspace);
  if (place === null) throw new Error(`no folder ${workspace}`);
  return workspaceMemory({ stateFolder: state, place });
}

export const textsOf = ({ entries = [] }: Answer): string[] =>
  entries.flatMap(({ content }) =>
    content.map((part) => String(part.type === "tool_result" ? part.content : part.text)),
  );

export const idIn = (answer: Answer): string => {
  const found = /\b[fm]_[0-9a-f]{16}\b/.exec(textsOf(answer)[0] ?? "");
  if (found === null) throw new Error(`nothing was kept: ${textsOf(answer)[0]}`);
  return found[0];
};

export const eventsIn = <Type extends RunEvent["type"]>(answer: Answer, type: Type) =>
  answer.told.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type);
