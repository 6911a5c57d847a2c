/** What the methods of the store in memory share. */
import type { Mail } from "../../../infra/store.ts";
import type { Flaws } from "./flaws.ts";
import type { Memory } from "./state.ts";

/** Messages a claim brings along. */
export const MAIL_BATCH = 100;

/** What every method works on. */
export interface Inside {
  readonly memory: Memory;
  readonly nowMs: () => number;
  readonly ring: (shard: string, name: string) => void;
  readonly shardOf: (run: string) => string;
  readonly flaws: Flaws;
}

/** A mail is recognised by how it begins, so its id comes first. */
export const mailText = ({ id, ...rest }: Mail): string => JSON.stringify({ id, ...rest });
