/**
 * The only way out to the web: GET, without cookies or credentials, to addresses of the open internet and to what the
 * operator has opened by name. A name is looked up once, every address it has must be allowed, and the connection goes
 * to one of exactly those.
 */
import { lookup } from "node:dns/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { BoxRefusal } from "../sandbox/refusal.ts";
import { VERSION } from "../version.ts";
import { isPublicAddress } from "./address.ts";
import { ACCEPTED_ENCODINGS, readBody, UnknownEncodingError } from "./body.ts";
import { type Turns, turns } from "./turns.ts";

export interface WebAnswer {
  /** Where the answer came from, after redirects on the same host. */
  readonly url: string;
  readonly status: number;
  /** As the server says it; empty where it says nothing. */
  readonly contentType: string;
  /** Unpacked, at most {@link WEB_BYTES_MAX}. */
  readonly bytes: Uint8Array;
  readonly cut: boolean;
  /** Another host that the server points to: not followed, because the call was allowed for this one. */
  readonly elsewhere?: string;
}

export interface WebDoor {
  /** Throws BoxRefusal `box.web_refused` (never asked) or `box.web_failed` (asked, and it came to nothing). */
  fetch(url: string, options: { readonly signal: AbortSignal }): Promise<WebAnswer>;
}

export interface WebDoorOptions {
  /** `host` (ports 80 and 443) or `host:port`, lowercase: may be private, and may have that port. */
  readonly privateHosts?: readonly string[];
  /** Addresses of a name, in the order of preference. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Of one fetch with all its redirects, in milliseconds. */
  readonly timeoutMs?: number;
}

/** Bytes of one answer, on the wire and unpacked. */
export const WEB_BYTES_MAX = 2 * 1_024 * 1_024;
const TIMEOUT_MS = 30_000;
const REDIRECTS_MAX = 5;
const URL_CHARS_MAX = 2_048;
/** Addresses of one name that are tried. */
const ADDRESSES_MAX = 4;
/** Ours: polite to one host, harmless in all. */
const TURNS = { perHost: 2, inAll: 8 };
/** The system's own look-up holds a thread that files need too, and some names take long to fail. */
const LOOKUPS = { perHost: 1, inAll: 2 };

const resolveByDns = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

export function openWebDoor(options: WebDoorOptions = {}): WebDoor {
  const open = new Set((options.privateHosts ?? []).map((host) => host.toLowerCase()));
  const door: Door = {
    opened: ({ hostname, port }) => (port === "" ? open.has(hostname) : open.has(`${hostname}:${port}`)),
    resolve: options.resolve ?? resolveByDns,
    turns: turns(TURNS),
    lookups: turns(LOOKUPS),
  };
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  return {
    async fetch(text, { signal }) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        return await followed(door, text, AbortSignal.any([signal, timeout]));
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        if (timeout.aborted) throw failed(text, `no whole answer came within ${timeoutMs / 1_000} s`, cause);
        if (cause instanceof BoxRefusal) throw cause;
        throw failed(text, cause instanceof Error ? cause.message : String(cause), cause);
      }
    },
  };
}

interface Door {
  opened(url: URL): boolean;
  resolve(host: string): Promise<readonly string[]>;
  readonly turns: Turns;
  readonly lookups: Turns;
}

async function followed(door: Door, text: string, signal: AbortSignal): Promise<WebAnswer> {
  let url = checkedUrl(door, text, text);
  for (let redirects = 0; ; redirects += 1) {
    const answer = await door.turns.take(url.hostname, signal, () => asked(door, url, signal));
    const { location, ...page } = answer;
    if (location === null) return page;
    if (redirects === REDIRECTS_MAX) throw failed(text, `it redirects more than ${REDIRECTS_MAX} times`);
    const next = targetOf(location, url);
    // The call was judged for this host, and for no other one.
    if (next.hostname !== url.hostname || next.port !== url.port) {
      if (!(next.hostname === url.hostname && isUpgrade(url, next))) return { ...page, elsewhere: next.href };
    }
    if (url.protocol === "https:" && next.protocol === "http:") {
      throw refusal(text, `it redirects from https to ${quotedUrl(next.href)}, which is not protected`);
    }
    url = checkedUrl(door, next.href, text);
  }
}

