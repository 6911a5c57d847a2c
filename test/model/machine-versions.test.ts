// A machine that changes gets a new version. Here every machine is compared with its row in test/golden/machines.json, by
// structure and by what it does; and the comparison itself is shown to see what it is there for.

import { describe, expect, it } from "vitest";
import { type AnyStateMachine, assign, createMachine } from "xstate";
import { machineCatalogue, machineEntry, versionOf } from "../../machines/catalogue.ts";
import { machineHash } from "../../machines/machine-hash.ts";
import { PLAIN_SHAPE } from "../../machines/snapshot.ts";
import { alphabet, kindOf } from "../support/machine-alphabet.ts";
import { behaviourOf } from "../support/machine-behaviour.ts";
import {
  behaviourOfEntry,
  everyMachine,
  manifestProblems,
  type Row,
  rowOf,
  storedRows,
} from "../support/machine-manifest.ts";
import { restingPaths } from "./explore.ts";

const entryNamed = (id: string) =>
  everyMachine.find(({ machine }) => machine.id === id) as (typeof everyMachine)[number];
const agent = entryNamed("general");

/** The machine with another config and the same implementations. */
const rebuilt = (machine: AnyStateMachine, change: (config: Record<string, never>) => unknown): AnyStateMachine =>
  createMachine(change(machine.config as never) as never, machine.implementations as never) as AnyStateMachine;

/** A config with one part replaced, by its path. */
const withPart = (config: unknown, [key, ...rest]: readonly string[], part: unknown): unknown => {
  const old = config as Record<string, unknown>;
  const name = key as string;
  return { ...old, [name]: rest.length === 0 ? part : withPart(old[name], rest, part) };
};

describe("the manifest of machine versions", () => {
  it("has a row for every machine, and every machine is what its row says", () => {
    expect(everyMachine.length).toBeGreaterThanOrEqual(5);
    expect(manifestProblems(storedRows(), everyMachine)).toEqual([]);
  });

  it.each(everyMachine)("knows every event that $name listens to, and reaches every state it can rest in", (entry) => {
    const { machine } = entry;
    const worlds = alphabet[kindOf(machine.id)];
    const told = new Set(worlds.flatMap(({ events }) => events.map(({ type }) => type)));
    const heard = machine.events.filter((type) => !type.startsWith("xstate."));
    expect(heard.length).toBeGreaterThan(2);
    expect(heard.filter((type) => !told.has(type))).toEqual([]);
    const unreached = restingPaths(machine).filter((path) => !behaviourOfEntry(entry).paths.has(path));
    expect(unreached).toEqual([]);
  });
});

