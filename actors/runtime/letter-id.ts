/** Names the letter that a step writes: the same in the row, in the log, and whenever the step is laid out again. */
import { sha256 } from "../../infra/ids.ts";
import type { Address } from "../../infra/store.ts";

/** `index` is the order's place among the inside effects of the actor's step to `version`. */
export const letterId = ({ run, actor }: Address, version: number, index: number): string =>
  `d_${sha256(`${run}/${actor}.${version}.${index}`).slice(0, 12)}`;
