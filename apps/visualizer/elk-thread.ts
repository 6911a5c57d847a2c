/**
 * ELK in a thread of its own: placing a chart takes seconds of CPU in one piece, in which a server would answer nobody. One
 * thread at a time, which ends with its chart.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { ElkNode } from "elkjs/lib/elk.bundled.js";

/** Milliseconds until it is given up; the largest chart took 8 s on a busy machine. */
const PLACE_MS = 120_000;
/** Of the thread's JavaScript heap, in MB; beyond it the thread dies, not the process. */
const HEAP_MB_MAX = 512;

/** Text and no module: Node 20 loads no TypeScript into a thread, and the package is found where the thread is started. */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const Elk = require(workerData.elk);
new Elk().layout(workerData.graph).then(
  (placed) => parentPort.postMessage({ placed }),
  (cause) => parentPort.postMessage({ failed: String(cause) }),
);`;

let last: Promise<unknown> = Promise.resolve();

/** Throws what ELK throws, as words, and where the thread dies. */
export function placedInThread(graph: ElkNode): Promise<ElkNode> {
  const placing = last.then(() => place(graph));
  last = placing.catch(() => {});
  return placing;
}

async function place(graph: ElkNode): Promise<ElkNode> {
  const elk = createRequire(import.meta.url).resolve("elkjs/lib/elk.bundled.js");
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { elk, graph },
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  thread.unref();
  const placed = new Promise<ElkNode>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no places after ${PLACE_MS} ms`)), PLACE_MS);
    late.unref();
    thread.once("error", reject);
    thread.once("exit", () => reject(new Error("the thread ended without places")));
    thread.once("message", (answer: { readonly placed: ElkNode } | { readonly failed: string }) => {
      if ("placed" in answer) resolve(answer.placed);
      else reject(new Error(answer.failed));
    });
    thread.once("exit", () => clearTimeout(late));
  });
  try {
    return await placed;
  } finally {
    await thread.terminate();
  }
}
