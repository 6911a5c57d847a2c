/** Skills in the book of pins: one that a run has met changed is out at once, for every run, until somebody approves it. */
import type { PinName } from "../../infra/pins.ts";
import type { PinBook } from "./pin-book.ts";
import type { SkillPins } from "./skill-shelf.ts";

/** Every method throws StoreError where the pins cannot be read: what nobody can ask about is not used. */
export const skillPins = (book: Pick<PinBook, "look" | "found">): SkillPins => ({
  async outBecause({ scope, name }) {
    const { state, reasons } = await book.look(pinOf(scope, name));
    // What the operator's configuration brings has no pin: it is compared with what the run latched.
    return state === "active" || state === "new" ? null : `it is ${state}: ${reasons.join("; ")}`;
  },
  async changed({ scope, name }, found) {
    const reasons = ["its files are not those that were approved"];
    await book.found(pinOf(scope, name), found, { reasons, quarantine: true, by: "run" });
  },
});

const pinOf = (scope: string, name: string): PinName => ({ kind: "skill", scope, name });
