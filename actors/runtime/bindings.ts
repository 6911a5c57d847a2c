/**
 * The names of the ways to a model, and what is known of one without opening it: loaded by every command, it brings along
 * neither the client nor the local server (`accesses.ts` does).
 */
import { shortHash } from "../../infra/ids.ts";
import { localAnalystModel, localBinding } from "../../infra/model/local/local-model.ts";
import { isPricedIn, type PriceRow, priceOf, type TokenPrice } from "../../infra/model/prices.ts";

export interface Credentials {
  readonly apiKey: string | undefined;
  readonly authToken: string | undefined;
  readonly baseUrl: string | undefined;
  /** The operator's, over those that are known. */
  readonly prices?: readonly PriceRow[];
  /** Absent: the official server is asked why it could not read its cache, others are not. */
  readonly cacheDiagnostics?: boolean | undefined;
}

export const LOCAL_BINDING = localBinding;
export const DEFAULT_MODEL = "claude-sonnet-5-5";
export const LOCAL_MODEL = localAnalystModel;

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

export const FREE: TokenPrice = {
  input: 0,
  output: 0,
  write5m: 0,
  write1h: 0,
  read: 0,
  source: "runs on this machine",
};

/** A server on this machine bills nobody. */
function isOwnMachine(baseUrl: string | undefined): boolean {
  if (baseUrl === undefined) return false;
  const { hostname } = new URL(baseUrl);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}
