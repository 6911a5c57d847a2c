// One compaction by itself, over real HTTP: which way it goes, what it costs, and what it makes of a server that cannot.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Entry } from "../../actors/runtime/conversation.ts";
import { transcriptCompact } from "../../actors/runtime/effects/transcript-compact.ts";
import type { Answer, PerformContext } from "../../actors/runtime/performer.ts";
import { recover } from "../../actors/runtime/recovery.ts";
import { callGate } from "../../infra/breaker/call-gate.ts";
import { memoryRecords } from "../../infra/breaker/records.ts";
import { createModelClient } from "../../infra/model/anthropic.ts";
import type { CompactionSettings } from "../../infra/model/compaction-settings.ts";
import { priceOf } from "../../infra/model/prices.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import type { EntryInput } from "../support/messages-double/script.ts";
import { plainSession } from "../support/plain-session.ts";

const MODEL = "claude-sonnet-5-5";
const grant = { tokens: 9_000, nanoUsd: 50_000_000, outTokens: 2_000 };
const ORDER = { type: "transcript.compact" as const, turn: 8, by: "summary" as const };

const entries: Entry[] = [
  { role: "user", content: [{ type: "text", text: "the goal" }] },
  ...Array.from({ length: 8 }, (_, turn): Entry[] => [
    { role: "assistant", content: [{ type: "tool_use", id: `c${turn}`, name: "Read", input: {} }], tokens: 100 * turn },
    { role: "user", content: [{ type: "tool_result", tool_use_id: `c${turn}`, content: "lorem ".repeat(200) }] },
  ]).flat(),
];

let double: MessagesDouble;
beforeEach(async () => {
  double = await startMessagesDouble();
});
afterEach(() => double.close());

async function compacted(
  settings: Partial<CompactionSettings>,
  script: readonly EntryInput[],
  { compacts = false, order = ORDER as Parameters<ReturnType<typeof transcriptCompact>>[0], granted = true } = {},
) {
  double.script(...script);
  const client = createModelClient({
    ...{ baseUrl: double.baseUrl, apiKey: "sk-test", idleTimeoutMs: 20_000, firstByteTimeoutMs: 20_000 },
  });
  const gate = callGate({ records: memoryRecords(Date.now), monotonicMs: () => performance.now() });
  const access = {
    ...{ client, gate, compacts, resource: () => "model:double" },
    price: (model: string, tokens: number) => priceOf(model, "2026-11-01", tokens),
  };
  const session = plainSession([], {
    model: MODEL,
    compaction: { atTokens: 1, everyTurns: 0, keepTurns: 2, with: "auto", ...settings },
  });
  const context = {
    ...{
      session,
      entries,
      grant: granted ? grant : null,
      effectId: "r/a_t/0.9:0",
      signal: new AbortController().signal,
    },
    address: { run: "r", actor: "a_t", type: "general" },
    run: { binding: "b", model: MODEL, config: { fallback: "forbid" } },
  } as unknown as PerformContext;
  const answer: Answer = await transcriptCompact({ access: () => access })(order, context);
  const told = answer.told.find(({ type }) => type.startsWith("compaction.")) as RunEvent & { reason?: string };
  return { answer, told, asked: double.served.map(({ body }) => JSON.parse(body)) };
}

const summary: EntryInput = { content: [{ type: "text", text: "All was read." }] };
const refusal: EntryInput = {
  fault: { kind: "status", status: 400, type: "invalid_request_error", message: "compaction: unknown parameter" },
};

it("a server that does not summarise is asked for a summary like any model, once, with the same money", async () => {
  const { answer, told, asked } = await compacted({}, [refusal, summary], { compacts: true });
  expect(asked.map(({ compaction }) => compaction !== undefined)).toEqual([true, false]);
  expect([told, answer.entries?.[0]?.compacted]).toMatchObject([{ type: "compaction.done", by: "own" }, { to: 13 }]);
  expect(answer.settle?.calls).toBe(1);
});

it("where the operator named the server's way, nobody else is asked, and its refusal is a failure", async () => {
  const { answer, told, asked } = await compacted({ with: "server" }, [refusal]);
  expect([asked.length, told.type, answer.entries]).toEqual([1, "compaction.failed", undefined]);
  expect(told.reason).toContain("unknown parameter");
});

it("exactly what goes is what a server is asked to sum up: it ends with the results of a turn", async () => {
  const { asked } = await compacted({ with: "server" }, [{ content: [{ type: "compaction", content: "so" }] }]);
  expect(asked[0].messages).toHaveLength(1 + 2 * 6);
  expect(asked[0].messages.at(-1).content[0].tool_use_id).toBe("c5");
});

it.each<[string, EntryInput, RegExp]>([
  ["is cut", { ...summary, stopReason: "max_tokens" }, /longer than it may be/],
  ["is only a call", { content: [{ type: "tool_use", name: "Read", input: {} }] }, /holds no summary/],
  ["is refused", { ...summary, stopReason: "refusal" }, /declined/],
  ["comes from another model", { ...summary, model: "claude-haiku-5-5" }, /which this run forbids/],
])("a summary that %s is none, and is paid for", async (_, entry, why) => {
  const { answer, told } = await compacted({ with: "own" }, [entry]);
  expect([told.type, answer.entries]).toEqual(["compaction.failed", undefined]);
  expect(told.reason).toMatch(why);
  expect([answer.settle?.calls, (answer.settle?.tokens ?? 0) > 0]).toEqual([1, true]);
});

it("a summary that broke off is charged as it was reserved; one whose worker died as well, and by rule it just begins again", async () => {
  const { answer } = await compacted({ with: "own" }, [{ ...summary, fault: { kind: "cut", afterEvents: 2 } }]);
  expect(answer.settle).toMatchObject({ tokens: grant.tokens, nanoUsd: grant.nanoUsd });
  const pending = { id: "r/a_t/0.9:0", json: "", grant, held: false };
  expect(recover(ORDER, pending)).toMatchObject({
    event: { type: "compaction.failed", turn: 8 },
    settle: { tokens: grant.tokens, calls: 0 },
  });
  expect(recover({ ...ORDER, by: "rule" }, { ...pending, grant: null })).toBe("begin");
});

it("by rule nobody is asked and nothing is paid", async () => {
  const order = { ...ORDER, by: "rule" as const };
  const { answer, told, asked } = await compacted({}, [], { order, granted: false });
  expect([asked.length, told.type, answer.settle]).toEqual([0, "compaction.done", undefined]);
  const own = await compacted({ with: "rule" }, [], { granted: false });
  expect([own.asked.length, own.told.type]).toEqual([0, "compaction.done"]);
});

it("what has to stay is most of it: nobody is asked for a summary that could not help", async () => {
  const { answer, told, asked } = await compacted({ keepTurns: 100 }, [summary]);
  // So many turns are not kept where they fill the prompt: fewer are, and it is worth it.
  expect([asked.length, told.type]).toEqual([1, "compaction.done"]);
  entries.push({ role: "user", content: [{ type: "text", text: "x".repeat(60_000) }] });
  const heavy = await compacted({}, [summary]);
  entries.pop();
  expect([heavy.asked.length, heavy.told.type, heavy.answer.settle?.tokens]).toEqual([1, "compaction.failed", 0]);
  expect(answer.entries).toHaveLength(1);
});
