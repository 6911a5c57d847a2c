/** The JSON Schema of one line of `swarm logs --jsonl`, made from the union of events itself. */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runEventSchema } from "../../machines/run-event.ts";

export const EVENTS_SCHEMA = fileURLToPath(new URL("../../docs/events.schema.json", import.meta.url));

const signed = {
  v: z.literal(1),
  seq: z.int().min(1).describe("Number in its run, without gaps."),
  at: z.string().meta({ format: "date-time", description: "By Redis's clock." }),
  run: z.string(),
  actor: z.string().describe("Whose step told it; - where the runtime did."),
  trace_id: z.string().optional().describe("Of the run's trace; where telemetry is on in the process that tells it."),
  span_id: z.string().optional().describe("Of the effect, turn, agent or run that it belongs to; likewise."),
};

/** Ends with a newline; the same union always gives the same text. */
export function eventsSchemaFile(): string {
  const [first, ...others] = runEventSchema.options.map((option) => z.object({ ...signed, ...option.shape }));
  const union = z.discriminatedUnion("type", [first as never, ...(others as never[])]);
  const schema = z.toJSONSchema(union, { io: "input" });
  const titled = { title: "Event of a run of statehive, version 1", ...schema };
  return `${JSON.stringify(titled, null, 1)}\n`;
}
