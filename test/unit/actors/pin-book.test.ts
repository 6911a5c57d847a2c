import { describe, expect, it } from "vitest";
import { approvedRows, DEFINITION_CHARS_MAX, openPinBook, pluginFindings } from "../../../actors/runtime/pin-book.ts";
import { toolWatch } from "../../../actors/runtime/tool-watch.ts";
import type { PinName, Pins } from "../../../infra/pins.ts";
import { memoryPins } from "../../support/memory-pins.ts";

const echo: PinName = { kind: "tool", scope: "", name: "mcp__srv__echo" };
const read: PinName = { kind: "tool", scope: "", name: "Read" };
const A = { hash: "a", text: "A" };
const B = { hash: "b", text: "B" };
const release = ({ scope, name }: PinName) => (scope === "" && name === "Read" ? A : null);

describe("the book of pins", () => {
  it("what nobody has approved is new, whatever is found, until somebody approves it", async () => {
    const book = openPinBook({ pins: memoryPins(), release });
    expect((await book.found(echo, A, { reasons: ["it lies"], quarantine: true })).state).toBe("new");
    expect(await book.approve(echo, A, "anna")).toBe("approved");
    expect(await book.look(echo)).toMatchObject({ state: "active", approved: { definition: A, by: "anna" } });
  });

  it("what the release brings needs no row, and gets one as soon as something else stands in its place", async () => {
    const pins = memoryPins();
    const book = openPinBook({ pins, release });
    expect(await book.found(read, A)).toMatchObject({ state: "active", approved: { by: "release" } });
    expect(await pins.all()).toEqual([]);
    expect(await book.found(read, B)).toMatchObject({ state: "drifted", found: B });
    expect(await pins.all()).toHaveLength(1);
  });

  it("an operator's approval wins over the release's", async () => {
    const book = openPinBook({ pins: memoryPins(), release });
    await book.found(read, B);
    expect(await book.approve(read, B, "anna")).toBe("approved");
    expect((await book.found(read, B)).state).toBe("active");
    expect((await book.found(read, A)).state).toBe("drifted");
  });

  it("approves exactly what was found: neither what was approved before nor what came since", async () => {
    const book = openPinBook({ pins: memoryPins() });
    await book.approve(echo, A, "anna");
    await book.found(echo, B, { quarantine: true });
    expect(await book.approve(echo, A, "anna")).toBe("not_shown");
    await book.found(echo, { hash: "c", text: "C" });
    expect(await book.approve(echo, B, "anna")).toBe("not_shown");
    expect((await book.look(echo)).state).toBe("quarantined");
    expect(await book.approve(echo, { hash: "c", text: "C" }, "anna")).toBe("approved");
    expect(await book.approve(echo, B, "anna")).toBe("not_shown");
  });

  it("of two who judge at once neither undoes the other", async () => {
    const pins = memoryPins();
    const book = openPinBook({ pins });
    await book.approve(echo, A, "anna");
    let raced = false;
    const racing: Pins = {
      ...pins,
      async put(...args) {
        if (!raced) {
          raced = true;
          await book.found(echo, B, { quarantine: true });
        }
        return pins.put(...args);
      },
    };
    const late = await openPinBook({ pins: racing }).found(echo, A, { reasons: ["it wrote"] });
    expect(late).toMatchObject({ state: "quarantined", reasons: ["it wrote"] });
    expect(late.history.map(({ what }) => what)).toEqual(["approved", "drifted", "quarantined"]);
  });

  it("gives up where somebody is always faster", async () => {
    const book = openPinBook({ pins: { ...memoryPins(), put: async () => false } });
    await expect(book.approve(echo, A, "anna")).rejects.toMatchObject({ code: "pin.contended", retry: true });
  });

  it("a pin that another version wrote is quarantined until it is approved anew", async () => {
    const pins = memoryPins();
    await pins.put(echo, '{"machine":"pin@99","value":"active","context":{}}', 0);
    const book = openPinBook({ pins });
    expect(await book.look(echo)).toMatchObject({ state: "quarantined", approved: null });
    expect((await book.found(echo, A)).state).toBe("quarantined");
    expect(await book.approve(echo, A, "anna")).toBe("approved");
    expect((await book.look(echo)).state).toBe("active");
  });

  it("a damaged pin is quarantined, whatever is left of it, and stops nobody from reading the others", async () => {
    const whole = memoryPins();
    await openPinBook({ pins: whole }).approve(read, A, "anna");
    const { state: text } = (await whole.get(read)) ?? { state: "" };
    const { machine, context } = JSON.parse(text);
    const approved = { ...context.approved, definition: { hash: "a" } };
    const contexts = [{}, { ...context, approved: null }, { ...context, approved }, { ...context, history: {} }, "x"];
    const damaged = [...contexts.map((one) => JSON.stringify({ machine, value: "active", context: one })), "", "{"];
    for (const one of damaged) {
      const pins = memoryPins();
      await pins.put(read, text, 0);
      await pins.put(echo, one, 0);
      const book = openPinBook({ pins });
      const states = (await book.all()).map(({ name, state }) => [name, state]);
      expect([one, states]).toEqual([
        one,
        [
          ["Read", "active"],
          [echo.name, "quarantined"],
        ],
      ]);
      expect((await approvedRows(book)).map(({ name }) => name)).toEqual(["Read"]);
      expect((await book.found(echo, B)).state).toBe("quarantined");
    }
  });

  it("what did otherwise than its operator said is out although it is the one that was approved; what nobody approved is no pin", async () => {
    const book = openPinBook({ pins: memoryPins() });
    await book.approve(echo, A, "anna");
    await pluginFindings(book).misbehaved("", echo.name, "it reached out");
    expect(await book.look(echo)).toMatchObject({ state: "quarantined", reasons: ["it reached out"] });
    await pluginFindings(book).misbehaved("", "mcp__srv__other", "it reached out");
    expect(await book.all()).toHaveLength(1);
  });

  it("nobody can approve a definition that nobody can read", async () => {
    const text = "x".repeat(DEFINITION_CHARS_MAX + 1);
    const book = openPinBook({ pins: memoryPins() });
    await expect(book.approve(echo, { hash: "a", text }, "anna")).rejects.toMatchObject({ code: "pin.too_large" });
  });
});

