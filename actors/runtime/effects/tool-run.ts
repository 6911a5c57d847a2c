/**
 * Runs one tool call that was judged and committed: re-check the input against the intent, load the implementation, run
 * it in the box. What changes the world passes the gate first. Every end is an event; a tool that breaks is a failed
 * call, not a dead agent.
 */
import { sha256 } from "../../../infra/ids.ts";
import type { Journal } from "../../../infra/journal/journal.ts";
import { readManual } from "../../../infra/manual.ts";
import type { WorkspaceBox } from "../../../infra/sandbox/workspace-box.ts";
import { mayRun } from "../../../machines/rights.ts";
import type { Box } from "../../../registry/box.ts";
import type { PermissionQuestion } from "../../../registry/permission/question.ts";
import type { Shelf } from "../../../registry/shelf.ts";
import {
  OUTPUT_CHARS_MAX,
  type ToolContext,
  type ToolDeclaration,
  type ToolOutput,
  WHOLE_CHARS_MAX,
} from "../../../registry/tool.ts";
import { actingBox, OutcomeUnknown } from "../acting-box.ts";
import { type CapabilitiesOf, capabilitiesFor, type RunCapabilities } from "../capabilities.ts";
import { callInput, lastInSight, toolResultEntry } from "../conversation.ts";
import { inputHashOf } from "../judge.ts";
import { type CallMemory, callMemory } from "../memory/call-memory.ts";
import type { MemoryDeps } from "../memory/memory.ts";
import { type Answer, EffectAborted, type PerformContext, type Performer } from "../performer.ts";
import { type Here, questionOf } from "../permission-question.ts";
import type { PluginHands } from "../plugin-hands.ts";
import { unknownAnswer } from "../recovery.ts";
import { refusedByChart } from "../refused-by-chart.ts";
import { shelfOf } from "../shelf.ts";
import { openableSkills, type SkillPins, skillShelf } from "../skill-shelf.ts";
import { mayChange, runsAs, watchedBox } from "../watched-box.ts";

export interface ToolRunDeps {
  /** The box of a workspace and of folders beside it, with a way into the web; throws where one of them is gone. */
  box(workspace: string, beside?: readonly string[]): Promise<WorkspaceBox & Pick<Box, "fetch">>;
  /** Null where this process has no gates: then nothing unsafe is run. */
  readonly journal: Journal | null;
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs(): number;
  /** What is true on this worker, for the rules. */
  readonly here?: Here;
  /** What the run latched beyond the built-in tools. Absent: nothing. */
  readonly capabilities?: CapabilitiesOf;
  /** How plugin servers are reached. Absent: not at all. */
  readonly plugins?: PluginHands | undefined;
  /** What is known of the run's skills since. Absent: nobody keeps a book. */
  readonly skillPins?: SkillPins;
  /** Absent: nothing is remembered here. */
  readonly memory?: MemoryDeps;
}

type Order = Parameters<Performer<"tool.run">>[0];

export function toolRun(deps: ToolRunDeps): Performer<"tool.run"> {
  return async (order, context) => {
    const { signal, effectId } = context;
    const startedMs = deps.monotonicMs();
    const capabilities = await capabilitiesFor(deps.capabilities, context);
    const tool = capabilities.named(order.tool);
    if (tool !== undefined && !mayRun(context.rights, tool)) return refusedByChart(order, tool, context);
    const memory = callMemory(deps.memory, order, context);
    try {
      const output = await outcomeOf(deps, capabilities, order, context, memory);
      signal.throwIfAborted();
      const answer = finishedAnswer(order, effectId, output, Math.round(deps.monotonicMs() - startedMs));
      return memory === null ? answer : await memory.withMemory(answer);
    } catch (cause) {
      // Not this performer's to say: whether it happened is found out on the way that a lost worker's calls go.
      if (cause instanceof OutcomeUnknown) return unknownAnswer(order, effectId, deps.journal?.place ?? "");
      throw cause;
    }
  };
}

/** A tool's end, told and put into the conversation. `effect` is the one under which it was done. */
export function finishedAnswer(
  { call, tool }: Pick<Order, "call" | "tool">,
  effect: string,
  output: ToolOutput,
  tookMs: number,
): Answer {
  const { ok, text, whole, saw, exit, misjudged } = bounded(output);
  const blob = whole === undefined ? null : { sha256: sha256(whole), text: whole };
  const told = { effect, call, tool, bytes: Buffer.byteLength(text), tookMs };
  const kept = blob === null ? {} : { blob: blob.sha256 };
  const judged = misjudged === true ? { misjudged } : {};
  return {
    event: { type: "tool.finished", call, ok } as Answer["event"],
    entries: [toolResultEntry(call, text, ok, { saw, did: { effect, tool, ok, ...endedAs(exit) } })],
    told: [ok ? { type: "tool.finished", ...told, ...kept } : { type: "tool.failed", ...told, ...kept, ...judged }],
    ...(blob === null ? {} : { blobs: [blob] }),
  };
}

