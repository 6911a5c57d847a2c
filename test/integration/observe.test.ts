// What is seen of a call from outside: files by their content or their times, and the network of processes that have one
// of their own, by the kernel's counters.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { changedBetween, folderState } from "../../actors/runtime/drift/folder-state.ts";
import { observe } from "../../actors/runtime/drift/observe.ts";
import { bubblewrap } from "../support/sandbox.ts";
import { temporaryFolder, writeFiles } from "../support/workspace.ts";

const workspace = (): string => {
  const folder = temporaryFolder();
  writeFiles(folder, { "a.txt": "one", "src/b.txt": "two", ".swarm/data": "x" });
  symlinkSync("a.txt", join(folder, "link"));
  return folder;
};

describe("a folder that is observed", () => {
  it("has changed by exactly the paths that are new, gone or different", async () => {
    const folder = workspace();
    const { changed } = await observe({ folder, apart: [join(folder, ".swarm")] }, async () => {
      writeFileSync(join(folder, "new.txt"), "");
      writeFileSync(join(folder, "src/b.txt"), "2wo");
      writeFileSync(join(folder, ".swarm/data"), "ours");
      rmSync(join(folder, "link"));
      symlinkSync("src", join(folder, "link"));
      mkdirSync(join(folder, "empty"));
    });
    expect(changed).toEqual(["empty", "link", "new.txt", "src/b.txt"]);
  });

  it("that nobody touched has not changed, however it is looked at", async () => {
    const folder = workspace();
    for (const by of ["stat", "content"] as const) {
      const before = await folderState(folder, { by });
      expect(before.entries.size).toBe(6);
      expect(changedBetween(before, await folderState(folder, { by }))).toEqual([]);
    }
  });

  it("with a file of the same size and times is still seen to have changed", async () => {
    const folder = workspace();
    const then = new Date(1_000_000);
    utimesSync(join(folder, "a.txt"), then, then);
    for (const by of ["stat", "content"] as const) {
      const { changed } = await observe({ folder, by }, async () => {
        writeFileSync(join(folder, "a.txt"), by === "stat" ? "two" : "six");
        utimesSync(join(folder, "a.txt"), then, then);
      });
      expect(changed, by).toEqual(["a.txt"]);
    }
  });

  it("that holds too much is compared by what was seen both times, and that is said", async () => {
    const folder = workspace();
    for (let at = 0; at < 20_010; at += 1) linkSync(join(folder, "a.txt"), join(folder, `src/${at}`));
    const { changed, notLookedAt } = await observe({ folder }, async () => {
      writeFileSync(join(folder, "a.txt"), "2wo");
      rmSync(join(folder, ".swarm/data"));
    });
    expect(notLookedAt).toEqual(["the folder holds too much to look at all of it"]);
    expect(changed).toContain("a.txt");
    expect(changed).not.toContain(".swarm/data");
  });

  it("whose call fails fails with it", async () => {
    const folder = workspace();
    await expect(observe({ folder }, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});

describe("a process with a network of its own", async () => {
  const found = await bubblewrap();

  /** A shell in a network namespace of its own: runs a line whenever it is given one. */
  async function confined(
    path: string,
  ): Promise<{ child: ChildProcess; pid: number; does(line: string): Promise<void> }> {
    const child = spawn(
      path,
      [
        "--unshare-user",
        "--unshare-net",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--info-fd",
        "3",
        "bash",
      ],
      { stdio: ["pipe", "pipe", "ignore", "pipe"] },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    const info = child.stdio[3] as NodeJS.ReadableStream;
    let said = "";
    for await (const chunk of info) said += String(chunk);
    const pid = (JSON.parse(said) as { "child-pid": number })["child-pid"];
    const does = async (line: string): Promise<void> => {
      const answered = once(child.stdout as NodeJS.ReadableStream, "data");
      child.stdin?.write(`${line}\necho done\n`);
      await answered;
    };
    await does("true");
    return { child, pid, does };
  }

  const attempts: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "an address outside",
      "(exec 3<>/dev/tcp/192.0.2.1/80) 2>/dev/null",
      ["an address outside, to which no way leads"],
    ],
    [
      "a datagram outside",
      "(echo x >/dev/udp/192.0.2.1/53) 2>/dev/null",
      ["an address outside, to which no way leads"],
    ],
    ["its own machine", "(exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null", ["a connection"]],
    ["a datagram to its own machine", "(echo x >/dev/udp/127.0.0.1/9) 2>/dev/null", ["a datagram"]],
    ["nothing", "ls / >/dev/null", []],
  ];
  for (const [what, line, reached] of attempts) {
    it.skipIf(found === null)(`that asks for ${what} is seen doing so`, async () => {
      const { pid, does } = await confined(found?.path ?? "");
      const seen = await observe({ folder: workspace(), pids: () => [pid] }, () => does(line));
      expect(seen).toMatchObject({ reachedOut: reached, changed: [], notLookedAt: [] });
    });
  }

  it("is told apart from one that shares ours: of that nothing is said but that", async () => {
    const seen = await observe({ folder: workspace(), pids: () => [process.pid] }, async () => {});
    expect(seen.reachedOut).toEqual([]);
    expect(seen.notLookedAt).toEqual(["its network is not its own: what it asks for there cannot be told apart"]);
  });
});
