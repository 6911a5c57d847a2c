/** Plugin servers over streamable HTTP: the reference server, and one that answers as no server should. */
import { spawn } from "node:child_process";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { ConfiguredStart } from "../../infra/mcp/server-entry.ts";
import { openPluginStage, realServer } from "../support/plugin-stage.ts";
import { eventually } from "../support/swarm-cli.ts";

const http = (url: string, headers: Record<string, string> = {}): ConfiguredStart => ({ kind: "http", url, headers });

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

it("the reference server answers over HTTP as it does over pipes", async () => {
  const port = await freePort();
  const child = spawn(process.execPath, [realServer("server-everything"), "streamableHttp"], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: "ignore",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await eventually("it listens", () =>
    fetch(`http://127.0.0.1:${port}/mcp`).then(
      () => true,
      () => false,
    ),
  );
  const stage = await openPluginStage({ off: true });
  const plugin = await stage.approved(http(`http://127.0.0.1:${port}/mcp`));
  const sum = await stage.call(plugin, "get-sum", { a: 2, b: 40 });
  expect([sum.ok, sum.text]).toEqual([true, expect.stringContaining("42")]);
  const structured = await stage.call(plugin, "get-structured-content", { location: "New York" });
  expect([structured.ok, structured.text]).toEqual([true, expect.stringContaining("temperature")]);
});

type Call = { readonly id: number; readonly method: string };

/** Speaks just enough to be approved; then `misdeed` answers the call. */
async function rogue(misdeed: (response: ServerResponse, call: Call) => void) {
  const seen: { readonly auth: string | undefined; readonly method: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ auth: request.headers.authorization, method: request.method });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "GET") {
        // A stream that ends at once, and wants to be opened again at once.
        response.writeHead(200, { "content-type": "text/event-stream" }).end("retry: 0\nid: 1\n\n");
        return;
      }
      const call = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Call;
      const answer = (result: unknown): void =>
        void response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ jsonrpc: "2.0", id: call.id, result }));
      if (call.method === "initialize")
        answer({
          protocolVersion: "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "rogue", version: "1" },
        });
      else if (call.method === "tools/list")
        answer({ tools: [{ name: "act", description: "Acts.", inputSchema: { type: "object" } }] });
      else if (call.method === "ping") answer({});
      else if (call.method === "tools/call") misdeed(response, call);
      else response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, seen };
}

const huge = (response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "application/json" });
  const more = (): void =>
    void (response.write("x".repeat(65_536)) ? setImmediate(more) : response.once("drain", more));
  more();
};

/** Never what a call ends by. */
const LONG_MS = 60_000;

const endlessEvent = (response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const more = (): void =>
    void (response.write(`data: ${"x".repeat(65_536)}\r\n`) ? setImmediate(more) : response.once("drain", more));
  more();
};

it.each([
  ["an answer without an end", huge, /more than 4194304 bytes/, LONG_MS],
  ["an event without an end", endlessEvent, /more than 4194304 bytes/, LONG_MS],
  [
    "an error",
    (response: ServerResponse) => void response.writeHead(500).end("broken inside"),
    /broken inside/,
    LONG_MS,
  ],
  [
    "a redirect to somewhere else",
    (response: ServerResponse) => void response.writeHead(307, { location: "http://169.254.169.254/latest" }).end(),
    /gave no answer/,
    LONG_MS,
  ],
  ["no answer at all", () => {}, /timed out/, 1_500],
  [
    "another kind of content",
    (response: ServerResponse) => void response.writeHead(200, { "content-type": "text/html" }).end("<b>"),
    /content type/,
    LONG_MS,
  ],
])("%s is a failed call, in words", async (_, misdeed, why, timeoutMs) => {
  const { url } = await rogue(misdeed);
  const stage = await openPluginStage({ off: true });
  const plugin = await stage.approved(http(url));
  const answer = await stage.call(plugin, "act", {}, { timeoutMs });
  expect([answer.ok, answer.answered]).toEqual([false, false]);
  expect(answer.text).toMatch(why);
});

it("a header is filled in from the worker's variables; a stream that only ends is not opened for ever", async () => {
  const { url, seen } = await rogue(
    (response, { id }) =>
      void response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } })),
  );
  const stage = await openPluginStage({ off: true, variableOf: (name) => (name === "TOKEN" ? "t-1" : undefined) });
  const reference = "$" + "{TOKEN}";
  const plugin = await stage.approved(http(url, { authorization: `Bearer ${reference}` }));
  expect(JSON.stringify(plugin)).not.toContain("t-1");
  for (let at = 0; at < 5; at += 1) expect((await stage.call(plugin, "act")).ok).toBe(true);
  expect(new Set(seen.map(({ auth }) => auth))).toEqual(new Set(["Bearer t-1"]));
  await eventually("it gave up", async () => {
    const before = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return seen.length === before;
  });
  expect(seen.filter(({ method }) => method === "GET").length).toBeLessThanOrEqual(6);
});