const endedAs = (exit: ToolOutput["exit"]): { exitCode?: number | null; sandbox?: "full" | "partial" | "none" } =>
  exit === undefined ? {} : { exitCode: exit.code, ...(exit.sandbox === undefined ? {} : { sandbox: exit.sandbox }) };

async function outcomeOf(
  deps: ToolRunDeps,
  capabilities: RunCapabilities,
  order: Order,
  context: PerformContext,
  memory: CallMemory | null,
): Promise<ToolOutput> {
  const { entries, run, signal, effectId } = context;
  const made = callInput(entries, order.call);
  const tool = capabilities.named(order.tool);
  if (made === null || tool === undefined || made.name !== order.tool)
    return broken(`call ${order.call} of ${order.tool} is not in the conversation`);
  if (inputHashOf(made.input) !== order.inputHash)
    return broken("the input is not the one that was judged; it was not run");
  try {
    const input = tool.input.parse(made.input);
    const box = await deps.box(run.workspace, run.config.addDirs);
    const question = atUse(deps, context, tool, input);
    if (tool.loadDeed === undefined) {
      const shelf = shelfFor(context, capabilities, deps);
      const remembered = memory === null ? {} : { memory: memory.door };
      const given = { box: watchedBox(box, question), signal, manual: readManual, ...shelf, ...remembered };
      return await withinTime(tool, input, given);
    }
    return await acted(deps, order, context, tool.loadDeed, box, question);
  } catch (cause) {
    if (signal.aborted) throw new EffectAborted(effectId);
    if (cause instanceof OutcomeUnknown || cause instanceof EffectAborted) throw cause;
    return broken(cause instanceof Error ? cause.message : String(cause));
  }
}

/** The question that was answered before this was ordered, for a second look at where its paths lead. */
function atUse(
  { here = {} }: ToolRunDeps,
  { address, run }: PerformContext,
  tool: ToolDeclaration,
  input: unknown,
): PermissionQuestion {
  const who = { agentType: address.type, actor: address.actor };
  return questionOf({ ...who, typeTools: [tool.name], deniedTools: [], tool, input }, run, here);
}

/** No time limit of ours: a command has its recorder's, and a change that was begun is not walked away from. */
async function acted(
  { journal, plugins }: ToolRunDeps,
  order: Order,
  { signal, effectId, entries, isWanted }: PerformContext,
  loadDeed: NonNullable<ToolDeclaration["loadDeed"]>,
  box: WorkspaceBox,
  question: PermissionQuestion,
): Promise<ToolOutput> {
  if (journal === null) return broken(`this worker has no folder for gates; it runs no ${order.tool}`);
  const deed = await loadDeed();
  const command = order.approved === true ? {} : await runsAs(box, question);
  let saw: ToolOutput["saw"];
  const acting = actingBox({
    box,
    journal,
    effect: effectId,
    inputHash: order.inputHash,
    signal,
    isWanted,
    mayChange: (path) => mayChange(question, path),
    commands: { writable: question.addDirs, ...command },
    plugins,
    lastSeen: (path) => lastInSight(entries, path),
    changed: ({ path, after }) => {
      saw = { path, sha256: after };
    },
  });
  const output = await deed(question.input, { box: acting, signal });
  return saw === undefined ? output : { ...output, saw };
}

/** What it may draw from, as its session says; nothing where there is none. */
function shelfFor(
  { session }: PerformContext,
  capabilities: RunCapabilities,
  { skillPins }: Pick<ToolRunDeps, "skillPins">,
): { shelf?: Shelf } {
  if (session === null) return {};
  const skills = openableSkills(capabilities.document, session.agentType);
  return { shelf: shelfOf(session, capabilities, skillShelf(skills, skillPins)) };
}

async function withinTime(tool: ToolDeclaration, input: unknown, context: ToolContext): Promise<ToolOutput> {
  const { signal } = context;
  if (tool.load === undefined) throw new Error(`${tool.name} is answered by the runtime, not run`);
  const run = await tool.load();
  const timeout = AbortSignal.timeout(tool.timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  const stopped = new Promise<never>((_, reject) => {
    either.addEventListener("abort", () => reject(either.reason as Error), { once: true });
  });
  try {
    return await Promise.race([run(input, { ...context, signal: either }), stopped]);
  } catch (cause) {
    if (!timeout.aborted) throw cause;
    return broken(`${tool.name} was stopped after ${tool.timeoutMs} ms without a result`);
  }
}

const broken = (reason: string): ToolOutput => ({ ok: false, text: reason });

function bounded(output: ToolOutput): ToolOutput {
  if (output.text.length <= OUTPUT_CHARS_MAX) return output;
  const note = `\n[cut: ${output.text.length} characters, ${OUTPUT_CHARS_MAX} shown]`;
  const text = output.text.slice(0, OUTPUT_CHARS_MAX - note.length) + note;
  return { whole: output.text.slice(0, WHOLE_CHARS_MAX), ...output, truncated: true, text };
}
