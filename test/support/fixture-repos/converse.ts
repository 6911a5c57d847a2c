/**
 * Plays the runtime's part of a conversation with the analyst: runs the tools it asks for on a real workspace and
 * hands it their results, until it reports or ends its turn.
 */
import { brain } from "../../../infra/model/local/analyst/brain.ts";
import type { BrainAnswer, BrainMessage, BrainRequest } from "../../../infra/model/local/brain.ts";
import type { Box } from "../../../registry/box.ts";
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import { run } from "../../../registry/tools/run/probe.ts";

type Input = Readonly<Record<string, unknown>>;
type Result = { readonly text: string; readonly isError: boolean };

export interface Call {
  readonly turn: number;
  readonly name: string;
  readonly input: Input;
}

export interface Conversation {
  readonly calls: readonly Call[];
  /** The input of the last report; undefined when there was none. */
  readonly report: Input | undefined;
  /** The text of the last answer. */
  readonly text: string;
  readonly requests: readonly BrainRequest[];
}

export interface ConverseOptions {
  readonly tools?: readonly string[];
  /** Judges a report; a text rejects it. Accepts everything when absent. */
  readonly onReport?: (input: Input, count: number) => string | undefined;
  /** Answers a call in place of the real tool; undefined leaves it to the tool. */
  readonly instead?: (name: string, input: Input) => Result | undefined;
}

const turnsMax = 40;

export async function converse(box: Box, prompt: string, options: ConverseOptions = {}): Promise<Conversation> {
  const { tools = ["Probe", "Read", "Report"], onReport, instead } = options;
  const messages: BrainMessage[] = [{ role: "user", content: [{ type: "text", text: prompt }] }];
  const calls: Call[] = [];
  const requests: BrainRequest[] = [];
  let report: Input | undefined;
  let reports = 0;
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const request: BrainRequest = {
      model: "local",
      system: [],
      tools: tools.map((name) => ({ name, description: name, inputSchema: { type: "object" } })),
      messages: [...messages],
      maxTokens: 8_000,
    };
    requests.push(request);
    const answer = await brain(request);
    const uses = answer.content.flatMap((block, index) =>
      block.type === "tool_use" ? [{ ...block, id: `t${turn}_${index}` }] : [],
    );
    if (answer.stopReason === "end_turn" || uses.length === 0) return { calls, report, text: textOf(answer), requests };
    const results: [(typeof uses)[number], Result][] = [];
    for (const use of uses) {
      calls.push({ turn, name: use.name, input: use.input });
      if (use.name !== "Report") {
        results.push([use, instead?.(use.name, use.input) ?? (await perform(box, use.name, use.input))]);
        continue;
      }
      report = use.input;
      reports += 1;
      const rejection = onReport?.(use.input, reports);
      if (rejection === undefined) return { calls, report, text: textOf(answer), requests };
      results.push([use, { text: rejection, isError: true }]);
    }
    messages.push({ role: "assistant", content: uses });
    messages.push({
      role: "user",
      content: results.map(([use, { text, isError }]) => ({
        type: "tool_result",
        toolUseId: use.id,
        toolName: use.name,
        text,
        isError,
      })),
    });
  }
  throw new Error(`the analyst did not end within ${turnsMax} turns`);
}

function textOf({ content }: BrainAnswer): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

async function perform(box: Box, name: string, input: Input): Promise<Result> {
  if (name === "Probe") {
    const { ok, text } = await run(
      { primitive: input.primitive as PrimitiveId, path: input.path as string | undefined },
      { box, signal: new AbortController().signal },
    );
    return { text, isError: !ok };
  }
  const { bytes } = await box.read(String(input.file_path), { bytesMax: 1_000_000 });
  const offset = Number(input.offset);
  const lines = new TextDecoder()
    .decode(bytes)
    .split("\n")
    .slice(offset - 1, offset - 1 + Number(input.limit));
  return { text: lines.map((line, index) => `${offset + index}\t${line}`).join("\n"), isError: false };
}

export function taskText(type: string, input: unknown): string {
  return `Do this task.\n<task>\n${JSON.stringify({ id: "t1", type, input })}\n</task>`;
}
