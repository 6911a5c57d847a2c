// A process is its number, its start and its boot: a number alone never suffices to signal anything.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  identifyProcess,
  isAlive,
  type ProcessIdentity,
  signalProcess,
} from "../../../infra/redis/process-identity.ts";

it("a living process is alive under its identity, and only under its whole identity", () => {
  const me = identifyProcess(process.pid);
  if (me === undefined) throw new Error("this process was not found");
  expect(me.pid).toBe(process.pid);
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, startTime: `${me.startTime}0` })).toBe(false);
  expect(isAlive({ ...me, bootId: "another" })).toBe(false);
});

it("a reused number is never signalled", () => {
  const me = identifyProcess(process.pid);
  if (me === undefined) throw new Error("this process was not found");
  expect(signalProcess({ ...me, startTime: "1" }, "SIGKILL")).toBe(false);
});

it("a signal reaches the process it was meant for, which is then gone", async () => {
  const child = spawn("sleep", ["60"]);
  const identity = identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error("the child was not found");
  const exit = once(child, "exit");
  expect(signalProcess(identity, "SIGKILL")).toBe(true);
  await exit;
  expect(isAlive(identity)).toBe(false);
  expect(signalProcess(identity, "SIGKILL")).toBe(false);
});

it("a zombie is gone", async () => {
  // The shell's child ends and is not collected, because the shell has become a sleep.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]);
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  await expect.poll(() => identifyProcess(Number(line.toString()))).toBeUndefined();
  parent.kill("SIGKILL");
});

const threads = spawnSync("perl", ["-Mthreads", "-e", "1"]).status === 0 && process.platform === "linux";

it.skipIf(!threads)("a process whose first thread has ended lives as long as its last one", async () => {
  // exit(2), which ends a thread alone.
  const exit = process.arch === "x64" ? 60 : 93;
  const program = `use threads; threads->create(sub { sleep 60 }); syscall(${exit}, 0);`;
  const child = spawn("perl", ["-e", program]);
  const gone = once(child, "exit");
  const pid = child.pid ?? 0;
  await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8")).toMatch(/\) Z /);
  const identity = identifyProcess(pid);
  expect(identity).toMatchObject({ pid });
  expect(signalProcess(identity as ProcessIdentity, "SIGKILL")).toBe(true);
  await gone;
  expect(isAlive(identity as ProcessIdentity)).toBe(false);
});

it.each([0, -1, 1.5, Number.NaN])("%s is no process", (pid) => {
  expect(identifyProcess(pid)).toBeUndefined();
});
