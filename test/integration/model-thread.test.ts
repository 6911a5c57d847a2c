// The local server in its worker thread, compiled as it ships: its own CPU, no secrets, and back after a death.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { SwarmError } from "../../infra/errors.ts";
import type * as Thread from "../../infra/model/local/thread.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
let startLocalServerThread: typeof Thread.startLocalServerThread;
const started: Thread.LocalServerThread[] = [];

/** What the brain does is what the user's text says. */
const brainModule = `
import { existsSync, writeFileSync } from "node:fs";
export const brain = ({ messages }) => {
  const [order, argument] = messages.at(-1).content[0].text.split(" ");
  if (order === "spin") {
    writeFileSync(argument + ".begun", "");
    while (!existsSync(argument));
  }
  if (order === "die") process.exit(9);
  if (order === "throw") setImmediate(() => { throw new Error("out of nowhere"); });
  if (order === "bloat") for (const kept = []; ; ) kept.push(new Array(100_000).fill(Math.random()));
  return { content: [{ type: "text", text: JSON.stringify(Object.keys(process.env)) }], stopReason: "end_turn" };
};`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "statehive-thread-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  const entries = ["thread.ts", "thread-entry.ts"].map((name) => join(root, "infra/model/local", name));
  const compilerOptions = {
    noEmit: false,
    rootDir: root,
    outDir: join(folder, "built"),
    typeRoots: [join(root, "node_modules/@types")],
  };
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: [], files: entries }),
  );
  await promisify(execFile)(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  await mkdir(join(folder, "brains"));
  await writeFile(join(folder, "brains/obedient.mjs"), brainModule);
  await writeFile(join(folder, "brains/none.mjs"), "export const other = 1;");
  const built = pathToFileURL(join(folder, "built/infra/model/local/thread.js")).href;
  ({ startLocalServerThread } = await import(/* @vite-ignore */ built));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((thread) => thread.close()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(onDeath?: (error: SwarmError, final: boolean) => void): Promise<Thread.LocalServerThread> {
  const thread = await startLocalServerThread({ analystModuleUrl: brainUrl("obedient"), onDeath });
  started.push(thread);
  return thread;
}

function brainUrl(name: string): string {
  return pathToFileURL(join(folder, "brains", `${name}.mjs`)).href;
}

async function say(thread: Thread.LocalServerThread, text: string): Promise<string> {
  const response = await fetch(`${thread.baseUrl}/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${thread.token}` },
    body: JSON.stringify({ model: "local-analyst", max_tokens: 1_000, messages: [{ role: "user", content: text }] }),
  });
  const answer = (await response.json()) as { content: { text: string }[] };
  return answer.content[0]?.text ?? "";
}

/** Deaths as they are told, awaited one after the other. */
function deaths() {
  const told: { message: string; final: boolean }[] = [];
  let wake = () => {};
  return {
    onDeath: (error: SwarmError, final: boolean) => {
      told.push({ message: error.message, final });
      wake();
    },
    count: async (wanted: number) => {
      while (told.length < wanted) await new Promise<void>((resolve) => (wake = resolve));
      return told;
    },
  };
}

/** Until the thread serves again; vitest's limit ends a wait that never does. */
async function sayUntilServed(thread: Thread.LocalServerThread, text: string): Promise<string> {
  for (;;) {
    const answer = await say(thread, text).catch(() => null);
    if (answer !== null) return answer;
  }
}

test("a brain that computes without end does not hold up this process", async () => {
  const thread = await start();
  const release = join(folder, "release");
  const answer = say(thread, `spin ${release}`);
  // If the brain had this thread, nothing here would ever run again, and the file that frees it never be written.
  while (!existsSync(`${release}.begun`)) await setImmediate();
  await writeFile(release, "");
  expect(await answer).toContain("[");
});

test("the thread sees nothing of this process's environment", async () => {
  process.env.ANTHROPIC_API_KEY = "sk-ant-secret";
  try {
    expect(await say(await start(), "hello")).toBe("[]");
  } finally {
    delete process.env.ANTHROPIC_API_KEY;
  }
});

describe("a thread that dies", () => {
  test.each(["die", "throw", "bloat"])(
    "by %s is told and serves again at the same address with the same token",
    async (how) => {
      const { onDeath, count } = deaths();
      const thread = await start(onDeath);
      await say(thread, how).catch(() => null);
      const told = await count(1);
      expect(told).toEqual([{ message: expect.stringContaining("died"), final: false }]);
      expect(await sayUntilServed(thread, "hello")).toBe("[]");
    },
  );

  test("again and again stays down, says that it is final, and refuses connections", async () => {
    const { onDeath, count } = deaths();
    const thread = await start(onDeath);
    for (let death = 1; death <= 4; death += 1) {
      await sayUntilServed(thread, "hello");
      await say(thread, "die").catch(() => null);
      await count(death);
    }
    expect((await count(4)).map(({ final }) => final)).toEqual([false, false, false, true]);
    await expect(say(thread, "hello")).rejects.toThrow("fetch failed");
  });

  test("by being closed is no death", async () => {
    const told: string[] = [];
    const thread = await start((error) => told.push(error.message));
    await thread.close();
    await expect(say(thread, "hello")).rejects.toThrow("fetch failed");
    expect(told).toEqual([]);
  });
});

test("a module without a brain is a clear error at the start", async () => {
  const start = startLocalServerThread({ analystModuleUrl: brainUrl("none") });
  await expect(start).rejects.toMatchObject({ code: "model.local_server", message: expect.stringContaining("brain") });
  await expect(startLocalServerThread({ analystModuleUrl: brainUrl("missing") })).rejects.toMatchObject({
    code: "model.local_server",
  });
});

test("the thread does not keep its process alive, and what it prints is no data", async () => {
  await writeFile(join(folder, "brains/loud.mjs"), `console.log("to nobody");${brainModule}`);
  const url = pathToFileURL(join(folder, "built/infra/model/local/thread.js")).href;
  const script = `const { startLocalServerThread } = await import(${JSON.stringify(url)});
    await startLocalServerThread({ analystModuleUrl: ${JSON.stringify(brainUrl("loud"))} }); console.log("up");`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect(stdout).toBe("up\n");
  expect(stderr).toContain("to nobody");
});
