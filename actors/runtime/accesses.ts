/**
 * The ways to a model that this process has, by the name a run latches. A run is served only under the name it was
 * created with: a worker without the key never touches a paid run, and a key never bills an analyst's.
 */

import type { TracerProvider } from "@opentelemetry/api";
import { callGate } from "../../infra/breaker/call-gate.ts";
import { type BreakerRecords, memoryRecords } from "../../infra/breaker/records.ts";
import { shortHash } from "../../infra/ids.ts";
import type { Log } from "../../infra/log.ts";
import { createModelClient, type ModelClient } from "../../infra/model/anthropic.ts";
import { BYTES_PER_TOKEN } from "../../infra/model/local/prefix-cache.ts";
import { localAnalystModel } from "../../infra/model/local/server.ts";
import { type LocalServerThread, startLocalServerThread } from "../../infra/model/local/thread.ts";
import { isPricedIn, type PriceRow, priceOf, type TokenPrice } from "../../infra/model/prices.ts";
import { byBytes, o200k } from "../../infra/model/token-count.ts";
import type { ModelAccess } from "./effects/model-call.ts";

export interface Credentials {
  readonly apiKey: string | undefined;
  readonly authToken: string | undefined;
  readonly baseUrl: string | undefined;
  /** The operator's, over those that are known. */
  readonly prices?: readonly PriceRow[];
  /** Absent: the official server is asked why it could not read its cache, others are not. */
  readonly cacheDiagnostics?: boolean | undefined;
}

/** The local analyst: every worker has it. The number changes when its answers do. */
export const LOCAL_BINDING = "local-1";
export const DEFAULT_MODEL = "claude-sonnet-5-5";
export const LOCAL_MODEL = localAnalystModel;

/** Longest silence inside an answer, and before its first byte, in milliseconds. */
const IDLE_TIMEOUT_MS = 90_000;
const FIRST_BYTE_TIMEOUT_MS = 300_000;

export const hasModel = ({ apiKey, authToken, baseUrl }: Credentials): boolean =>
  apiKey !== undefined || authToken !== undefined || baseUrl !== undefined;

/** Names a real model access without telling its credential. */
export function apiBinding({ apiKey, authToken, baseUrl }: Credentials): string {
  return `api-${shortHash(JSON.stringify([baseUrl ?? "", apiKey ?? "", authToken ?? ""]))}`;
}

/**
 * Null where nobody knows what the model costs: money limits cannot be kept then, token limits can. A server on this machine
 * bills nobody, unless the operator has a price for the model: it may hand on what it is asked.
 */
export function knownPrice(
  { baseUrl, prices = [] }: Pick<Credentials, "baseUrl" | "prices">,
  model: string,
  promptTokens = 0,
): TokenPrice | null {
  const isOwn = isOwnMachine(baseUrl) && !isPricedIn(prices, model);
  return isOwn ? FREE : priceOf(model, new Date().toISOString(), promptTokens, prices);
}

const FREE: TokenPrice = { input: 0, output: 0, write5m: 0, write1h: 0, read: 0, source: "runs on this machine" };

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

/** A server on this machine bills nobody. */
function isOwnMachine(baseUrl: string | undefined): boolean {
  if (baseUrl === undefined) return false;
  const { hostname } = new URL(baseUrl);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}
