/**
 * Agents that begin together with one prefix, over real HTTP: the first goes ahead, the others follow its first token; and
 * whatever becomes of the first, nobody is held for it.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Entry, textEntry } from "../../actors/runtime/conversation.ts";
import { modelCall } from "../../actors/runtime/effects/model-call.ts";
import { openFanOut } from "../../actors/runtime/fan-out.ts";
import type { Answer, PerformContext } from "../../actors/runtime/performer.ts";
import { type RunRow, runConfigSchema } from "../../actors/runtime/run-row.ts";
import { general } from "../../actors/types/general.ts";
import { createModelClient } from "../../infra/model/anthropic.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import type { EntryInput } from "../support/messages-double/script.ts";
import { openGate } from "../support/open-gate.ts";
import { plainSession } from "../support/plain-session.ts";

const assistant = (text: string): Entry => ({ ...textEntry(text), role: "assistant" });
const LONG_MS = 600_000;
const never = new AbortController().signal;

describe("calls to a server", () => {
  let double: MessagesDouble;
  beforeEach(async () => {
    double = await startMessagesDouble();
  });
  afterEach(() => double.close());

  function caller(): (word: string, system: string, said?: readonly string[]) => Promise<Answer> {
    const timeouts = { idleTimeoutMs: 20_000, firstByteTimeoutMs: 20_000 };
    const client = createModelClient({ baseUrl: double.baseUrl, apiKey: "k", ...timeouts });
    const access = { client, ...openGate(), price: () => null };
    const ask = modelCall({
      access: () => access,
      fanOut: openFanOut({ monotonicMs: () => 0, waitMaxMs: LONG_MS }),
    });
    const run = { workspace: "/", model: "m", binding: "b", config: runConfigSchema.parse({}) } as RunRow;
    return (word, system, said = []) => {
      const context: PerformContext = {
        address: { run: "r", actor: word, type: "general" },
        ...{ run, effectId: `r/${word}/0.1:0`, session: plainSession([], { system: [system] }) },
        entries: [textEntry(word), ...said.flatMap((text) => [assistant(text), textEntry("Go on.")])],
        ...{ rights: general.rights, grant: null, signal: never },
      };
      return ask({ type: "model.call", turn: 0, attempt: 0 }, context);
    };
  }
  const script = (words: Readonly<Record<string, EntryInput>>): void => {
    for (const [when, entry] of Object.entries(words)) double.script({ when, ...entry });
  };
  const arrived = (): string[] =>
    double.served.map(({ body }) => /"(first|second|third|other|later)"/.exec(body)?.[1] ?? "?");

  test("followers wait for the first token, and agents with another prefix or a turn behind them do not", async () => {
    script({ first: { held: true }, second: {}, third: {}, other: {}, later: {} });
    const call = caller();
    const first = call("first", "shared");
    await expect.poll(arrived).toEqual(["first"]);
    const followers = [call("second", "shared"), call("third", "shared")];
    await call("other", "its own");
    await call("later", "shared", ["on it"]);
    expect(arrived()).toEqual(["first", "other", "later"]);
    double.release();
    const events = (await Promise.all([first, ...followers])).map(({ event }) => event.type);
    expect(events).toEqual(["model.answered", "model.answered", "model.answered"]);
    expect(arrived().slice(3).sort()).toEqual(["second", "third"]);
  });

  test("followers wait for no more than the first token: the rest of the answer may take its time", async () => {
    script({ first: { fault: { kind: "silence", afterEvents: 4 } }, second: {} });
    const call = caller();
    const first = call("first", "shared");
    await expect.poll(arrived).toEqual(["first"]);
    expect((await call("second", "shared")).event.type).toBe("model.answered");
    expect(double.served[0]?.ended).toBeNull();
    await double.close();
    expect((await first).event.type).toBe("model.failed");
  });

  test("where the first fails without a token, its followers go, and so do those that begin after it", async () => {
    const overloaded = { fault: { kind: "status", status: 529, type: "overloaded_error" } } as const;
    script({ first: { ...overloaded, delayMs: 200 }, second: {}, third: { held: true }, other: {} });
    const call = caller();
    const first = call("first", "shared");
    await expect.poll(arrived).toEqual(["first"]);
    const second = await call("second", "shared");
    expect([(await first).event.type, second.event.type]).toEqual(["model.failed", "model.answered"]);
    const third = call("third", "shared");
    await expect.poll(arrived).toEqual(["first", "second", "third"]);
    const follower = call("other", "shared");
    double.release();
    expect((await third).event.type).toBe("model.answered");
    expect((await follower).event.type).toBe("model.answered");
  });
});

describe("nobody is held", () => {
  test("longer than the longest wait, where the first token does not come", async () => {
    const fanOut = openFanOut({ monotonicMs: () => 0, waitMaxMs: 5 });
    await fanOut.enter("p", never);
    await expect(fanOut.enter("p", never)).resolves.toBeDefined();
  });

  test("once its call is called off, before it waited or while it does", async () => {
    const fanOut = openFanOut({ monotonicMs: () => 0, waitMaxMs: LONG_MS });
    await fanOut.enter("p", never);
    await fanOut.enter("p", AbortSignal.abort());
    const calledOff = new AbortController();
    const waiting = fanOut.enter("p", calledOff.signal);
    calledOff.abort();
    await expect(waiting).resolves.toBeDefined();
  });

  test("for an entry that the provider has dropped by now: the next goes ahead as the first did", async () => {
    let nowMs = 0;
    const fanOut = openFanOut({ monotonicMs: () => nowMs, waitMaxMs: LONG_MS });
    await fanOut.enter("p", never);
    nowMs = 5 * 60_000;
    await fanOut.enter("p", never);
  });

  test("by a prefix that is no longer remembered: of so many only the newest are", async () => {
    const fanOut = openFanOut({ monotonicMs: () => 0, waitMaxMs: LONG_MS });
    for (let prefix = 0; prefix <= 256; prefix += 1) await fanOut.enter(String(prefix), never);
    await fanOut.enter("0", never);
  });

  test("for a first that failed without a token: the next goes ahead, and others wait for that one", async () => {
    const fanOut = openFanOut({ monotonicMs: () => 0, waitMaxMs: LONG_MS });
    (await fanOut.enter("p", never)).ended();
    const second = await fanOut.enter("p", never);
    let isThrough = false;
    const third = fanOut.enter("p", never).then(() => {
      isThrough = true;
    });
    // All that could go on without the second has gone on by then.
    await new Promise(setImmediate);
    expect(isThrough).toBe(false);
    second.began();
    await third;
  });

  test("after a first that did begin: it is remembered, and who comes later goes at once", async () => {
    const fanOut = openFanOut({ monotonicMs: () => 0, waitMaxMs: LONG_MS });
    const first = await fanOut.enter("p", never);
    first.began();
    first.ended();
    await fanOut.enter("p", never);
    await fanOut.enter("p", never);
  });
});
