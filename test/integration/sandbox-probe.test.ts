/**
 * What a worker that starts on a busy machine finds out about its sandbox: a bubblewrap that fails for a moment is asked
 * again, one that always fails is given up with its own words. The failing one is a script before the real one.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSandbox, type Sandbox } from "../../infra/bwrap/sandbox.ts";
import { bubblewrap } from "../support/sandbox.ts";

const real = (await bubblewrap())?.path;
/** As root a probe runs a command in each of two ways. */
const runs = process.getuid?.() === 0 ? 2 : 1;

interface Tried {
  readonly sandbox: Sandbox;
  /** How often it was asked what it can do, and how often to confine a command. */
  readonly asked: number;
  readonly ran: number;
}

/** Opens by way of a script that fails with `says`, or by `dies`, the first so many times that it is asked or run. */
async function opened(failing: { asked?: number; ran?: number; says?: string }): Promise<Tried> {
  const home = mkdtempSync(join(tmpdir(), "statehive-busy-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const bin = join(home, "bwrap");
  const fails = failing.says === undefined ? "kill -KILL $$" : `echo "bwrap: ${failing.says}" >&2; exit 1`;
  // Several may run at once: each takes a number of its own.
  writeFileSync(
    bin,
    [
      "#!/bin/sh",
      `case "$1" in --version) kind=asked most=${failing.asked ?? 0};; --help) exec ${real} "$@";; *) kind=ran most=${failing.ran ?? 0};; esac`,
      `n=1; until mkdir ${home}/$kind.$n 2>/dev/null; do n=$((n + 1)); done`,
      `[ $n -gt $most ] && exec ${real} "$@"`,
      fails,
      "",
    ].join("\n"),
    { mode: 0o755 },
  );
  const env = { PATH: process.env.PATH ?? "" };
  const sandbox = await openSandbox({
    bin,
    install: "never",
    searchPath: env.PATH,
    state: home,
    say: () => {},
    off: false,
    network: false,
    secluded: [],
    env,
  });
  const count = (kind: string): number => readdirSync(home).filter((name) => name.startsWith(`${kind}.`)).length;
  return { sandbox, asked: count("asked"), ran: count("ran") };
}

describe.skipIf(real === undefined)("a bubblewrap", () => {
  it("that works is asked once, and run once in each way", async () => {
    expect(await opened({})).toMatchObject({ sandbox: { level: "full" }, asked: 1, ran: runs });
  });

  it("that is killed twice before it can say what it is has a third try", async () => {
    expect(await opened({ asked: 2 })).toMatchObject({ sandbox: { level: "full" }, asked: 3 });
  });

  it("that is killed at its first tries at a command is tried again", async () => {
    expect(await opened({ ran: 2 })).toMatchObject({ sandbox: { level: "full", reasons: [] }, ran: 2 + runs });
  });

  it("that lacks something for a moment is tried again", async () => {
    const says = "Creating new namespace failed: Resource temporarily unavailable";
    expect(await opened({ ran: 2, says })).toMatchObject({ sandbox: { level: "full" }, ran: 2 + runs });
  });

  it("that lacks something at each try is given up after the third, with its own words", async () => {
    const says = "Creating new namespace failed: Resource temporarily unavailable";
    const { sandbox, ran } = await opened({ ran: 100, says });
    expect(sandbox).toMatchObject({ level: "none", confinement: null });
    expect(sandbox.reasons.join()).toContain(says);
    expect(ran).toBe(3 * runs);
  });

  it("that is killed at each try is given up, and how it ended is said", async () => {
    const { sandbox } = await opened({ ran: 100 });
    expect(sandbox).toMatchObject({ level: "none", confinement: null });
    expect(sandbox.reasons.join()).toContain("ended by SIGKILL");
  });

  it("that the kernel refuses is not asked again", async () => {
    const says = "No permissions to create new namespace";
    const { sandbox, ran } = await opened({ ran: 100, says });
    expect(sandbox).toMatchObject({ level: "none", confinement: null, reasons: [expect.stringContaining(says)] });
    expect(ran).toBe(runs);
  });

  it("that was named and never runs is refused with what it says", async () => {
    await expect(opened({ asked: 100, says: "libcap.so.2: cannot open shared object file" })).rejects.toMatchObject({
      code: "sandbox.bad_binary",
      message: expect.stringContaining("libcap.so.2: cannot open"),
    });
  });
});
