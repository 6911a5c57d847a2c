/** An exporter of spans that is left alone for a while after failures in a row: what comes meanwhile is dropped. */
import type { SpanExporter } from "@opentelemetry/sdk-trace-base";
import { breaker } from "../breaker/breaker.ts";

/** Failures in a row, and milliseconds until the next try; ten times that at most. */
const FAILURES_MAX = 3;
const COOLING_MS = 10_000;
/** OpenTelemetry's ExportResultCode, whose package is not one of ours. */
const SUCCESS = 0;

export interface GuardedExporter extends SpanExporter {
  /** The last export that came to an end came to a bad one. */
  failing(): boolean;
}

export function guardedExporter(
  exporter: SpanExporter,
  monotonicMs: () => number = () => performance.now(),
): GuardedExporter {
  const guard = breaker({
    ...{ name: "telemetry", failuresMax: FAILURES_MAX, coolingMs: COOLING_MS, coolingLastMs: COOLING_MS * 10 },
    monotonicMs,
  });
  let isFailing = false;
  return {
    failing: () => isFailing,
    export(spans, done) {
      if (guard.ask().open) {
        done({ code: SUCCESS });
        return;
      }
      exporter.export(spans, (result) => {
        isFailing = result.code !== SUCCESS;
        guard.tell(!isFailing);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
