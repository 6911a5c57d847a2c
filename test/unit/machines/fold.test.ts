// The traps of XState's pure API, each shut by `fold`; every step runs live, frozen and through JSON (test/support/given.ts).
import { describe, expect, it } from "vitest";
import { type AnyStateMachine, assign, raise, setup, transition } from "xstate";
import { effect } from "../../../machines/effect.ts";
import { dehydrate, FoldError, fold, rehydrate } from "../../../machines/fold.ts";
import { comparable, given, reloaded } from "../../support/given.ts";
import {
  agentInput,
  answered,
  anyAgent,
  assembled,
  cancel,
  failed,
  read,
  thinking,
} from "../../support/given-agent.ts";

const options = { maxIterations: 100 };
const any = setup({
  types: {} as {
    context: { n: number; list: readonly number[] };
    events: { type: string; n?: number };
    input: { n: number };
  },
  actions: {
    "tool.run": effect<{ call: string; tool: string; inputHash: string }>(),
    "message.send": effect<{ each: readonly { to: string }[] }>(),
    "model.call": effect<{ turn: number; attempt: number }>(),
    "prompt.append": effect<{ note: { kind: string } }>(),
    surprise: () => {},
  },
});
type Config = Parameters<typeof any.createMachine>[0];
const machine = (config: Omit<Config, "id" | "context">): AnyStateMachine =>
  any.createMachine({
    id: "any",
    version: "1",
    options,
    context: ({ input }) => ({ n: input?.n ?? 0, list: [] }),
    ...config,
  } as Config);

describe("the first cause", () => {
  it("is the input: its entry actions are the first effects", () => {
    const story = given(
      machine({
        initial: "a",
        states: { a: { entry: { type: "model.call", params: ({ context }) => ({ turn: context.n, attempt: 0 }) } } },
      }),
      { n: 7 },
    );
    expect(story.effects).toEqual([{ type: "model.call", turn: 7, attempt: 0 }]);
    expect(story.decision.changed).toBe(true);
  });

  it("is nothing else: an event or a timer before it throws", () => {
    for (const cause of [{ event: { type: "go" } }, { timer: "t", armedBy: 1 }]) {
      expect(() => fold(anyAgent, null, { version: 1, cause })).toThrow(FoldError);
    }
  });

  it("a second time changes nothing", () => {
    const story = thinking();
    const again = story.whenCause({ input: agentInput({ turnsMax: 99 }) });
    expect(again.decision.changed).toBe(false);
    expect(again.state).toBe(story.state);
  });

  it("that the machine refuses throws instead of giving a broken state", () => {
    const picky = setup({ types: {} as { context: { n: number }; input: { n: number } } }).createMachine({
      id: "picky",
      options,
      context: ({ input }) => ({ n: input.n.valueOf() }),
      initial: "a",
      states: { a: {} },
    });
    expect(() => fold(picky, null, { version: 1, cause: { input: null } })).toThrow("refused its input");
    expect(given(picky, { n: 1 }).path).toBe("a");
  });
});

describe("a cause that changes nothing", () => {
  it("an event no state knows gives the very same state, no effects, and says so", () => {
    const story = thinking();
    const after = story.when({ type: "no.such.event" });
    expect(after.decision).toEqual({
      state: story.state,
      outside: [],
      inside: [],
      timersSet: [],
      timersCancelled: [],
      changed: false,
    });
    expect(after.state).toBe(story.state);
  });

  it("a final state is never left, not even by a root transition that XState itself would take", () => {
    const ending = machine({
      initial: "a",
      on: { revive: ".a" },
      states: { a: { on: { end: "b" } }, b: { type: "final" } },
    });
    const story = given(ending, { n: 0 }).when({ type: "end" });
    expect(story.status).toBe("done");
    // XState's own answer, without the fold's guard in front.
    expect(transition(ending, story.state.snapshot as never, { type: "revive" } as never)[0].value).toBe("a");
    expect(story.when({ type: "revive" }).state).toBe(story.state);
  });

  it("a timer of an earlier arming, of no arming, or under another name", () => {
    const first = thinking().when(failed(0));
    const [[timer, { armedBy }] = ["", { armedBy: 0 }]] = Object.entries(first.state.timers);
    expect(armedBy).toBe(first.version);
    for (const cause of [
      { timer, armedBy: armedBy - 1 },
      { timer, armedBy: armedBy + 1 },
      { timer: "other", armedBy },
      { timer: "constructor", armedBy },
    ]) {
      const stale = first.whenCause(cause);
      expect([stale.decision.changed, stale.state === first.state]).toEqual([false, true]);
    }
    expect(first.whenCause({ timer, armedBy }).path).toBe("thinking.calling");
  });
});

