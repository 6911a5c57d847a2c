// No path, link, device or race takes a tool out of its workspace, blocks it or makes it read without end.

import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import {
  followLinks,
  type Grip,
  gripByDescriptor,
  gripByName,
  hold,
  type OpenFile,
} from "../../infra/sandbox/confine.ts";
import { openBox, type WorkspaceBox } from "../../infra/sandbox/workspace-box.ts";
import type { Box, BoxRefusal, BoxSkip } from "../../registry/box.ts";
import { isBoxRefusal } from "../../registry/refusal.ts";
import { callTool, pathsOf, temporaryFolder, workspaceOf, writeFiles } from "../support/workspace.ts";

const secret = "the secret outside";

/** A workspace beside a secret, so that `../outside/secret.txt` is a real file. */
async function besideSecret(): Promise<{ box: WorkspaceBox; root: string; outside: string }> {
  const home = temporaryFolder();
  const root = join(home, "root");
  const outside = join(home, "outside");
  writeFiles(root, { "inside.txt": "inside", "sub/deep.txt": "deep" });
  writeFiles(outside, { "secret.txt": secret, "inner/secret.txt": secret });
  return { box: await openBox(root), root, outside };
}

async function refusalOf(action: Promise<unknown>): Promise<BoxRefusal> {
  const error = await action.then(
    (value) => new Error(`nothing was refused: ${JSON.stringify(value)}`),
    (failure: unknown) => failure,
  );
  if (isBoxRefusal(error)) return error;
  throw error;
}

const read = (box: WorkspaceBox, path: string) => box.read(path, { bytesMax: 1_000 });
const textOf = async (box: WorkspaceBox, path: string) => Buffer.from((await read(box, path)).bytes).toString();

test("the sandbox's box is the registry's box", () => {
  expectTypeOf<WorkspaceBox>().toExtend<Box>();
});

