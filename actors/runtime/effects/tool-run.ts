/**
 * Runs one tool call that was judged and committed: re-check the input against the intent, load the implementation,
 * run it in the box under its time limit. Every end is an event; a tool that breaks is a failed call, not a dead agent.
 */
import type { RunEvent } from "../../../machines/run-event.ts";
import type { Box } from "../../../registry/box.ts";
import { OUTPUT_CHARS_MAX, type ToolDeclaration, type ToolOutput } from "../../../registry/tool.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { callInput, toolResultEntry } from "../conversation.ts";
import { inputHashOf } from "../judge.ts";
import { type Answer, EffectAborted, type Performer } from "../performer.ts";

export interface ToolRunDeps {
  /** The box of a workspace; throws where the workspace is gone. */
  box(workspace: string): Promise<Box>;
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs(): number;
}

export function toolRun({ box, monotonicMs }: ToolRunDeps): Performer<"tool.run"> {
  return async (order, { entries, run, signal, effectId }) => {
    const startedMs = monotonicMs();
    const output = await outcomeOf();
    signal.throwIfAborted();
    const told: RunEvent = {
      type: output.ok ? "tool.finished" : "tool.failed",
      effect: effectId,
      call: order.call,
      tool: order.tool,
      bytes: Buffer.byteLength(output.text),
      tookMs: Math.round(monotonicMs() - startedMs),
    };
    return {
      event: { type: "tool.finished", call: order.call, ok: output.ok } as Answer["event"],
      entries: [toolResultEntry(order.call, output.text, output.ok)],
      told: [told],
    };

    async function outcomeOf(): Promise<ToolOutput> {
      const made = callInput(entries, order.call);
      const tool = toolNamed(order.tool);
      if (made === null || tool === undefined)
        return broken(`call ${order.call} of ${order.tool} is not in the conversation`);
      if (inputHashOf(made.input) !== order.inputHash)
        return broken("the input is not the one that was judged; it was not run");
      try {
        return bounded(await withinTime(tool, tool.input.parse(made.input), await box(run.workspace), signal));
      } catch (cause) {
        if (signal.aborted) throw new EffectAborted(effectId);
        return broken(cause instanceof Error ? cause.message : String(cause));
      }
    }
  };
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
  return { ...output, truncated: true, text: output.text.slice(0, OUTPUT_CHARS_MAX - note.length) + note };
}