describe("timers", () => {
  const waiting = machine({
    initial: "a",
    states: {
      a: { after: { 500: "b" }, on: { again: { target: "a", reenter: true }, away: "b", stay: {} } },
      b: { on: { back: "a" } },
    },
  });

  it("are armed by the version that entered the state, and cancelled by the one that leaves it", () => {
    const story = given(waiting, { n: 0 });
    const [id] = Object.keys(story.state.timers);
    expect(story.decision.timersSet).toEqual([{ id, delayMs: 500 }]);
    expect(story.state.timers).toEqual({ [id as string]: { armedBy: 1, event: expect.anything() } });
    const left = story.when({ type: "away" });
    expect(left.decision.timersCancelled).toEqual([id]);
    expect(left.state.timers).toEqual({});
    const back = left.when({ type: "back" });
    expect(back.state.timers[id as string]?.armedBy).toBe(3);
  });

  it("of a state that is entered anew belong to the new arming, and the old one is stale", () => {
    const story = given(waiting, { n: 0 }).when({ type: "again" });
    const [[timer, { armedBy }] = ["", { armedBy: 0 }]] = Object.entries(story.state.timers);
    expect(armedBy).toBe(2);
    expect([story.decision.timersSet, story.decision.timersCancelled]).toEqual([[{ id: timer, delayMs: 500 }], []]);
    expect(story.whenCause({ timer, armedBy: 1 }).decision.changed).toBe(false);
    expect(story.whenCause({ timer, armedBy: 2 }).path).toBe("b");
  });

  it("of a state that is not left stay as they are", () => {
    const story = given(waiting, { n: 0 }).when({ type: "stay" });
    expect(Object.values(story.state.timers)[0]?.armedBy).toBe(1);
    expect([story.decision.timersSet, story.decision.timersCancelled]).toEqual([[], []]);
  });

  it("that one step sets and gives up again never come out", () => {
    const passing = machine({
      initial: "a",
      states: {
        a: { on: { go: "b" } },
        b: { after: { 500: "a" }, always: { guard: ({ context }) => context.n === 0, target: "c" } },
        c: {},
      },
    });
    const story = given(passing, { n: 0 }).when({ type: "go" });
    expect([story.path, story.decision.timersSet, story.decision.timersCancelled, story.state.timers]).toEqual([
      "c",
      [],
      [],
      {},
    ]);
  });

  it("that the cause sets and a refused budget gives up are not set", () => {
    const story = given(
      machine({
        initial: "a",
        on: { "budget.refused": ".c" },
        states: {
          a: { on: { go: "b" } },
          b: { entry: { type: "model.call", params: { turn: 0, attempt: 0 } }, after: { 500: "a" } },
          c: {},
        },
      }),
      { n: 0 },
    ).when({ type: "go" }, { tokensLeft: 0, nanoUsdLeft: null });
    expect([story.path, story.decision.timersSet, story.state.timers, story.effects]).toEqual(["c", [], {}, []]);
  });
});

describe("a refused budget", () => {
  it("is folded after its cause: the model call is gone, all else stays, first things first", () => {
    const refusing = machine({
      initial: "a",
      on: {
        "budget.refused": { target: ".c", actions: { type: "prompt.append", params: { note: { kind: "second" } } } },
      },
      states: {
        a: {
          on: {
            go: {
              target: "b",
              actions: [
                { type: "tool.run", params: { call: "1", tool: "T", inputHash: "h" } },
                { type: "prompt.append", params: { note: { kind: "first" } } },
              ],
            },
          },
        },
        b: { entry: { type: "model.call", params: { turn: 0, attempt: 0 } } },
        c: {},
      },
    });
    const story = given(refusing, { n: 0 }).when({ type: "go" }, { tokensLeft: 3, nanoUsdLeft: 4 });
    expect(story.path).toBe("c");
    expect(story.effects).toEqual([
      { type: "tool.run", call: "1", tool: "T", inputHash: "h" },
      { type: "prompt.append", note: { kind: "first" } },
      { type: "prompt.append", note: { kind: "second" } },
    ]);
  });

  it("reaches the machine as an event with what is left", () => {
    const story = thinking().when(answered(0, [read("r", "refused")]) as never, { tokensLeft: 41, nanoUsdLeft: null });
    expect(story.state.snapshot.context.reasons).toEqual([expect.stringContaining("41 tokens left")]);
  });
});

