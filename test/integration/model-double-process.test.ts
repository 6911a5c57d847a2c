// The double as a process of its own: what black-box tests of the command line stand on.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { createModelClient } from "../../infra/model/anthropic.ts";
import { type ModelRequest, requestText } from "../../infra/model/request.ts";

let child: ChildProcess | undefined;
let folder: string | undefined;
afterEach(async () => {
  if (child?.exitCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  if (folder) await rm(folder, { recursive: true, force: true });
});

const request: ModelRequest = {
  model: "claude-opus-5-5",
  system: ["You test."],
  tools: [],
  messages: [{ role: "user", content: [{ type: "text", text: "Go on." }] }],
  maxTokens: 100,
};

test("a scripted process serves its entries, fails where told, and shows what it was asked", async () => {
  folder = await mkdtemp(join(tmpdir(), "statehive-double-"));
  const entries = [
    { fault: { kind: "status", status: 529, type: "overloaded_error" } },
    { when: "Go on", content: [{ type: "text", text: "from another process" }] },
  ];
  await writeFile(join(folder, "script.json"), JSON.stringify({ entries }));
  const main = "test/support/messages-double/main.ts";
  child = spawn(process.execPath, ["--import", "tsx", main, "--script", join(folder, "script.json")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!child.stdout) throw new Error("no stdout");
  const [line] = await once(createInterface(child.stdout), "line");
  const { baseUrl } = JSON.parse(line);
  const client = createModelClient({ baseUrl, apiKey: "any", idleTimeoutMs: 20_000, firstByteTimeoutMs: 20_000 });
  const call = () => client.call(request, { signal: new AbortController().signal });
  expect(await call()).toMatchObject({ kind: "failed", reason: "overloaded" });
  expect(await call()).toMatchObject({ kind: "answered", message: { content: [{ text: "from another process" }] } });
  expect(await call()).toMatchObject({
    kind: "failed",
    reason: "invalid_request",
    message: expect.stringContaining("no more"),
  });
  const served = (await (await fetch(`${baseUrl}/__served`)).json()) as { body: string; path: string }[];
  expect(served.map(({ body, path }) => [path, body])).toEqual(Array(3).fill(["/v1/messages", requestText(request)]));
});