describe("a machine that changed without a new version is caught:", () => {
  const rows = [rowOf(agent), rowOf(entryNamed("coordinator"))];
  const problemsWith = (machine: AnyStateMachine, shape = agent.shape): string[] => {
    const others = machine.id === "coordinator" ? [agent] : [entryNamed("coordinator")];
    return manifestProblems(rows, [machineEntry(machine, shape), ...others]);
  };
  const { machine } = agent;
  const coordinator = entryNamed("coordinator").machine;

  it("and the unchanged one is not, also where its config was put together anew", () => {
    expect(manifestProblems(rows, [agent, entryNamed("coordinator")])).toEqual([]);
    const again = rebuilt(machine, (config) => withPart(config, ["states", "paused", "description"], "other words"));
    expect(problemsWith(again)).toEqual([]);
  });

  const changes: readonly [string, AnyStateMachine, RegExp][] = [
    [
      "one more transition",
      rebuilt(machine, (config) => withPart(config, ["states", "paused", "on", "result.verified"], "completed")),
      /general@1 was changed: its structure/,
    ],
    [
      "another target",
      rebuilt(machine, (config) => withPart(config, ["states", "assembling", "on", "session.assembled"], "paused")),
      /general@1 was changed: its structure/,
    ],
    [
      "another tool in its gate",
      rebuilt(machine, (config) => withPart(config, ["states", "executing", "meta", "tools"], ["Read", "Bash"])),
      /general@1 was changed: its structure/,
    ],
    [
      "another body of a guard",
      machine.provide({ guards: { turnsLeft: () => true } } as never),
      /general@1 does otherwise than it did/,
    ],
    [
      "another body of an action",
      machine.provide({ actions: { countReminder: assign({ reminders: 1 }) } } as never),
      /general@1 does otherwise than it did/,
    ],
    [
      "other params of an effect",
      rebuilt(machine, (config) =>
        withPart(
          config,
          ["states", "assembling", "entry", "params"],
          ({ context }: { context: { input: { task: string } } }) => ({
            task: context.input.task,
            standsOn: [],
          }),
        ),
      ),
      /general@1 does otherwise than it did/,
    ],
    [
      "another initial context",
      rebuilt(machine, (config) =>
        withPart(config, ["context"], (given: { input: unknown }) => ({
          ...(config as unknown as { context: (given: unknown) => object }).context(given),
          spare: 0,
        })),
      ),
      /general@1 does otherwise than it did/,
    ],
    [
      "a constant delay",
      coordinator.provide({ delays: { cancelGrace: 5_000 } } as never),
      /coordinator@1 was changed: its structure/,
    ],
  ];
  it.each(changes)("%s", (_, changed, problem) => {
    const { shape } = entryNamed(changed.id);
    const [only, ...more] = problemsWith(changed, shape);
    expect(more).toEqual([]);
    expect(only).toMatch(problem);
    expect(only).toMatch(new RegExp(`Give ${changed.id} version 2, keep the old definition registered`));
  });

  it("rows stored elsewhere than before", () => {
    expect(problemsWith(coordinator, PLAIN_SHAPE).join()).toMatch(/coordinator@1 was changed: its structure/);
  });
});

describe("the manifest complains", () => {
  const [row] = [rowOf(agent)];
  const second = machineEntry(
    rebuilt(agent.machine, (config) => withPart(config, ["version"], "2")),
    agent.shape,
  );
  const complains = (rows: readonly Row[], entries = [agent]): string => manifestProblems(rows, entries).join("\n");

  it("of a version without a row, and says how to add it", () => {
    expect(complains([row], [agent, second])).toBe(
      "general@2 has no row: run `npm run machines` and commit test/golden/machines.json",
    );
  });
  it("of a version that is no longer registered, unless its row says why", () => {
    const rows = [row, rowOf(second)];
    expect(complains(rows, [second])).toMatch(/general@1 has a row and is not registered/);
    expect(complains([{ ...row, retired: "never released" }, rowOf(second)], [second])).toBe("");
  });
  it("of a row that was taken away", () => {
    expect(complains([rowOf(second)], [second])).toBe("the row of general@1 is gone: rows of old versions stay");
  });
  it("of behaviour that was recorded with another alphabet", () => {
    expect(complains([{ ...row, alphabet: "0".repeat(16) }])).toMatch(/npm run machines -- --alphabet/);
  });
});

describe("the name of a machine", () => {
  it("carries id, version and hash", () => {
    expect(agent.name).toBe(`general@1#${machineHash(agent.machine, agent.shape)}`);
    expect(versionOf(agent.name)).toBe("general@1");
  });
  it("is nobody else's: two definitions of one version cannot be registered together", () => {
    const other = machineEntry(rebuilt(agent.machine, (config) => withPart(config, ["initial"], "thinking")));
    expect(other.name).not.toBe(agent.name);
    expect(() => machineCatalogue([agent, other])).toThrow("two machines are called general@1");
  });
});

it("behaviour is taken from what happens, not from the order in which it was asked", () => {
  const worlds = alphabet.breaker;
  const twice = [1, 2].map(() => behaviourOf(entryNamed("breaker").machine, worlds));
  expect(twice[0]?.hash).toBe(twice[1]?.hash);
  expect(twice[0]?.states).toBe(twice[1]?.states);
  expect(twice[0]?.states).toBeGreaterThan(5);
});
