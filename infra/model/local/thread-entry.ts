/** The worker thread's side: loads the brain, serves it, and says where. Started by `thread.ts` only. */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import type { Brain } from "./brain.ts";
import { startLocalServer } from "./server.ts";

const startSchema = z.strictObject({
  brainModuleUrl: z.url(),
  token: z.string().min(1),
  port: z.number().int().nonnegative().max(65_535),
});

// Standard output is the command line's data. Whatever a brain prints is a log; the redirection stands before its import.
process.stdout.write = process.stderr.write.bind(process.stderr);

const start = startSchema.parse(workerData);
const loaded: { readonly brain?: unknown } = await import(start.brainModuleUrl);
if (!isBrain(loaded.brain)) throw new TypeError(`${start.brainModuleUrl} exports no function "brain"`);
const { baseUrl } = await startLocalServer({ brain: loaded.brain, port: start.port, token: start.token });
parentPort?.postMessage({ baseUrl });

function isBrain(value: unknown): value is Brain {
  return typeof value === "function";
}
