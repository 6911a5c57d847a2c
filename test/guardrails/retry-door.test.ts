// Whatever is tried again goes through one door (infra/retry.ts) or is a chart's own: no other loop, timer, library or client
// of the product tries again. What may is listed here with its bound; an entry that is not needed any more is an error too.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { retryLoopsIn } from "../support/retry-loops.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** File → why what is found in it may stay. */
const ALLOWED: Readonly<Record<string, string>> = {
  "infra/retry.ts": "the door",
  "infra/mcp/http-transport.ts":
    "a stream of notices of a plugin server that broke is opened again twice; the fetch beside it lets six through a minute",
  "infra/sandbox/confine.ts": "a path that changes while it is looked at is looked at three times, without a pause",
};

/** Files that may say how long a pause is: those that wait by a timer of a chart, or of the Redis client. */
const PAUSING: Readonly<Record<string, RegExp>> = {
  "infra/retry.ts": /pauseMsOf/,
  "infra/redis/connect.ts": /pauseMsOf/,
  "infra/model/backoff.ts": /backoffMs/,
  "actors/runtime/effects/model-call.ts": /backoffMs/,
};

const productFiles = (): string[] =>
  ["machines", "registry", "infra", "actors", "apps"].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length)),
  );

test("nothing in the product tries again past the door, and every exception is still one", () => {
  const files = productFiles();
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) =>
    retryLoopsIn(readFileSync(join(root, file), "utf8")).map(({ line, what }) => ({ file, line, what })),
  );
  const past = found.filter(({ file }) => !(file in ALLOWED));
  expect(past.map(({ file, line, what }) => `${file}:${line}: ${what}`)).toEqual([]);
  expect([...new Set(found.map(({ file }) => file))].sort()).toEqual(Object.keys(ALLOWED).sort());
});

test("how long to wait before another attempt is said in few places", () => {
  const users = productFiles().filter((file) =>
    /\b(?:backoffMs|pauseMsOf)\b/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(users.filter((file) => !(file in PAUSING))).toEqual([]);
});

describe("planted in a file, it is found:", () => {
  const planted: readonly [string, string][] = [
    [
      "a loop for ever",
      "for (;;) { try { return await ask(); } catch { await new Promise((r) => setTimeout(r, 100)); } }",
    ],
    [
      "a loop with a renamed pause",
      `import { setTimeout as rest } from "node:timers/promises";
       async function f() { while (true) { try { await ask(); break; } catch (e) { log(e); } await rest(50); } }`,
    ],
    [
      "a loop over pauses",
      "for (const ms of [1, 2]) { try { return await ask(); } catch {} await sleepy.after(ms, go); }",
    ],
    ["a chained catch", "do { ok = await ask().catch(() => false); setTimeout(go, 10); } while (!ok);"],
    [
      "counted attempts without a pause",
      "for (let attempt = 0; attempt < 3; attempt += 1) { try { return await ask(); } catch {} }",
    ],
    ["counted retries", "while (retries-- > 0) { try { return await ask(); } catch {} }"],
    ["a timer in a catch", "ask().catch(() => { setTimeout(ask, 1000); });"],
    ["a timer in a catch clause", "try { await ask(); } catch { setTimeout(again, backoffMs(1)); }"],
    ["a client that tries again", "const c = new Client({ maxRetries: 3 });"],
    ["a client that tries again by a constant", "const c = new Client({ maxRetries: TIMES });"],
    ["jobs with attempts", 'await queue.add("x", {}, { attempts: 5 });'],
    ["jobs with a backoff", 'await queue.add("x", {}, { attempts: 1, backoff: { type: "exponential" } });'],
    ["a library", 'import pRetry from "p-retry";'],
  ];
  test.each(planted)("%s", (_, text) => {
    expect(retryLoopsIn(text)).not.toEqual([]);
  });
});

describe("what does not try again is left alone:", () => {
  const clean: readonly [string, string][] = [
    [
      "each of many, whatever becomes of the others",
      "for (const one of all) { try { await act(one); } catch (e) { log(e); } }",
    ],
    ["waiting for a fact", "while (!(await isThere())) await pause(10);"],
    [
      "a nap that is called off",
      `import { setTimeout as pause } from "node:timers/promises";
       async function f() { for (;;) { if (await over()) return; await pause(10, undefined, { signal }).catch(() => {}); } }`,
    ],
    [
      "a failure that ends the loop",
      "for (;;) { try { await ask(); } catch (e) { throw wrapped(e); } await pause(9); }",
    ],
    ["a beat", "timer = setTimeout(beat, 1000);"],
    ["clients told not to", "const c = new Client({ maxRetries: 0 }); await queue.add(1, 2, { attempts: 1 });"],
    ["entries that are walked", "for (const entry of entries) { try { await read(entry); } catch { skip(entry); } }"],
  ];
  test.each(clean)("%s", (_, text) => {
    expect(retryLoopsIn(text)).toEqual([]);
  });
});
