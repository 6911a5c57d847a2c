/** The door through which mail comes in: what no sender of ours writes is refused, and counts as poison. */
import { z } from "zod";
import type { Mail } from "../../infra/store.ts";
import type { Cause } from "../../machines/fold.ts";

const mailSchema = z.union([
  z.object({ id: z.string(), event: z.looseObject({ type: z.string() }) }),
  z.object({ id: z.string(), timer: z.string(), armedBy: z.int() }),
  z.object({ id: z.string(), input: z.unknown() }),
]);

/** Throws where the text is not mail. */
export const mailFrom = (text: string): Mail => mailSchema.parse(JSON.parse(text));

export function causeOf(mail: Mail): Cause {
  if ("event" in mail) return { event: mail.event };
  return "timer" in mail ? { timer: mail.timer, armedBy: mail.armedBy } : { input: mail.input };
}