describe("effects", () => {
  const sending = (count: number) =>
    machine({
      initial: "a",
      states: {
        a: {
          on: {
            go: {
              actions: {
                type: "message.send",
                params: { each: Array.from({ length: count }, (_, n) => ({ to: `a_${n}` })) },
              },
            },
          },
        },
      },
    });

  it("ordered with `each` are told one by one, in order; an empty list orders nothing", () => {
    expect(given(sending(3), { n: 0 }).when({ type: "go" }).decision.inside).toEqual(
      [0, 1, 2].map((n) => ({ type: "message.send", to: `a_${n}` })),
    );
    expect(given(sending(0), { n: 0 }).when({ type: "go" }).effects).toEqual([]);
  });

  it("of one commit are bounded: a hundred inside effects fit, one more throws and leaves the state as it was", () => {
    expect(given(sending(100), { n: 0 }).when({ type: "go" }).effects).toHaveLength(100);
    const story = given(sending(101), { n: 0 });
    expect(() => story.when({ type: "go" })).toThrow("101 inside effects");
    expect(story.path).toBe("a");
  });

  it("are effects or throw: any other action is a bug of the machine", () => {
    const rogue = machine({ initial: "a", states: { a: { on: { go: { actions: "surprise" } } } } });
    expect(() => given(rogue, { n: 0 }).when({ type: "go" })).toThrow('"surprise" is not an effect');
    const inline = machine({ initial: "a", states: { a: { on: { go: { actions: () => {} } } } } });
    expect(() => given(inline, { n: 0 }).when({ type: "go" })).toThrow(FoldError);
  });

  it("are data: an action that would act is never executed", () => {
    let acted = 0;
    const acting = any
      .createMachine({
        id: "acting",
        options,
        context: { n: 0, list: [] },
        initial: "a",
        states: { a: { entry: { type: "model.call", params: { turn: 0, attempt: 0 } } } },
      } as Config)
      .provide({
        actions: {
          "model.call": () => {
            acted += 1;
          },
        },
      } as never);
    expect(given(acting, { n: 0 }).effects).toHaveLength(1);
    expect(acted).toBe(0);
  });

  it("raised events are consumed inside the step and order nothing", () => {
    const raising = machine({
      initial: "a",
      states: {
        a: { on: { go: { actions: raise({ type: "on" }) }, on: "b" } },
        b: { entry: { type: "model.call", params: { turn: 1, attempt: 0 } } },
      },
    });
    const story = given(raising, { n: 0 }).when({ type: "go" });
    expect([story.path, story.effects]).toEqual(["b", [{ type: "model.call", turn: 1, attempt: 0 }]]);
  });
});

describe("steps do not leak into one another", () => {
  it("a step that throws leaves neither orders nor a changed state behind", () => {
    const throwing = machine({
      initial: "a",
      states: {
        a: {
          on: {
            bad: {
              actions: [
                { type: "model.call", params: { turn: 1, attempt: 1 } },
                assign(() => {
                  throw new Error("bad assign");
                }),
              ],
            },
            good: "b",
          },
        },
        b: {},
      },
    });
    const story = given(throwing, { n: 0 });
    expect(() => story.when({ type: "bad" })).toThrow("bad assign");
    expect(story.when({ type: "good" }).effects).toEqual([]);
  });

  it("machines and actors folded in turns get only their own orders", () => {
    const other = thinking(anyAgent, { parallelMax: 1 });
    const one = thinking();
    const mine = one.when(answered(0, [read("r1"), read("r2")]));
    const its = other.when(answered(0, [read("x1"), read("x2")]));
    const ended = one.when(cancel);
    expect(mine.effects.map((order) => (order as unknown as { call: string }).call)).toEqual(["r1", "r2"]);
    expect(its.effects.map((order) => (order as unknown as { call: string }).call)).toEqual(["x1"]);
    expect(ended.effects.map(({ type }) => type)).toEqual(["result.put", "message.send"]);
    expect(one.path).toBe("thinking.calling");
  });

  it("two actors of one machine never share context", () => {
    const growing = any.createMachine({
      id: "growing",
      options,
      context: { n: 0, list: [] },
      initial: "a",
      states: {
        a: { on: { add: { actions: assign(({ context, event }) => ({ list: [...context.list, event.n ?? 0] })) } } },
      },
    } as Config);
    const one = given(growing, { n: 0 }).when({ type: "add", n: 1 } as never);
    const two = given(growing, { n: 0 }).when({ type: "add", n: 2 } as never);
    expect([one.state.snapshot.context.list, two.state.snapshot.context.list]).toEqual([[1], [2]]);
  });
});

