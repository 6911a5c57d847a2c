/**
 * A worker in a process of its own, so that what is measured of it (CPU, resident memory, heap) is a worker's and not the
 * benchmark's. It does what its parent asks over IPC (`worker-process.ts`), one question at a time.
 */
import { Redis } from "ioredis";
import { createRuntime } from "../../actors/runtime/runtime.ts";
import { openLog } from "../../infra/log.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { openGate } from "../support/open-gate.ts";
import { BINDING, mockedPerformers, PRICE } from "./mocked-work.ts";
import { askingClient } from "./parked-work.ts";
import { turnsOf } from "./turns.ts";
import type { Asked, Told, WorkerSettings } from "./worker-process.ts";

/** Milliseconds between looks at the resident memory. */
const LOOK_MS = 20;

const settings = JSON.parse(process.argv[2] ?? "{}") as WorkerSettings;
const { socket, prefix, types, concurrency, work } = settings;
const redis = new Redis({ path: socket, maxRetriesPerRequest: null });
const turns = turnsOf("turns" in work ? work.turns : 0);
const access = {
  client: askingClient("waitsFor" in work ? work.waitsFor : "approval"),
  ...openGate(),
  price: () => PRICE,
};
const runtime = createRuntime({
  redis,
  keys: keysFor(prefix),
  accesses: new Map([[BINDING, access]]),
  ...(types === undefined ? {} : { types }),
  concurrency,
  log: openLog("warn"),
  // Commands can be confined here, says the worker, so that agents are offered them; none is ever run.
  sandbox: "full",
  ...("turns" in work ? { performers: mockedPerformers(work.turns, work.held ? turns.watcher : () => {}) } : {}),
});

let peakBytes = 0;
const looking = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, LOOK_MS);

/** Collected twice: what the first pass finalises, only the second frees. */
function memory(): Told["memory"] {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("a benchmark's worker needs --expose-gc");
  gc();
  gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed + external, peakBytes: Math.max(peakBytes, rss) };
}

async function answer(asked: Asked): Promise<unknown> {
  switch (asked.what) {
    case "cpu": {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    case "memory":
      return memory();
    case "forgetPeak":
      peakBytes = 0;
      return null;
    case "active":
      return runtime.active();
    case "gather":
      return turns.gather(asked.agents);
    case "go":
      return turns.go();
    case "leave":
      return turns.leave();
    case "stop":
      clearInterval(looking);
      turns.leave();
      await runtime.stop(0);
      redis.disconnect();
      return null;
  }
}

process.on("message", (asked: Asked) => {
  answer(asked).then(
    (value) => {
      process.send?.({ id: asked.id, value: value ?? null });
      if (asked.what === "stop") process.disconnect();
    },
    (cause: unknown) => process.send?.({ id: asked.id, broke: String(cause) }),
  );
});
// A parent that is gone asks nothing any more, and nobody else would end this process.
process.on("disconnect", () => process.exit(0));
await runtime.start();
process.send?.({ id: 0, value: null });