describe("paths", () => {
  test("no spelling of a path outside is read, walked or even looked at", async () => {
    const { box, root, outside } = await besideSecret();
    symlinkSync(outside, join(root, "door"));
    symlinkSync("../outside/secret.txt", join(root, "window"));
    symlinkSync("sub/../../outside", join(root, "round"));
    symlinkSync("door", join(root, "chain"));
    const spellings = [
      "..",
      "../outside/secret.txt",
      "sub/../../outside/secret.txt",
      "./../outside/secret.txt",
      join(outside, "secret.txt"),
      `${root}/../outside/secret.txt`,
      `${root}x/secret.txt`,
      "/etc/passwd",
      "/",
      "door",
      "door/secret.txt",
      "door/inner/secret.txt",
      "window",
      "round/secret.txt",
      "chain/secret.txt",
    ];
    for (const path of spellings) {
      expect([path, (await refusalOf(read(box, path))).code]).toEqual([path, "box.outside"]);
      expect([path, (await refusalOf(box.stat(path))).code]).toEqual([path, "box.outside"]);
      expect([path, (await refusalOf(pathsOf(box.walk({ under: path })))).code]).toEqual([path, "box.outside"]);
    }
  });

  test("a refusal does not tell what exists outside", async () => {
    const { box, root, outside } = await besideSecret();
    symlinkSync(outside, join(root, "door"));
    symlinkSync(join(outside, "no-such-file"), join(root, "dangling"));
    const seen = await Promise.all(
      ["door/secret.txt", "door/no-such-file", "dangling"].map((path) => refusalOf(box.stat(path))),
    );
    expect(seen.map(({ code }) => code)).toEqual(["box.outside", "box.outside", "box.outside"]);
  });

  test("what no file can be called is refused as such", async () => {
    const { box } = await besideSecret();
    for (const path of ["inside.txt\0.png", "~", "~/.ssh/id_rsa", "x".repeat(5_000), "\ud800"]) {
      expect((await refusalOf(read(box, path))).code).toBe("box.bad_path");
    }
    expect((await refusalOf(read(box, "y".repeat(300)))).code).toBe("box.bad_path");
  });

  test("inside, every spelling leads to the same file", async () => {
    const { box, root } = await besideSecret();
    symlinkSync("sub", join(root, "alias"));
    symlinkSync(join(root, "sub/deep.txt"), join(root, "absolute"));
    symlinkSync("../root/sub", join(root, "out-and-in"));
    for (const path of [
      "sub/deep.txt",
      "./sub//deep.txt",
      "alias/deep.txt",
      "absolute",
      join(root, "sub/deep.txt"),
      "sub/../sub/deep.txt",
    ]) {
      expect(await textOf(box, path)).toBe("deep");
      expect((await box.stat(path)).path).toBe("sub/deep.txt");
    }
    expect((await refusalOf(read(box, "out-and-in/deep.txt"))).code).toBe("box.outside");
  });

  test("a workspace opened through a link is known by both its names", async () => {
    const { root } = await besideSecret();
    const link = join(temporaryFolder(), "link");
    symlinkSync(root, link);
    const box = await openBox(link);
    expect(box.root).toBe(root);
    expect(await textOf(box, join(link, "inside.txt"))).toBe("inside");
    expect(await textOf(box, join(root, "inside.txt"))).toBe("inside");
  });

  test("a path through a file, a loop of links and a missing file each have their own refusal", async () => {
    const { box, root } = await besideSecret();
    symlinkSync("loop-b", join(root, "loop-a"));
    symlinkSync("loop-a", join(root, "loop-b"));
    expect((await refusalOf(read(box, "inside.txt/x"))).code).toBe("box.not_found");
    expect((await refusalOf(read(box, "nowhere"))).code).toBe("box.not_found");
    const loop = await refusalOf(read(box, "loop-a"));
    expect([loop.code, loop.message]).toEqual(["box.unreadable", expect.stringContaining("circle")]);
  });

  test("a refusal keeps a hostile name from writing lines of its own", async () => {
    const { box } = await besideSecret();
    const refusal = await refusalOf(read(box, "a\nFORGED: all is well"));
    expect(refusal.message).not.toContain("\n");
    expect(refusal.path).toBe("a\nFORGED: all is well");
  });
});

