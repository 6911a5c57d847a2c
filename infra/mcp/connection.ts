/**
 * One conversation with one plugin server: its tools, calls, a sign of life. What a server asks of us (sampling,
 * elicitation, roots) is refused; whatever it does wrong ends as an error with words, never as a wait without an end.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import type { JsonSchemaValidator, jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js";
import { z } from "zod";
import { SwarmError } from "../errors.ts";
import { VERSION } from "../version.ts";

/** As it came; nothing of it was looked at. */
export interface RawToolAnswer {
  readonly content: readonly unknown[];
  readonly structured?: unknown;
  readonly isError: boolean;
}

export interface Connection {
  /** Definitions as they came, in the server's order; asked for once a minute at most, and again after the server said they changed. */
  tools(): Promise<{ readonly revision: number; readonly raws: readonly unknown[] }>;
  /** @throws SwarmError `plugin.*`; the signal's reason where it was called off. */
  call(
    tool: string,
    input: unknown,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<RawToolAnswer>;
  /** Whether it answers at all within a few seconds. */
  answers(): Promise<boolean>;
  /** Why it is over; null while it is not. */
  over(): string | null;
  close(): void;
}

export interface ConnectionOptions {
  readonly server: string;
  readonly startMs: number;
  /** Makes the transport; told why it broke. */
  readonly transport: (broke: (why: string) => void) => Transport;
  /** Added to what is said of a broken server: how it ended, what it wrote. */
  readonly words: () => string;
}

const LIST_MS = 30_000;
/** A list is believed for so long, in milliseconds: not every server says when it changes. */
const FRESH_MS = 60_000;
const PING_MS = 5_000;
const PAGES_MAX = 50;
/** One more than is taken: whoever checks the list says how many are too many. */
const TOOLS_MAX = 1_001;
const ERROR_CHARS_MAX = 2_000;

const pageSchema = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().max(10_000).optional() });
const answerSchema = z.looseObject({
  content: z.array(z.unknown()).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
});

/** Nobody's code is compiled: what a server promises is checked elsewhere, by an interpreter. */
const noValidator: jsonSchemaValidator = {
  getValidator: <T>() => {
    const asItIs: JsonSchemaValidator<T> = (input) => ({ valid: true, data: input as T, errorMessage: undefined });
    return asItIs;
  },
};

/** @throws SwarmError `plugin.no_start`. */
export async function connect({ server, startMs, transport, words }: ConnectionOptions): Promise<Connection> {
  let broken: string | null = null;
  let closed = false;
  let revision = 1;
  let listed: Promise<readonly unknown[]> | null = null;
  let listedAtMs = 0;
  const client = new Client(
    { name: "statehive", version: VERSION },
    { capabilities: {}, jsonSchemaValidator: noValidator },
  );
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    revision += 1;
    listed = null;
  });
  client.onclose = () => {
    closed = true;
  };
  const failed = (code: string, what: string, cause: unknown): SwarmError => {
    const said = broken ?? messageOf(cause);
    return new SwarmError(code, `server ${server} ${what}: ${said}${words()}`, { cause, retry: true });
  };
  try {
    await client.connect(
      transport((why) => {
        broken ??= why;
      }),
      { timeout: startMs, maxTotalTimeout: startMs },
    );
    if (client.getServerCapabilities()?.tools === undefined) throw new Error("it offers no tools");
  } catch (cause) {
    client.close().catch(() => {});
    throw failed("plugin.no_start", "did not start", cause);
  }
  return {
    async tools() {
      const now = revision;
      if (performance.now() - listedAtMs > FRESH_MS) listed = null;
      if (listed === null) listedAtMs = performance.now();
      listed ??= allPages(client);
      const asked = listed;
      try {
        return { revision: now, raws: await asked };
      } catch (cause) {
        if (listed === asked) listed = null;
        throw failed("plugin.no_list", "did not list its tools", cause);
      }
    },
    async call(tool, input, { signal, timeoutMs }) {
      try {
        const params = { name: tool, arguments: input as Record<string, unknown> };
        const options = { signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs };
        const {
          content,
          structuredContent,
          isError = false,
        } = await client.request({ method: "tools/call", params }, answerSchema, options);
        return { content, isError, ...(structuredContent === undefined ? {} : { structured: structuredContent }) };
      } catch (cause) {
        signal.throwIfAborted();
        throw failed(broken === null && !closed ? "plugin.failed" : "plugin.broke", "gave no answer", cause);
      }
    },
    async answers() {
      if (broken !== null || closed) return false;
      return client.ping({ timeout: PING_MS }).then(
        () => true,
        () => false,
      );
    },
    over: () => broken ?? (closed ? "the connection was closed" : null),
    close: () => void client.close().catch(() => {}),
  };
}

async function allPages(client: Client): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const options = { timeout: LIST_MS, maxTotalTimeout: LIST_MS };
    const { tools, nextCursor } = await client.request({ method: "tools/list", params }, pageSchema, options);
    found.push(...tools.slice(0, TOOLS_MAX - found.length));
    if (nextCursor === undefined || nextCursor === cursor || found.length >= TOOLS_MAX) return found;
    cursor = nextCursor;
  }
  throw new Error(`its list has more than ${PAGES_MAX} pages`);
}

function messageOf(cause: unknown): string {
  if (cause instanceof z.ZodError) return "its answer is not one of this protocol";
  const late = lateSchema.safeParse(cause);
  if (late.success) return `it timed out: no answer within ${late.data.data.timeout / 1_000} s`;
  const network = networkSchema.safeParse(cause);
  const words = strangersWords(cause instanceof Error ? cause.message : String(cause), ERROR_CHARS_MAX);
  if (!network.success) return words;
  const { code, message } = network.data.cause;
  return `${words} (${code ?? strangersWords(message, 100)})`;
}

/** What the protocol layer throws where no answer came in time, in milliseconds. */
const lateSchema = z.object({ code: z.literal(-32_001), data: z.object({ timeout: z.number() }) });
/** What `fetch` knows of its failure and does not say: ECONNREFUSED, ENOTFOUND. */
const networkSchema = z.object({
  cause: z.object({
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{2,40}$/)
      .optional(),
    message: z.string(),
  }),
});

/** What a server says of its failure is text of a stranger: short, on one line, in quotes that it cannot close. */
export const strangersWords = (text: string, charsMax: number): string =>
  JSON.stringify(
    text
      .replace(/[\s\p{Cc}\p{Cf}\p{Cs}\u{e0000}-\u{e0fff}]+/gu, " ")
      .trim()
      .slice(0, charsMax),
  );
