// What goes over the wire to a model's server: a prefix that never changes, a conversation that only grows, and a key
// that is nowhere else.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signalProcess } from "../../infra/redis/process-identity.ts";
import type { Served } from "../support/messages-double/double.ts";
import {
  API_KEY,
  ofType,
  openStage,
  type Played,
  type RunDocument,
  read,
  report,
  type Stage,
  says,
  use,
  wireOf,
} from "../support/run-stage.ts";
import { documentOf, eventually, processesOf } from "../support/swarm-cli.ts";
import { serverOf, workersOf } from "../support/swarm-store.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ SWARM_LOG_LEVEL: "trace" });
});
afterAll(() => stage?.[Symbol.asyncDispose]());

/** System and tools as bytes; they stand behind the messages, the model and the stream flag. */
const prefixOf = ({ body }: Served): string => body.slice(body.lastIndexOf(',"system":['));

const unmarked = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === "cache_control" ? undefined : inner)));

function expectAppendOnly(requests: readonly Served[]): void {
  for (const [index, request] of requests.entries()) {
    const before = index === 0 ? [] : wireOf(requests[index - 1] as Served).messages;
    expect(unmarked(wireOf(request).messages.slice(0, before.length))).toEqual(unmarked(before));
  }
}

describe("over a run of several turns", () => {
  let played: Played;
  beforeAll(async () => {
    const grep = use("Grep", { pattern: "add" });
    const glob = use("Glob", { pattern: "**/*.ts" });
    played = await stage.play([says(read()), says(grep, glob), says(use("Nothing", {})), report("adds")]);
  });

  test("system and tools are the same bytes in every request", () => {
    expect(played.requests).toHaveLength(4);
    const [first = ""] = played.requests.map(prefixOf);
    expect(first).toMatch(/^,"system":\[.{100,}"tools":\[/s);
    expect(played.requests.map(prefixOf)).toEqual(played.requests.map(() => first));
  });

  test("tools come sorted by name", () => {
    const names = wireOf(played.requests[0] as Served).tools.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    // Where a sandbox holds, commands that only look need no rule.
    expect(names.filter((name) => name !== "Bash")).toEqual([
      "AskParent",
      "Glob",
      "Grep",
      "Note",
      "Read",
      "Remember",
      "Report",
      "ToolSearch",
      "UseTool",
    ]);
  });

  test("exactly two places are marked for the cache", () => {
    for (const { body } of played.requests) expect(body.match(/"cache_control":/g)).toHaveLength(2);
  });

  test("messages are only ever added", () => {
    expectAppendOnly(played.requests);
    expect(played.requests.map((request) => wireOf(request).messages.length)).toEqual([1, 3, 5, 7]);
  });
});

test("after everything was killed, another worker asks the same bytes again and nothing that was answered", async () => {
  const { command, requests } = stage.begin([
    says(read()),
    { ...report("lost"), delayMs: 600_000 },
    { ...report("adds") },
  ]);
  await eventually("the second question is asked", () => requests().length === 2);
  const before = await workersOf(stage.swarm);
  expect(before).toHaveLength(1);
  command.signal("SIGKILL");
  for (const { identity } of before) signalProcess(identity, "SIGKILL");
  const server = serverOf(stage.swarm);
  if (server !== undefined) signalProcess(server.identity, "SIGKILL");
  await command.done;

  const finished = await stage.swarm.ask(["resume", "@last", "--json"]);
  const document = documentOf<RunDocument>(finished);
  expect({ code: finished.code, status: document.status, value: document.result?.value }).toEqual({
    code: 0,
    status: "completed",
    value: { summary: "adds" },
  });
  const asked = requests();
  expect(asked).toHaveLength(3);
  expect(asked[2]?.body).toBe(asked[1]?.body);
  expect(new Set(asked.map(prefixOf)).size).toBe(1);
  expectAppendOnly(asked);
  const after = await workersOf(stage.swarm);
  expect(after.map(({ id }) => id)).not.toEqual(before.map(({ id }) => id));
  const events = await stage.events(document.runId);
  expect(ofType(events, "model.failed")).toMatchObject([{ reason: "lost" }]);
  expect(ofType(events, "model.answered")).toHaveLength(2);
});

test("the key is sent to the server, and is in no output, no log and no file", async () => {
  const { finished, document, requests } = await stage.play([says(read()), report("adds")]);
  const credential = `Bearer ${API_KEY}`;
  expect(requests.map(({ headers }) => headers.authorization)).toEqual([credential, credential]);
  const outputs = [finished];
  for (const args of [
    ["show", "@last", "--json"],
    ["logs", "@last", "--jsonl"],
    ["ps", "--json"],
    ["doctor", "--json"],
    ["doctor"],
  ])
    outputs.push(await stage.swarm.ask(args));
  expect(outputs.map(({ code }) => code)).toEqual(outputs.map(() => 0));
  for (const { stdout, stderr } of outputs) expect(`${stdout}${stderr}`).not.toContain(API_KEY);

  const files = readdirSync(stage.swarm.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const appendOnly = files.filter((file) => file.endsWith(".aof"));
  expect(appendOnly.map((file) => readFileSync(file).includes(document.runId))).toContain(true);
  expect(files.map((file) => file.split("/").at(-1))).toContain("worker.log");
  expect(files.filter((file) => readFileSync(file).includes(API_KEY))).toEqual([]);
  const titles = processesOf(stage.swarm.home).map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  expect(titles.length).toBeGreaterThan(0);
  expect(titles.filter((title) => title.includes(API_KEY))).toEqual([]);
});