const isUpgrade = (from: URL, to: URL): boolean =>
  from.protocol === "http:" && to.protocol === "https:" && from.port === "" && to.port === "";

function targetOf(location: string, base: URL): URL {
  try {
    return new URL(location.slice(0, URL_CHARS_MAX * 2), base);
  } catch {
    throw failed(base.href, `it redirects to ${quotedUrl(location)}, which is no address`);
  }
}

/** Everything that the address itself can be refused for. `asked` is what the call named. */
function checkedUrl(door: Door, text: string, asked: string): URL {
  if (text.length > URL_CHARS_MAX) throw refusal(asked, `addresses have at most ${URL_CHARS_MAX} characters`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw refusal(asked, "it is no address");
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refusal(asked, "only http and https are fetched");
  if (url.username !== "" || url.password !== "")
    throw refusal(asked, "an address with a name or password in it is not fetched");
  if (url.hostname === "") throw refusal(asked, "it names no host");
  // One name, however it is written.
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.replace(/\.+$/, "");
  url.hash = "";
  if (url.port !== "" && !door.opened(url)) throw refusal(asked, `port ${url.port} is not open; ports 80 and 443 are`);
  return url;
}

async function addressesOf(door: Door, url: URL, signal: AbortSignal): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const found = isIP(host) === 0 ? await lookedUp(door, host, signal) : [host];
  const addresses = found.slice(0, ADDRESSES_MAX);
  if (addresses.length === 0) throw failed(url.href, `${host} has no address`);
  if (door.opened(url)) return addresses;
  const hidden = addresses.find((address) => !isPublicAddress(address));
  if (hidden === undefined) return addresses;
  throw refusal(url.href, `${host} is at ${hidden}, which is not in the open internet`);
}

/** A look-up cannot be called off; nobody waits for it beyond the signal. */
function lookedUp(door: Door, host: string, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    door.lookups.take(host, signal, () => door.resolve(host)).then(resolve, reject);
  });
}

type Asked = Omit<WebAnswer, "elsewhere"> & { readonly location: string | null };

async function asked(door: Door, url: URL, signal: AbortSignal): Promise<Asked> {
  const addresses = await addressesOf(door, url, signal);
  signal.throwIfAborted();
  const answer = await sent(url, addresses, signal);
  const status = answer.statusCode ?? 0;
  const { location, "content-type": contentType = "" } = answer.headers;
  if (location !== undefined && [301, 302, 303, 307, 308].includes(status)) {
    answer.destroy();
    return { url: url.href, status, contentType, bytes: new Uint8Array(), cut: false, location };
  }
  try {
    return { url: url.href, status, contentType, ...(await readBody(answer, WEB_BYTES_MAX)), location: null };
  } catch (cause) {
    if (cause instanceof UnknownEncodingError) throw refusal(url.href, cause.message);
    throw cause;
  }
}

function sent(url: URL, addresses: readonly string[], signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(
      url,
      {
        method: "GET",
        // A connection of its own: none that was opened under another name is taken up again.
        agent: false,
        lookup: pinned(addresses),
        signal,
        headers: {
          accept: "text/html, application/json, application/xml, text/*;q=0.9",
          "accept-encoding": ACCEPTED_ENCODINGS,
          "user-agent": `statehive/${VERSION}`,
          connection: "close",
        },
      },
      resolve,
    );
    request.once("error", reject);
    request.end();
  });
}

/** Answers every question with the addresses that were checked: a name that changes its mind changes nothing. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = all;
    if (options.all === true) callback(null, all);
    else callback(null, first?.address ?? "", first?.family ?? 0);
  };

const quotedUrl = (url: string): string => JSON.stringify(url.length > 300 ? `${url.slice(0, 300)}…` : url);

const refusal = (url: string, why: string): BoxRefusal =>
  new BoxRefusal("box.web_refused", url, `${quotedUrl(url)} was not fetched: ${why}`);

const failed = (url: string, why: string, cause?: unknown): BoxRefusal =>
  new BoxRefusal("box.web_failed", url, `${quotedUrl(url)} could not be fetched: ${why}`, { cause });
