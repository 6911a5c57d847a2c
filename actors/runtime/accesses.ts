/**
 * The ways to a model that this process has, by the name a run latches. A run is served only under the name it was
 * created with: a worker without the key never touches a paid run, and a key never bills an analyst's.
 */

import type { TracerProvider } from "@opentelemetry/api";
import { callGate } from "../../infra/breaker/call-gate.ts";
import { type BreakerRecords, memoryRecords } from "../../infra/breaker/records.ts";
import type { Log } from "../../infra/log.ts";
import { createModelClient, type ModelClient } from "../../infra/model/anthropic.ts";
import { BYTES_PER_TOKEN } from "../../infra/model/local/prefix-cache.ts";
import { type LocalServerThread, startLocalServerThread } from "../../infra/model/local/thread.ts";
import { byBytes, o200k } from "../../infra/model/token-count.ts";
import { apiBinding, type Credentials, FREE, hasModel, knownPrice, LOCAL_BINDING } from "./bindings.ts";
import type { ModelAccess } from "./effects/model-call.ts";

/** Longest silence inside an answer, and before its first byte, in milliseconds. */
const IDLE_TIMEOUT_MS = 90_000;
const FIRST_BYTE_TIMEOUT_MS = 300_000;

export interface Accesses {
  readonly byBinding: ReadonlyMap<string, ModelAccess>;
  close(): Promise<void>;
}

/**
 * The analyst's server is started at its first call. `records`: what all workers share of a server that they all reach;
 * absent, this process goes by what it sees itself. Throws SwarmError where the credentials cannot be used.
 */
export function openAccesses(
  credentials: Credentials,
  log: Log,
  records?: BreakerRecords,
  tracerProvider?: TracerProvider,
): Accesses {
  const monotonicMs = (): number => performance.now();
  const given = { idleTimeoutMs: IDLE_TIMEOUT_MS, firstByteTimeoutMs: FIRST_BYTE_TIMEOUT_MS, tracerProvider };
  let local: Promise<{ server: LocalServerThread; client: ModelClient }> | null = null;
  const startLocal = async () => {
    const server = await startLocalServerThread({
      onDeath: (error, final) => log.error({ err: error, final }, "the local model server died"),
    });
    return {
      server,
      client: createModelClient({ baseUrl: server.baseUrl, authToken: server.token, diagnostics: true, ...given }),
    };
  };
  const byBinding = new Map<string, ModelAccess>([
    [
      LOCAL_BINDING,
      {
        client: {
          call: async (request, options) => {
            local ??= startLocal();
            return (await local).client.call(request, options);
          },
        },
        gate: callGate({ records: memoryRecords(Date.now), monotonicMs }),
        resource: (model) => `model:local/${model}`,
        price: () => FREE,
        tokenizer: byBytes(BYTES_PER_TOKEN),
      },
    ],
  ]);
  if (hasModel(credentials)) {
    const { baseUrl } = credentials;
    const client = createModelClient({ ...credentials, diagnostics: credentials.cacheDiagnostics, ...given });
    const binding = apiBinding(credentials);
    const host = baseUrl === undefined ? "api" : new URL(baseUrl).host;
    byBinding.set(binding, {
      client,
      gate: callGate({ records: records ?? memoryRecords(Date.now), monotonicMs }),
      resource: (model) => `model:${host}/${model}@${binding}`,
      price: (model, promptTokens, latched) =>
        knownPrice({ ...credentials, ...(latched === null ? {} : { prices: latched }) }, model, promptTokens),
      tokenizer: o200k,
      ...(client.count === undefined ? {} : { count: client.count }),
      compacts: baseUrl === undefined || new URL(baseUrl).hostname === "api.anthropic.com",
    });
  }
  return {
    byBinding,
    async close() {
      await (await local)?.server.close();
    },
  };
}
