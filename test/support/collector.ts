/** A collector of OpenTelemetry for tests: a real HTTP server that decodes what comes, or fails in one of the known ways. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
}

export interface Taken {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** `silent`: takes everything and never answers. `broken`: answers everything with 500. */
export type Mood = "well" | "silent" | "broken";

export interface Collector {
  readonly port: number;
  readonly url: string;
  readonly taken: readonly Taken[];
  /** Requests that were taken and not answered, whose sender still holds on. */
  held(): number;
  close(): Promise<void>;
}

export async function openCollector(mood: Mood = "well"): Promise<Collector> {
  const taken: Taken[] = [];
  let held = 0;
  const server = createServer((request, answer) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      taken.push({ path: request.url ?? "", headers: request.headers, text: body });
      held += 1;
      answer.once("close", () => {
        held -= 1;
      });
      if (mood === "well") answer.writeHead(200, { "content-type": "application/json" }).end("{}");
      if (mood === "broken") answer.writeHead(500).end("no");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    taken,
    held: () => held,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

export interface ResourceSpans {
  readonly resource: { readonly attributes: readonly Attribute[] };
  readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly Span[] }[];
}

/** By the process that told them. */
export const resourcesIn = (taken: readonly Taken[]): ResourceSpans[] =>
  taken
    .filter(({ path }) => path === "/v1/traces")
    .flatMap(({ text }) => (JSON.parse(text) as { resourceSpans: ResourceSpans[] }).resourceSpans);

export const spansIn = (taken: readonly Taken[]): Span[] =>
  resourcesIn(taken).flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));

export const said = ({ attributes }: { readonly attributes: readonly Attribute[] }): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
