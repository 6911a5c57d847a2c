/** Cost, cache and work of the run over time, up to its newest event; and the queues of the whole hive, from the server. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ApiQueues } from "../../server/api-swarm.ts";
import { Plot } from "./plot.tsx";
import { type Series, seriesOf } from "./series.ts";
import type { Source } from "./source.ts";
import { cursor, growth, here, open } from "./store.ts";

const QUEUES_EVERY_MS = 5_000;

export function Plots({ source }: { readonly source: Source }) {
  const run = open.value;
  // Ten thousand events are counted in milliseconds, but not for each of them.
  const grown = Math.floor(growth.value / 4);
  const series = useMemo(
    () => (run === null ? null : seriesOf(run.fold.events, run.fold.times, run.fold.seq)),
    [run, grown],
  );
  const queues = useQueues(source);
  if (run === null || series === null) return null;
  const at = cursor.value === null ? null : (run.fold.times[here.value - 1] ?? 0) / 1_000;
  return (
    <div class="plots">
      <Plot title="Cost by type, US dollars" series={series.cost} stacked at={at} />
      <Plot title="Read from the cache, and tokens" series={series.cache} right={["k tokens"]} at={at} />
      <Plot title="Agents by what they do" series={series.work} at={at} />
      {queues !== null && queues.points.length > 0 && (
        <>
          <Plot title="Queues of the hive: ready" series={queueSeries(queues, "ready")} at={at} />
          <Plot title="Queues of the hive: longest wait, seconds" series={queueSeries(queues, "oldestMs")} at={at} />
        </>
      )}
    </div>
  );
}

function useQueues(source: Source): ApiQueues | null {
  const queues = useSignal<ApiQueues | null>(null);
  useEffect(() => {
    if (source.frozen) return;
    let gone = false;
    const ask = (): void => {
      source.queues().then(
        (told) => {
          if (!gone) queues.value = told;
        },
        // The head of the page says that the server is gone; these plots then stand still.
        () => undefined,
      );
    };
    ask();
    const timer = setInterval(ask, QUEUES_EVERY_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [source]);
  return queues.value;
}

function queueSeries({ types, points }: ApiQueues, what: "ready" | "oldestMs"): Series {
  return {
    times: points.map(({ at }) => Date.parse(at) / 1_000),
    lines: types.map((name, index) => ({
      name,
      values: points.map((point) => {
        const value = point[what][index] ?? null;
        return value === null || what === "ready" ? value : value / 1_000;
      }),
    })),
  };
}
