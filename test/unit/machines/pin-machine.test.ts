import { describe, it } from "vitest";
import { pinMachine } from "../../../machines/pin-machine.ts";
import { pinLaws } from "../../support/given-pin-laws.ts";

describe("a pin", () => {
  for (const { title, holds } of pinLaws) it(title, () => holds(pinMachine));
});
