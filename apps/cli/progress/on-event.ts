/** Looks at the few types of events that concern a watcher, each with its own fields; the many others pass by. */
import type { LoggedEvent } from "../../../machines/run-event.ts";

export type Handlers<Result> = {
  readonly [Type in LoggedEvent["type"]]?: (event: Extract<LoggedEvent, { type: Type }>) => Result;
};

/** Undefined where no handler stands for the event's type. */
export function onEvent<Result>(event: LoggedEvent, handlers: Handlers<Result>): Result | undefined {
  // A handler stands under the type that its event has: what the cast says the type above has made sure of.
  const handler = handlers[event.type] as ((event: LoggedEvent) => Result) | undefined;
  return handler?.(event);
}
