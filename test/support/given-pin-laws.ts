/** The laws of a pin, as stories. */
import { expect } from "vitest";
import type { AnyStateMachine } from "xstate";
import { PIN_HISTORY_MAX, type PinContext, type PinnedDefinition } from "../../machines/pin-machine.ts";
import { given, type Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";

export const definition = (hash: string, behaviour: string | null = null): PinnedDefinition => ({
  hash,
  text: `text of ${hash}`,
  behaviour,
});
const about = { by: "check", atMs: 2 };
export const found = (what: PinnedDefinition, ...reasons: string[]) => ({
  type: "drift.found",
  definition: what,
  reasons,
  ...about,
});
export const quarantined = { type: "pin.quarantined", ...about };
export const approval = ({ hash, behaviour }: PinnedDefinition) => ({
  type: "approval.given",
  hash,
  behaviour,
  by: "anna",
  atMs: 3,
});

const A = definition("a", "one");
const B = definition("b");
const pin = (machine: AnyStateMachine): Story => given(machine, { definition: A, by: "release", atMs: 1 });
const contextOf = (story: Story): PinContext => story.state.snapshot.context as unknown as PinContext;
const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });

export const pinLaws: readonly Law[] = [
  law("what is as it was approved changes nothing", (machine) => {
    expect(pin(machine).when(found(A)).decision.changed).toBe(false);
    expect(pin(machine).when(quarantined).decision.changed).toBe(false);
  }),
  law("another definition, another behaviour, or any reason makes it drift", (machine) => {
    expect(pin(machine).when(found(B)).path).toBe("drifted");
    expect(pin(machine).when(found(definition("a", "two"))).path).toBe("drifted");
    expect(pin(machine).when(found(A, "it wrote")).path).toBe("drifted");
  }),
  law("a look that did not try the examples does not count as another behaviour", (machine) => {
    expect(pin(machine).when(found(definition("a"))).path).toBe("active");
  }),
  law("looking right again leads back from nowhere", (machine) => {
    expect(pin(machine).whenAll(found(B), found(A)).path).toBe("drifted");
    expect(pin(machine).whenAll(found(B), quarantined, found(A)).path).toBe("quarantined");
  }),
  law("only an approval of exactly what was found last leads back", (machine) => {
    const out = pin(machine).whenAll(found(B), quarantined);
    expect(out.when(approval(A)).decision.changed).toBe(false);
    expect(out.when(approval(definition("b", "two"))).decision.changed).toBe(false);
    const back = out.when(approval(B));
    expect(back.path).toBe("active");
    expect(contextOf(back)).toMatchObject({ approved: { definition: B, by: "anna", atMs: 3 }, found: null });
    expect(out.whenAll(found(definition("c")), approval(B)).path).toBe("quarantined");
    expect(pin(machine).whenAll(found(B), approval(B)).path).toBe("active");
  }),
  law("an approval of what is not out changes nothing", (machine) => {
    expect(pin(machine).when(approval(B)).decision.changed).toBe(false);
    expect(pin(machine).when(approval(A)).decision.changed).toBe(false);
  }),
  law("the same found twice is one moment, and reasons are of limited number and length", (machine) => {
    const many = Array.from({ length: 50 }, () => "x".repeat(5_000));
    const once = pin(machine).when(found(B, ...many));
    expect(once.when(found(B, ...many)).decision.changed).toBe(false);
    expect(contextOf(once).found?.reasons.join("").length).toBe(20_000);
  }),
  law("its history is bounded and keeps the newest", (machine) => {
    let story = pin(machine);
    for (let turn = 0; turn < 2 * PIN_HISTORY_MAX; turn += 1) {
      const other = definition(`h${turn}`);
      story = story.whenAll(found(other), approval(other));
    }
    const { history } = contextOf(story);
    expect(history).toHaveLength(PIN_HISTORY_MAX);
    expect(history.at(-1)).toMatchObject({ what: "approved", hash: `h${2 * PIN_HISTORY_MAX - 1}`, by: "anna" });
  }),
];
