/**
 * Runs one tool call that was judged and committed: re-check the input against the intent, load the implementation, run
 * it in the box. What changes the world passes the gate first. Every end is an event; a tool that breaks is a failed
 * call, not a dead agent.
 */
import { sha256 } from "../../../infra/ids.ts";
import type { Journal } from "../../../infra/journal/journal.ts";
import type { WorkspaceBox } from "../../../infra/sandbox/workspace-box.ts";
import type { Box } from "../../../registry/box.ts";
import type { PermissionQuestion } from "../../../registry/permission/question.ts";
import { OUTPUT_CHARS_MAX, type ToolDeclaration, type ToolOutput, WHOLE_CHARS_MAX } from "../../../registry/tool.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { actingBox, OutcomeUnknown } from "../acting-box.ts";
import { callInput, lastSeen, toolResultEntry } from "../conversation.ts";
import { inputHashOf } from "../judge.ts";
import { type Answer, EffectAborted, type PerformContext, type Performer } from "../performer.ts";
import { type Here, questionOf } from "../permission-question.ts";
import { unknownAnswer } from "../recovery.ts";
import { mayChange, textAtUse, watchedBox } from "../watched-box.ts";

export interface ToolRunDeps {
  /** The box of a workspace and of folders beside it, with a way into the web; throws where one of them is gone. */
  box(workspace: string, beside?: readonly string[]): Promise<WorkspaceBox & Pick<Box, "fetch">>;
  /** Null where this process has no gates: then nothing unsafe is run. */
  readonly journal: Journal | null;
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs(): number;
  /** What is true on this worker, for the rules. */
  readonly here?: Here;
}

type Order = Parameters<Performer<"tool.run">>[0];

export function toolRun(deps: ToolRunDeps): Performer<"tool.run"> {
  return async (order, context) => {
    const { signal, effectId } = context;
    const startedMs = deps.monotonicMs();
    try {
      const output = await outcomeOf(deps, order, context);
      signal.throwIfAborted();
      return finishedAnswer(order, effectId, output, Math.round(deps.monotonicMs() - startedMs));
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
  const { ok, text, whole, saw } = bounded(output);
  const blob = whole === undefined ? null : { sha256: sha256(whole), text: whole };
  const told = { effect, call, tool, bytes: Buffer.byteLength(text), tookMs };
  return {
    event: { type: "tool.finished", call, ok } as Answer["event"],
    entries: [toolResultEntry(call, text, ok, saw)],
    told: [{ type: ok ? "tool.finished" : "tool.failed", ...told, ...(blob === null ? {} : { blob: blob.sha256 }) }],
    ...(blob === null ? {} : { blobs: [blob] }),
  };
}

async function outcomeOf(deps: ToolRunDeps, order: Order, context: PerformContext): Promise<ToolOutput> {
  const { entries, run, signal, effectId } = context;
  const made = callInput(entries, order.call);
  const tool = toolNamed(order.tool);
  if (made === null || tool === undefined)
    return broken(`call ${order.call} of ${order.tool} is not in the conversation`);
  if (inputHashOf(made.input) !== order.inputHash)
    return broken("the input is not the one that was judged; it was not run");
  try {
    const input = tool.input.parse(made.input);
    const box = await deps.box(run.workspace, run.config.addDirs);
    const question = atUse(deps, context, tool, input);
    if (tool.loadDeed === undefined) return await withinTime(tool, input, watchedBox(box, question), signal);
    return await acted(deps, order, context, tool.loadDeed, box, question);
  } catch (cause) {
    if (signal.aborted) throw new EffectAborted(effectId);
    if (cause instanceof OutcomeUnknown) throw cause;
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
  { journal }: ToolRunDeps,
  order: Order,
  { signal, effectId, entries }: PerformContext,
  loadDeed: NonNullable<ToolDeclaration["loadDeed"]>,
  box: WorkspaceBox,
  question: PermissionQuestion,
): Promise<ToolOutput> {
  if (journal === null) return broken(`this worker has no folder for gates; it runs no ${order.tool}`);
  const deed = await loadDeed();
  const runs = order.approved === true ? undefined : await textAtUse(box, question);
  let saw: ToolOutput["saw"];
  const acting = actingBox({
    box,
    journal,
    effect: effectId,
    inputHash: order.inputHash,
    signal,
    mayChange: (path) => mayChange(question, path),
    commands: { writable: question.addDirs, runs },
    lastSeen: (path) => lastSeen(entries, path),
    changed: ({ path, after }) => {
      saw = { path, sha256: after };
    },
  });
  const output = await deed(question.input, { box: acting, signal });
  return saw === undefined ? output : { ...output, saw };
}

async function withinTime(tool: ToolDeclaration, input: unknown, box: Box, signal: AbortSignal): Promise<ToolOutput> {
  if (tool.load === undefined) throw new Error(`${tool.name} is answered by the runtime, not run`);
  const run = await tool.load();
  const timeout = AbortSignal.timeout(tool.timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  const stopped = new Promise<never>((_, reject) => {
    either.addEventListener("abort", () => reject(either.reason as Error), { once: true });
  });
  try {
    return await Promise.race([run(input, { box, signal: either }), stopped]);
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