describe("what is no regular file", () => {
  test("FIFOs, devices, sockets and folders are refused without waiting", async () => {
    const { box, root } = await besideSecret();
    execFileSync("mkfifo", [join(root, "fifo")]);
    const server = createServer().listen(join(root, "socket"));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    for (const path of ["fifo", "socket", "sub", "."]) {
      expect([path, (await refusalOf(read(box, path))).code]).toEqual([path, "box.not_a_file"]);
    }
    expect((await box.stat("fifo")).kind).toBe("other");
    const skips: BoxSkip[] = [];
    expect(await pathsOf(box.walk({ onSkip: (skip) => skips.push(skip) }))).toEqual(["inside.txt", "sub/deep.txt"]);
    expect(skips.map(({ path, why }) => `${path} ${why}`).sort()).toEqual(["fifo not_a_file", "socket not_a_file"]);
  });

  test.runIf(process.platform === "linux")("devices of a workspace that holds them are refused", async () => {
    const box = await openBox("/dev");
    expect((await refusalOf(read(box, "zero"))).code).toBe("box.not_a_file");
  });

  test.runIf(process.platform === "linux")(
    "files that say they are empty, as those of /proc do, are read and bounded",
    async () => {
      const box = await openBox("/proc/sys/kernel");
      const { bytes, truncated } = await box.read("ostype", { bytesMax: 1_000 });
      expect([Buffer.from(bytes).toString(), truncated]).toEqual(["Linux\n", false]);
    },
  );

  test("a file of a gigabyte costs no more than what was asked for", async () => {
    const box = await workspaceOf({ "huge.bin": "start" });
    truncateSync(join(box.root, "huge.bin"), 1024 ** 3);
    const before = process.memoryUsage().rss;
    const first = await box.read("huge.bin", { bytesMax: 10 });
    expect([
      Buffer.from(first.bytes.subarray(0, 5)).toString(),
      first.bytes.length,
      first.bytesTotal,
      first.truncated,
    ]).toEqual(["start", 10, 1024 ** 3, true]);
    const most = await box.read("huge.bin", { bytesMax: 1024 ** 3, offset: 5 });
    expect(most.bytes.length).toBe(16 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    const past = await box.read("huge.bin", { bytesMax: 10, offset: 1024 ** 3 + 5 });
    expect([past.bytes.length, past.bytesTotal, past.truncated]).toEqual([0, 1024 ** 3, false]);
  });
});

const grips: readonly (readonly [string, Grip])[] = [
  ...(process.platform === "linux" ? [["by descriptor", gripByDescriptor] as const] : []),
  ["by name", gripByName],
];

describe.each(grips)("between check and use, held %s", (_name, grip) => {
  test("a link that appears after the check gives nothing from outside", async () => {
    const { root, outside } = await besideSecret();
    expect(await followLinks([root], "sub/deep.txt", "sub/deep.txt")).toBe("sub/deep.txt");
    renameSync(join(root, "sub"), join(root, "was"));
    symlinkSync(outside, join(root, "sub"));
    writeFileSync(join(outside, "deep.txt"), secret);
    const refusal = await refusalOf(grip([root], "sub/deep.txt", "sub/deep.txt"));
    expect(["box.outside", "box.changed"]).toContain(refusal.code);
    expect((await refusalOf(hold([root], grip, "sub/deep.txt"))).code).toBe("box.outside");
  });

  test("a file that turns into a link or a FIFO while it is held is not followed and does not block", async () => {
    const { root, outside } = await besideSecret();
    for (const replace of [
      () => symlinkSync(join(outside, "secret.txt"), join(root, "inside.txt")),
      () => execFileSync("mkfifo", [join(root, "inside.txt")]),
    ]) {
      rmSync(join(root, "inside.txt"), { force: true });
      writeFileSync(join(root, "inside.txt"), "inside");
      const held = await hold([root], grip, "inside.txt");
      rmSync(join(root, "inside.txt"));
      replace();
      const content = await held.openFile().then(
        async (handle) => {
          const text = await wholeOf(handle);
          handle.close();
          return text;
        },
        (error: unknown) => (isBoxRefusal(error) ? error.code : error),
      );
      held.close();
      // By descriptor it is still the file that was checked; by name it is a refusal. Never the other thing.
      expect(["inside", "box.changed", "box.outside"]).toContain(content);
    }
  });
});

/** Swaps `sub` between a folder inside and a link to the folder outside. */
const swapSource = `
const fs = require("node:fs");
const [root, outside] = process.argv.slice(1);
fs.symlinkSync(outside, root + "/link");
for (let turn = 0; turn < 20000; turn += 1) {
  fs.renameSync(root + "/sub", root + "/aside");
  fs.renameSync(root + "/link", root + "/sub");
  fs.renameSync(root + "/sub", root + "/link");
  fs.renameSync(root + "/aside", root + "/sub");
}`;

async function wholeOf(file: OpenFile): Promise<string> {
  const buffer = Buffer.alloc(1_000);
  return buffer.toString("utf8", 0, await file.read(buffer, 0, 0));
}

async function tryRead(root: string, grip: Grip): Promise<string> {
  try {
    const held = await hold([root], grip, "sub/deep.txt");
    try {
      const handle = await held.openFile();
      const text = await wholeOf(handle);
      handle.close();
      return text;
    } finally {
      held.close();
    }
  } catch (error) {
    if (isBoxRefusal(error)) return error.code;
    throw error;
  }
}

test.runIf(process.platform === "linux")(
  "a folder swapped for a link thousands of times never gives a byte from outside",
  async () => {
    const { root, outside } = await besideSecret();
    writeFileSync(join(outside, "deep.txt"), secret);
    const swapper = spawn(process.execPath, ["-e", swapSource, root, outside], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let isOver = false;
    swapper.once("exit", () => {
      isOver = true;
    });
    const seen = new Map<string, number>();
    while (!isOver) {
      const what = await tryRead(root, gripByDescriptor);
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
    expect(
      [...seen.keys()].filter((what) => !["deep", "box.outside", "box.changed", "box.not_found"].includes(what)),
    ).toEqual([]);
    expect(seen.get("deep")).toBeGreaterThan(0);
    expect(seen.get("box.outside")).toBeGreaterThan(0);
  },
);

describe("a workspace that cannot be opened says why and what to do", () => {
  test("missing, a file, behind a file", async () => {
    const { root } = await besideSecret();
    for (const [path, code] of [
      [join(root, "nowhere"), "box.not_found"],
      [join(root, "inside.txt"), "box.not_a_folder"],
      [join(root, "inside.txt/x"), "box.not_found"],
      ["", "box.bad_path"],
      ["a\0b", "box.bad_path"],
    ] as const) {
      const refusal = await refusalOf(openBox(path));
      expect(refusal).toMatchObject({ code, exit: 2, hint: expect.stringMatching(/\S/) });
    }
  });

  test.runIf(process.getuid?.() === 0)(
    "without rights: a clear refusal for the root, a report for what lies inside",
    () => {
      const root = temporaryFolder();
      writeFiles(root, { "open/a.txt": "a", "open/shut.txt": "s", "shut/b.txt": "b", "closed-root/c.txt": "c" });
      chmodSync(root, 0o755);
      chmodSync(join(root, "open/shut.txt"), 0o000);
      chmodSync(join(root, "shut"), 0o000);
      chmodSync(join(root, "closed-root"), 0o000);
      onTestFinished(() => {
        for (const path of ["shut", "closed-root"]) chmodSync(join(root, path), 0o755);
      });
      const seen: unknown = JSON.parse(asNobody(root));
      expect(seen).toEqual({
        root: { code: "box.unreadable", hint: true },
        walked: ["open/a.txt", "open/shut.txt"],
        skipped: ["closed-root unreadable", "shut unreadable"],
        file: "box.unreadable",
        behind: "box.unreadable",
        a: "a",
      });
    },
  );
});

/** Runs the box in a process of an unprivileged user, because this one may be one that reads everything. */
function asNobody(root: string): string {
  const tsx = fileURLToPath(new URL("../../node_modules/tsx/dist/cli.mjs", import.meta.url));
  const program = fileURLToPath(new URL("../support/box-without-rights.ts", import.meta.url));
  return execFileSync(process.execPath, [tsx, program, root], { encoding: "utf8" });
}

describe("the walk", () => {
  test("gives every file once, in the byte-wise order of the paths, link or not, and enters no link", async () => {
    const { box, root, outside } = await besideSecret();
    writeFiles(root, { "sub.txt": "1", "sub-x/a": "2", Z: "3", "é.txt": "4", "a/b/c/d": "5" });
    symlinkSync("../sub.txt", join(root, "a/link.txt"));
    symlinkSync("sub.txt", join(root, "second-link"));
    symlinkSync("..", join(root, "a/up"));
    symlinkSync(".", join(root, "self"));
    symlinkSync(outside, join(root, "door"));
    symlinkSync("gone", join(root, "dangling"));
    linkSync(join(root, "sub.txt"), join(root, "hard"));
    const skips: BoxSkip[] = [];
    const paths = await pathsOf(box.walk({ onSkip: (skip) => skips.push(skip) }));
    const expected = [
      "Z",
      "a/b/c/d",
      "a/link.txt",
      "hard",
      "inside.txt",
      "sub-x/a",
      "sub.txt",
      "sub/deep.txt",
      "é.txt",
    ];
    expect(paths).toEqual(expected);
    expect(paths).toEqual([...paths].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
    expect(skips.map(({ path, why }) => `${path} ${why}`).sort()).toEqual([
      "a/up link_loop",
      "dangling not_a_file",
      "door link_outside",
      "second-link ignored",
      "self link_loop",
    ]);
  });

  test.runIf(process.platform === "linux")("a name that is not valid UTF-8 is reported and harms nothing", async () => {
    const { box, root } = await besideSecret();
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad-`), Buffer.from([0xff, 0xfe])]), "x");
    mkdirSync(Buffer.concat([Buffer.from(`${root}/dir-`), Buffer.from([0xc3])]));
    writeFiles(root, { "~/x": "tilde" });
    const skips: BoxSkip[] = [];
    expect(await pathsOf(box.walk({ onSkip: (skip) => skips.push(skip) }))).toEqual(["inside.txt", "sub/deep.txt"]);
    expect(skips.map(({ why }) => why)).toEqual(["bad_name", "bad_name", "bad_name"]);
  });

  test("depth and number have limits that are said", async () => {
    const { box, root } = await besideSecret();
    const deep = Array.from({ length: 120 }, () => "d").join("/");
    writeFiles(root, { [`${deep}/f`]: "x" });
    const skips: BoxSkip[] = [];
    expect(await pathsOf(box.walk({ onSkip: (skip) => skips.push(skip) }))).toEqual(["inside.txt", "sub/deep.txt"]);
    expect(skips.map(({ why, path }) => [why, path.split("/").length])).toEqual([["too_deep", 100]]);
    const few: BoxSkip[] = [];
    expect(await pathsOf(box.walk({ filesMax: 1, onSkip: (skip) => few.push(skip) }))).toEqual(["inside.txt"]);
    expect(few.at(-1)).toEqual({ path: "sub/deep.txt", why: "too_many" });
    const exact: BoxSkip[] = [];
    await pathsOf(box.walk({ filesMax: 2, onSkip: (skip) => exact.push(skip) }));
    expect(exact.map(({ why }) => why)).toEqual(["too_deep"]);
  });

  test("an aborted signal ends it", async () => {
    const { box } = await besideSecret();
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    await expect(pathsOf(box.walk({ signal: stop.signal }))).rejects.toThrow("enough");
  });
});

test.runIf(process.platform === "linux")("no descriptor stays open, whatever was refused or broken off", async () => {
  const { box, root, outside } = await besideSecret();
  symlinkSync(outside, join(root, "door"));
  execFileSync("mkfifo", [join(root, "fifo")]);
  const use = async () => {
    for (const path of ["inside.txt", "door", "door/secret.txt", "fifo", "sub", "nope", "../x", "sub/deep.txt"]) {
      await read(box, path).catch(() => undefined);
      await box.stat(path).catch(() => undefined);
    }
    for await (const _ of box.walk()) break;
    await pathsOf(box.walk({ under: "nope" })).catch(() => undefined);
  };
  await use();
  const before = readdirSync("/proc/self/fd").length;
  for (let turn = 0; turn < 20; turn += 1) await use();
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});

test("a hostile workspace gives no tool a word of the secret", async () => {
  const { box, root, outside } = await besideSecret();
  symlinkSync(outside, join(root, "door"));
  symlinkSync(join(outside, "secret.txt"), join(root, "readme.ts"));
  const calls = [
    ["Read", { file_path: "readme.ts" }],
    ["Read", { file_path: "../outside/secret.txt" }],
    ["Glob", { pattern: "**/*" }],
    ["Glob", { pattern: "*", path: "door" }],
    ["Grep", { pattern: "secret", output_mode: "content" }],
    ["Grep", { pattern: "secret", path: "door", output_mode: "content" }],
    ["Grep", { pattern: "secret", path: "readme.ts", output_mode: "content" }],
    ["AstSearch", { pattern: "$A", language: "typescript", path: "readme.ts" }],
  ] as const;
  for (const [name, input] of calls) {
    const { text } = await callTool(box, name, input);
    expect(text).not.toContain(secret);
    expect(text).not.toContain("inner");
  }
});