describe("a machine that never comes to rest", () => {
  const restless = {
    initial: "a",
    states: { a: { on: { go: "b" } }, b: { always: "c" }, c: { always: "b" } },
  } as const;

  it("is stopped by its bound instead of hanging the worker", () => {
    const story = given(machine(restless), { n: 0 });
    expect(() => story.when({ type: "go" })).toThrow("Infinite loop");
    expect(story.path).toBe("a");
  });

  it.each([
    ["without a bound", undefined],
    ["with a bound that bounds nothing", { maxIterations: Number.POSITIVE_INFINITY }],
    ["with a bound that is no number", { maxIterations: Number.NaN }],
  ])("%s is refused before its first step", (_, bound) => {
    const unbounded = any.createMachine({
      id: "u",
      context: { n: 0, list: [] },
      ...(bound === undefined ? {} : { options: bound }),
      ...restless,
    } as Config);
    expect(() => fold(unbounded, null, { version: 1, cause: { input: {} } })).toThrow("maxIterations");
  });
});

describe("a state through JSON", () => {
  it("is what it was: stored, read and stored again it reads the same", () => {
    const story = thinking().when(failed(0));
    const stored = dehydrate(story.state);
    expect(JSON.parse(JSON.stringify(dehydrate(reloaded(anyAgent, story.state))))).toEqual(
      JSON.parse(JSON.stringify(stored)),
    );
    expect(Object.keys(stored.snapshot)).toEqual(["status", "value", "context"]);
  });

  it("is not shared with what it was read from", () => {
    const stored = JSON.parse(JSON.stringify(dehydrate(thinking().state)));
    const before = JSON.stringify(stored);
    const alive = rehydrate(anyAgent, stored);
    fold(anyAgent, alive, { version: 9, cause: { event: answered(0, [read("r1")]) } });
    (alive.snapshot.context.input as { limits: { turnsMax: number } }).limits.turnsMax = 0;
    expect(JSON.stringify(stored)).toBe(before);
  });

  it("that the machine does not know throws: its chart has changed unnoticed", () => {
    const stored = dehydrate(thinking().state);
    const renamed = { ...stored, snapshot: { ...stored.snapshot, value: { pondering: "calling" } } };
    expect(() => rehydrate(anyAgent, renamed)).toThrow();
  });

  it("of parallel regions goes on where each of them was", () => {
    const two = machine({
      type: "parallel",
      states: {
        x: { initial: "a", states: { a: { on: { x: "b" } }, b: {} } },
        y: { initial: "a", states: { a: { on: { y: "b" } }, b: {} } },
      },
    });
    const story = given(two, { n: 0 }).when({ type: "x" });
    expect(story.path).toBe("x.b+y.a");
    expect(story.when({ type: "y" }).path).toBe("x.b+y.b");
  });

  it("replayed from the first cause comes out the same, effects included", () => {
    const causes = [{ input: agentInput() }, { event: assembled }, { event: failed(0) }];
    const walk = () =>
      causes.reduce<{ state: ReturnType<typeof fold>["state"] | null; told: unknown[] }>(
        ({ state, told }, cause, index) => {
          const decision = fold(anyAgent, state, { version: index + 1, cause });
          return { state: decision.state, told: [...told, comparable(decision)] };
        },
        { state: null, told: [] },
      ).told;
    expect(walk()).toEqual(walk());
    expect(walk()).toHaveLength(3);
  });
});