describe("the watch over tools at work", () => {
  const setup = (local?: ReadonlyMap<string, { hash: string; reason: string }>) => {
    let now = 0;
    let reads = 0;
    const pins = memoryPins();
    let looks = 0;
    const counted: Pins = {
      ...pins,
      changes: () => {
        looks += 1;
        return pins.changes();
      },
      all: () => {
        reads += 1;
        return pins.all();
      },
    };
    const book = openPinBook({ pins: counted, release });
    const watch = toolWatch({ book, ...(local === undefined ? {} : { local }), monotonicMs: () => now });
    return { book, watch, reads: () => reads, looks: () => looks, pass: (ms: number) => (now += ms) };
  };

  it("what somebody else finds is out a second later, and no call asks more often than that", async () => {
    const { book, watch, reads, looks, pass } = setup();
    await book.approve(echo, A, "anna");
    expect(await watch.out("/work")).toEqual(new Map());
    pass(1_000);
    expect(await watch.out("/work")).toEqual(new Map());
    await book.found(echo, B, { quarantine: true });
    expect((await watch.out("/work")).size).toBe(0);
    expect([looks(), reads()]).toEqual([2, 1]);
    pass(1_000);
    expect((await watch.out("/work")).get("mcp__srv__echo")).toMatch(
      /^it is quarantined: its definition is not the one/,
    );
  });

  it("a drifted tool that an agent calls is quarantined from then on", async () => {
    const { book, watch } = setup();
    await book.approve(echo, A, "anna");
    await book.found(echo, B);
    expect((await watch.out("/work")).has(echo.name)).toBe(true);
    await watch.met("/work", ["Read"]);
    expect((await book.look(echo)).state).toBe("drifted");
    await watch.met("/work", [echo.name]);
    expect((await book.look(echo)).state).toBe("quarantined");
  });

  it("one workspace's finding says nothing about another's", async () => {
    const { book, watch } = setup();
    const there: PinName = { ...echo, scope: "/there" };
    await book.approve(there, A, "anna");
    await book.found(there, B);
    expect((await watch.out("/here")).size).toBe(0);
    expect((await watch.out("/there")).has(echo.name)).toBe(true);
  });

  it("with a server all of its tools are out, and no other server's", async () => {
    const { book, watch } = setup();
    const other: PinName = { ...echo, name: "mcp__srv2__echo" };
    const server: PinName = { kind: "server", scope: "", name: "srv" };
    for (const name of [echo, other, server]) await book.approve(name, A, "anna");
    await book.found(server, B);
    expect([...(await watch.out("/work")).keys()]).toEqual([echo.name]);
  });

  it("what only this installation has changed is out here, until the operator approves just that", async () => {
    const { book, watch, pass } = setup(new Map([["Read", { hash: "b", reason: "changed here" }]]));
    expect((await watch.out("/work")).get("Read")).toBe("changed here");
    await book.found(read, B);
    await book.approve(read, B, "anna");
    pass(1_000);
    expect((await watch.out("/work")).size).toBe(0);
  });

  it("where the pins cannot be read nothing is said to be allowed", async () => {
    const pins: Pins = { ...memoryPins(), changes: () => Promise.reject(new Error("no Redis")) };
    const watch = toolWatch({ book: openPinBook({ pins }), monotonicMs: () => 0 });
    await expect(watch.out("/work")).rejects.toThrow("no Redis");
    await expect(watch.out("/work")).rejects.toThrow("no Redis");
  });
});
