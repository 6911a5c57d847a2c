// Every log of the golden corpus is folded again: states, contexts and effects must be what they were when it was
// recorded, under the machines that recorded it. What no log rests in is named, with the reason.
import { describe, expect, it } from "vitest";
import { machines } from "../../actors/types/index.ts";
import { type Machines, machineEntry } from "../../machines/catalogue.ts";
import { goldenLogs, rawOf, refolded } from "../support/corpus.ts";
import { restingPaths } from "./explore.ts";

const logs = goldenLogs();

/** States that no path of the runtime reaches yet: `machine id state` → why. */
const unreached: Readonly<Record<string, string>> = {};

describe("a log of the golden corpus folds to what it was:", () => {
  it.each(logs.map((log) => [`${log.generation}/${log.name}`, log] as const))("%s", async (_, { run, lines }) => {
    const first = await refolded(run, lines.map(rawOf), machines);
    expect(first.mismatch).toBeNull();
    const steps = lines.filter(({ body }) => body.cause !== undefined);
    expect(first.steps).toBe(steps.length);
    expect(steps.length).toBeGreaterThan(2);
    const recorded = new Map(lines.flatMap(({ seq, effects }) => (effects === null ? [] : [[seq, effects] as const])));
    expect(first.effects).toEqual(recorded);
    const second = await refolded(run, lines.map(rawOf), machines);
    expect(second.effects).toEqual(first.effects);
    expect(second.actors).toEqual(first.actors);
  });
});

describe("the golden corpus", () => {
  const told = logs.flatMap(({ lines }) => lines);
  const kindsIn = (
    pick: (effects: NonNullable<(typeof told)[number]["effects"]>) => readonly { readonly type: string }[],
  ) => new Set(told.flatMap(({ effects }) => (effects === null ? [] : pick(effects).map(({ type }) => type))));

  it("has its first generation for ever", () => {
    expect(logs.filter(({ generation }) => generation === "1").length).toBeGreaterThanOrEqual(20);
  });

  it("rests in every state of every registered machine, or says why not", () => {
    const rested = new Set<string>();
    for (const { lines } of logs) {
      const machineOf = new Map<string, string>();
      for (const { member, body } of lines) {
        if (body.machine !== undefined) machineOf.set(member, body.machine);
        if (body.state !== undefined) rested.add(`${machineOf.get(member)} ${body.state}`);
      }
    }
    const wanted = [...machines.values()].flatMap(({ name, machine }) =>
      restingPaths(machine).map((path) => `${name} ${path}`),
    );
    expect(wanted.length).toBeGreaterThan(40);
    const missing = wanted.filter((state) => !rested.has(state) && unreached[state] === undefined);
    expect(missing).toEqual([]);
    expect(Object.keys(unreached).filter((state) => rested.has(state))).toEqual([]);
  });

  it("orders every effect there is, arms and cancels timers, grants money", () => {
    expect(kindsIn(({ outside }) => outside)).toEqual(
      new Set([
        "session.assemble",
        "model.call",
        "transcript.compact",
        "tool.run",
        "tool.reconcile",
        "result.verify",
        "workspace.collect",
        "workspace.merge",
        "task.join",
        "workspace.rebuild",
        "proposal.prepare",
        "proposal.read",
        "verdict.read",
        "question.put",
      ]),
    );
    expect(kindsIn(({ inside }) => inside)).toEqual(
      new Set([
        "actor.spawn",
        "approval.request",
        "message.send",
        "prompt.append",
        "result.put",
        "actor.fence",
        "result.revoke",
        "letter.put",
        "decision.tell",
        "run.end",
      ]),
    );
    expect(told.some(({ effects }) => (effects?.timersSet.length ?? 0) > 0)).toBe(true);
    expect(told.some(({ effects }) => (effects?.timersCancelled.length ?? 0) > 0)).toBe(true);
    expect(told.some(({ grants }) => grants !== null)).toBe(true);
  });

  it("notices a machine that does otherwise: another guard, another effect, under the same name", async () => {
    const changed = (parts: object): Machines =>
      new Map(
        [...machines].map(([name, entry]) => [
          name,
          { ...machineEntry(entry.machine.provide(parts as never), entry.shape), name },
        ]),
      );
    const others = [
      changed({ guards: { attemptsLeft: () => false } }),
      changed({ guards: { allSettled: () => true } }),
      changed({ delays: { retryDelay: 1 } }),
    ];
    for (const other of others) {
      const found = await Promise.all(logs.map(({ run, lines }) => refolded(run, lines.map(rawOf), other)));
      expect(found.some(({ mismatch }) => mismatch !== null)).toBe(true);
    }
  });
});
