/** Figures of the swarm as OpenTelemetry's gauges, read anew at each export; a reading that fails leaves a gap. */
import type { Meter, ObservableGauge } from "@opentelemetry/api";
import type { Look } from "./tracing.ts";

const GAUGES = {
  "swarm.queue.depth": {
    unit: "{actor}",
    description: "Actors by type that are ready, or wait or are worked at in a queue",
  },
  "swarm.queue.oldest": { unit: "ms", description: "Time since the actor that is ready longest took its last step" },
  "swarm.breaker.state": { unit: "1", description: "0 closed, 1 half open, 2 open" },
} as const;

export type GaugeName = keyof typeof GAUGES;

export function observeSwarm(meter: Meter, look: Look, failed: (message: string) => void): void {
  const gauges = new Map<string, ObservableGauge>(
    Object.entries(GAUGES).map(([name, told]) => [name, meter.createObservableGauge(name, told)]),
  );
  meter.addBatchObservableCallback(
    async (result) => {
      try {
        for (const { name, value, attributes } of await look()) {
          const gauge = gauges.get(name);
          if (gauge !== undefined) result.observe(gauge, value, { ...attributes });
        }
      } catch (cause) {
        failed(`figures of the swarm could not be read: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    },
    [...gauges.values()],
  );
}
