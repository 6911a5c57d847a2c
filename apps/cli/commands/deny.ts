/** `swarm deny <id>`: the model is told no, and why. */
import { answer } from "./approve.ts";

export const act = (args: readonly string[], flags: Record<string, unknown>): Promise<number> =>
  answer(false, args, flags);
