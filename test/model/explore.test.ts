// The walk can see: a machine that goes on differently once it was stored, or writes to what it was given, is found.
import { expect, it } from "vitest";
import { type AnyStateMachine, assign, createMachine } from "xstate";
import { explore } from "./explore.ts";

interface Counted {
  readonly box: { n: number; spare?: undefined };
  readonly set: ReadonlySet<number>;
}

const counted = ({ context }: { readonly context: unknown }): Counted => context as Counted;
const known = new WeakSet<object>();
const raised = (given: { readonly context: unknown }): Counted["box"] => {
  const box = { n: Math.min(3, counted(given).box.n + 1) };
  known.add(box);
  return box;
};

interface Parts {
  readonly box?: Counted["box"];
  readonly set?: ReadonlySet<number> | null;
  readonly guard?: (given: { readonly context: unknown }) => boolean;
  readonly raise?: (given: { readonly context: unknown }) => object;
}

/** Counts to three, and ends from two on; each part may be another. */
const counter = ({ box = { n: 0 }, set = null, guard, raise }: Parts): AnyStateMachine =>
  createMachine({
    id: "counter",
    options: { maxIterations: 10 },
    context: { box, set },
    initial: "counting",
    states: {
      counting: {
        on: {
          go: { guard: guard ?? ((given: { context: unknown }) => counted(given).box.n > 1), target: "over" },
          raise: { actions: assign((given: { context: unknown }) => raise?.(given) ?? { box: raised(given) }) },
        },
      },
      over: { type: "final" },
    },
  } as never);

const findingsOf = (machine: AnyStateMachine): readonly string[] =>
  explore({
    machine,
    input: {},
    causes: () => [{ type: "go" }, { type: "raise" }],
    key: ({ snapshot }) => JSON.stringify([snapshot.value, counted(snapshot).box.n]),
    wrong: () => null,
    gratuitous: new Set(),
    statesMax: 100,
  }).findings;

it("finds nothing in a machine that is as it should be", () => {
  expect(findingsOf(counter({}))).toEqual([]);
});

it.each<[string, Parts, RegExp]>([
  [
    "what JSON does not keep",
    { set: new Set([1]), guard: (given) => counted(given).set.size === 1 },
    /through JSON goes on differently/,
  ],
  [
    "what JSON leaves out",
    { box: { n: 0, spare: undefined }, guard: (given) => "spare" in counted(given).box },
    /through JSON goes on differently/,
  ],
  [
    "what is told apart by who it is",
    { guard: (given) => known.has(counted(given).box) },
    /through JSON goes on differently/,
  ],
  [
    "what is written to in its place",
    {
      raise: (given) => {
        counted(given).box.n += 1;
        return {};
      },
    },
    /threw TypeError/,
  ],
])("finds %s", (_, parts, finding) => {
  expect(findingsOf(counter(parts)).join("\n")).toMatch(finding);
});
