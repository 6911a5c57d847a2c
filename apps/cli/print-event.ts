/** Events of a run as JSON lines on stdout, for whoever asked for --jsonl. */
import { tellingEvents } from "../../infra/telemetry/traced-event.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import type { Hive } from "./hive.ts";
import { printJson } from "./print.ts";

export function eventPrinter({ config }: Pick<Hive, "config">): (event: LoggedEvent) => void {
  const tell = tellingEvents(config.telemetry);
  return (event) => printJson(tell(event));
}
