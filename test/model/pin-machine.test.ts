// A pin, explored exhaustively. It has no end: from every state an approval of what was found must lead back instead.
import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { type ActorState, statePath } from "../../machines/fold.ts";
import { type PinContext, type PinnedDefinition, pinMachine } from "../../machines/pin-machine.ts";
import { approval, definition, found, pinLaws, quarantined } from "../support/given-pin-laws.ts";
import { caughtBy, type Edge, explore, guardMutants, restingPaths, type Space } from "./explore.ts";

const KNOWN = [
  definition("a", "one"),
  definition("a", "two"),
  definition("a"),
  definition("b"),
  definition("b", "one"),
];
const contextOf = ({ snapshot }: ActorState): PinContext => snapshot.context as unknown as PinContext;
const told = ({ hash, behaviour }: PinnedDefinition): string => `${hash}/${behaviour}`;

function wrong({ before, cause, decision }: Edge): string | null {
  const [from, to] = [statePath(before), statePath(decision.state)];
  const event = ("event" in cause ? cause.event : { type: "timer" }) as ReturnType<typeof approval>;
  const shown = contextOf(before).found?.definition;
  if (decision.outside.length + decision.inside.length > 0) return "a pin ordered something";
  if (to === "active" && from !== "active") {
    if (event.type !== "approval.given") return "it came back without an approval";
    if (shown === undefined || told(shown) !== told(event as never))
      return "something else than what was shown came back";
    if (told(contextOf(decision.state).approved.definition) !== told(shown))
      return "it keeps something else as approved";
  }
  const isShown = event.type === "approval.given" && shown !== undefined && told(shown) === told(event as never);
  if (isShown && to !== "active") return "an approval of what was shown was refused";
  if (from === "active" && to === "quarantined") return "it was taken out without a finding";
  if (from === "quarantined" && to === "drifted") return "it was given back half-way";
  if (to !== "active" && contextOf(decision.state).found === null) return "out, and nobody knows why";
  if (to === "active" && contextOf(decision.state).found !== null) return "active beside a finding";
  return null;
}

const space = (machine: AnyStateMachine): Space => ({
  machine,
  input: { definition: KNOWN[0], by: "release", atMs: 1 },
  causes: () => [
    ...KNOWN.flatMap((one) => [found(one), found(one, "it wrote"), approval(one)]),
    quarantined,
    approval(definition("never seen")),
  ],
  key: (state) => {
    const { approved, found: other } = contextOf(state);
    const out = other === null ? "" : `${told(other.definition)} ${other.reasons.join()}`;
    return `${statePath(state)} ${told(approved.definition)} ${out}`;
  },
  wrong,
  gratuitous: new Set(),
  statesMax: 500,
});

describe("a pin", () => {
  it("keeps every law on every step, and is brought back from every state by approving what was found", () => {
    const walk = explore(space(pinMachine));
    expect(walk.findings.filter((finding) => !finding.startsWith("no end in reach"))).toEqual([]);
    expect([...walk.paths].toSorted()).toEqual(restingPaths(pinMachine).toSorted());
    expect(walk.states).toBeGreaterThan(50);
  });

  for (const { name, mutant } of guardMutants(pinMachine)) {
    it(`with a broken guard is caught: ${name}`, () => {
      expect(caughtBy(mutant, pinLaws, [() => explore(space(mutant), { firstOnly: true })])).not.toBeNull();
    });
  }
});
