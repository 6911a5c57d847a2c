/** A repository of a test's own, examined as the Probe tool does it; it is taken away after each test, and before the next one is made. */
import { afterEach } from "vitest";
import type { Examination } from "../../../registry/probes/examine.ts";
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import { probe } from "./probe.ts";
import { openScratch, type Scratch } from "./repos.ts";

let scratch: Scratch | undefined;

async function close(): Promise<void> {
  await scratch?.remove();
  scratch = undefined;
}

/** To be called once, where the test file begins. */
export function examining(): (files: Readonly<Record<string, string>>, primitive: PrimitiveId) => Promise<Examination> {
  afterEach(close);
  return async (files, primitive) => {
    await close();
    scratch = await openScratch(files);
    return probe(scratch.box, primitive);
  };
}
