/** Laws of the recorder: a command runs once, ends with its group, and its outcome outlives everybody who wanted it. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startRecorder } from "../../infra/journal/commands.ts";
import { identifyProcess, isAlive, signalProcess } from "../../infra/redis/process-identity.ts";
import {
  builtModule,
  elsewhere,
  linesIn,
  moduleUrl,
  openTestJournal,
  type TestJournal,
  type TestJournalOptions,
} from "../support/journal.ts";
import { bubblewrap } from "../support/sandbox.ts";
import { eventually } from "../support/swarm-cli.ts";

const EFFECT = "r_one/a_goal/0.3:0";
const never = new AbortController().signal;

const order = ({ workspace }: TestJournal, command: string, timeoutMs = 30_000) => ({
  effect: EFFECT,
  inputHash: "h",
  command,
  cwd: workspace,
  timeoutMs,
});

async function ran(given: TestJournal, command: string, timeoutMs?: number) {
  const end = await given.journal.run(order(given, command, timeoutMs), never);
  if (end.kind !== "ended") throw new Error(`it did not end but: ${end.kind}`);
  return { ...end.outcome, text: end.output.toString("utf8") };
}

/** Resolves once the file does not grow any more: looked at until it was the same for a while. */
async function still(file: string): Promise<number> {
  let since = 0;
  let lines = -1;
  return eventually(`${file} does not grow`, () => {
    const now = linesIn(file).length;
    since = now === lines ? since + 1 : 0;
    lines = now;
    return since > 40 ? now : false;
  });
}

const has = (await bubblewrap()) !== null;
const ways: readonly (readonly [string, TestJournalOptions["confined"]])[] = [
  ["as it is", undefined],
  ["confined", {}],
];

describe.each(ways)("%s", (_, confined) => {
  if (confined !== undefined && !has) {
    it.skip("nothing here confines commands", () => {});
    return;
  }
  const open = (options: TestJournalOptions = {}): Promise<TestJournal> =>
    openTestJournal(confined === undefined ? options : { ...options, confined });

  it("a command's exit code and all it says, in the order in which it says it, are kept", async () => {
    const given = await open();
    const end = await ran(given, "echo one; echo two >&2; echo three; pwd; exit 7");
    expect(end).toMatchObject({ code: 7, signal: null, stopped: null, dropped: 0 });
    expect(end.text).toBe(`one\ntwo\nthree\n${given.workspace}\n`);
    expect(end.bytes).toBe(end.text.length);
  });

  it("a command sees the environment that was meant for it and nothing of ours", async () => {
    process.env.ANTHROPIC_API_KEY = "sk-ant-test-secret";
    process.env.SWARM_PREFIX = "secret-prefix";
    process.env.REDIS_URL = "redis://secret";
    try {
      const given = await open({ env: { LANG: "C.UTF-8" } });
      const { text } = await ran(given, "env; tr '\\0' '\\n' < /proc/$PPID/environ");
      expect(text).toContain("LANG=C.UTF-8");
      expect(text).not.toMatch(/secret|ANTHROPIC|REDIS_URL|SWARM_/);
    } finally {
      delete process.env.ANTHROPIC_API_KEY;
      delete process.env.SWARM_PREFIX;
      delete process.env.REDIS_URL;
    }
  });

  it("a command runs once: under a gate that is taken it does not run at all", async () => {
    const given = await open();
    const first = await ran(given, "echo x >> ran");
    expect(first.code).toBe(0);
    expect((await given.journal.run(order(given, "echo x >> ran"), never)).kind).toBe("lost");
    expect(linesIn(join(given.workspace, "ran"))).toHaveLength(1);
  });

  it("a recorder that finds the gate taken on its way runs nothing", async () => {
    const given = await open();
    expect(await given.journal.take(EFFECT, "h", { kind: "void", why: "somebody was faster" })).toBe(true);
    const recorder = builtModule("infra/journal/recorder.js");
    const setting = {
      gates: given.state.gates,
      env: { PATH: process.env.PATH ?? "" },
      recorder,
      confinement: "off" as const,
    };
    await startRecorder(setting, order(given, "echo x >> ran"));
    expect(existsSync(join(given.workspace, "ran"))).toBe(false);
    expect(await given.journal.look(EFFECT)).toMatchObject({ gate: { facts: { kind: "void" } }, outcome: null });
  });

  it("of two workers that start it at the same time, one runs it", async () => {
    const given = await open();
    const both = [1, 2].map(() => given.journal.run(order(given, "echo x >> ran; sleep 0.2; echo said"), never));
    const ends = await Promise.all(both);
    expect(ends.map(({ kind }) => kind)).toContain("ended");
    expect(linesIn(join(given.workspace, "ran"))).toHaveLength(1);
  });

  it("a command whose worker leaves goes on, and whoever comes next gets all of its outcome", async () => {
    const given = await open();
    const leaving = new AbortController();
    const command = "echo begun; echo x >> ran; while [ ! -e go ]; do sleep 0.02; done; echo done; exit 3";
    const first = given.journal.run(order(given, command), leaving.signal);
    first.catch(() => {});
    await eventually("it runs", () => linesIn(join(given.workspace, "ran")).length === 1);
    leaving.abort();
    await expect(first).rejects.toThrow();
    const second = given.journal.reattach(EFFECT, never);
    writeFileSync(join(given.workspace, "go"), "");
    const end = await second;
    expect(end.kind === "ended" && end.output.toString()).toBe("begun\ndone\n");
    expect(end.kind === "ended" && end.outcome.code).toBe(3);
    expect(linesIn(join(given.workspace, "ran"))).toHaveLength(1);
  });

  it("output beyond the limit is left out in the middle, and both output and outcome say how much", async () => {
    const given = await open();
    const end = await ran(given, "echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last");
    expect(end.bytes).toBe(3_000_000 + "first\n".length + "\nlast\n".length);
    expect(end.dropped).toBe(end.bytes - 1024 * 1024);
    expect(end.text).toMatch(/^first\nx/);
    expect(end.text).toMatch(/x\nlast\n$/);
    expect(end.text).toContain(`[${end.dropped} bytes of output were left out here]`);
    expect(end.text.length).toBeLessThan(1024 * 1024 + 100);
  });

  it("output at the limit is whole and nothing is said", async () => {
    const given = await open();
    const end = await ran(given, `head -c ${1024 * 1024} /dev/zero | tr '\\0' x`);
    expect(end).toMatchObject({ dropped: 0, bytes: 1024 * 1024 });
    expect(end.text).toBe("x".repeat(1024 * 1024));
  });

  it("a command whose time is over ends with all its children, also those that ignore the polite signal", async () => {
    const given = await open();
    const writer = "trap '' TERM; while :; do echo x >> ticks; sleep 0.02; done";
    const end = await ran(given, `(${writer}) & (${writer}) & wait`, 500);
    expect(end.stopped).toBe("timed_out");
    const ticks = join(given.workspace, "ticks");
    expect(await still(ticks)).toBeGreaterThan(0);
  });

  it("what a command leaves in the background ends with it", async () => {
    const given = await open();
    const end = await ran(
      given,
      "(while :; do echo x >> ticks; sleep 0.02; done) & until [ -s ticks ]; do sleep 0.01; done; echo out",
    );
    expect(end).toMatchObject({ code: 0, stopped: null });
    expect(end.text).toBe("out\n");
    await still(join(given.workspace, "ticks"));
  });

  it("a command whose recorder is killed is lost, said so, and nobody of it goes on writing", async () => {
    const given = await open();
    const ticks = join(given.workspace, "ticks");
    const waiting = given.journal.run(
      order(given, "(while :; do echo x >> ticks; sleep 0.02; done) & wait; echo never"),
      never,
    );
    await eventually("it ticks", () => linesIn(ticks).length > 2);
    const seen = await given.journal.look(EFFECT);
    expect(seen?.holderLives).toBe(true);
    if (seen === null) throw new Error("no gate");
    signalProcess(seen.gate.holder, "SIGKILL");
    expect((await waiting).kind).toBe("lost");
    await still(ticks);
    expect((await given.journal.reattach(EFFECT, never)).kind).toBe("lost");
  });

  it("a recorder that dies between gate and start has run nothing, and that is known", async () => {
    const given = await open();
    const facts = { kind: "command", command: "echo x >> ran", cwd: given.workspace, timeoutMs: 1_000 };
    await elsewhere(`
      import { takeGate } from ${JSON.stringify(moduleUrl("infra/journal/gate.js"))};
      import { identifyProcess } from ${JSON.stringify(moduleUrl("infra/redis/process-identity.js"))};
      await takeGate(${JSON.stringify(given.state.gates)}, { v: 1, effect: ${JSON.stringify(EFFECT)}, inputHash: "h",
        holder: identifyProcess(process.pid), at: "now", facts: ${JSON.stringify(facts)} });
    `);
    expect((await given.journal.reattach(EFFECT, never)).kind).toBe("never");
  });

  it("the go is given after the start is on the disk: without it nothing runs", async () => {
    const given = await open();
    // Confined, a command cannot look at its own record.
    if (confined !== undefined) return;
    await ran(given, "cat ../state/*/gates/r_one/a_goal/0.3-0.started > seen");
    const [record = ""] = linesIn(join(given.workspace, "seen"));
    const { leader } = JSON.parse(record) as { leader: { pid: number } };
    expect(leader.pid).toBeGreaterThan(1);
  });

  it("a command that is called off ends at once with all its children, and its outcome says so", async () => {
    const given = await open();
    const ticks = join(given.workspace, "ticks");
    const waiting = given.journal.run(order(given, "(while :; do echo x >> ticks; sleep 0.02; done) & wait"), never);
    await eventually("it ticks", () => linesIn(ticks).length > 2);
    await given.journal.callOff(EFFECT, "h");
    const end = await waiting;
    expect(end.kind === "ended" && end.outcome.stopped).toBe("called_off");
    await still(ticks);
  });

  it("a call that is called off before it began can never begin", async () => {
    const given = await open();
    await given.journal.callOff(EFFECT, "h");
    expect((await given.journal.run(order(given, "echo x >> ran"), never)).kind).toBe("lost");
    expect(existsSync(join(given.workspace, "ran"))).toBe(false);
    expect((await given.journal.reattach(EFFECT, never)).kind).toBe("never");
  });

  it("a folder that is gone is an outcome, not a hang", async () => {
    const given = await open();
    const end = await given.journal.run({ ...order(given, "echo x"), cwd: join(given.workspace, "gone") }, never);
    expect(end.kind === "ended" && end.outcome.broke).toMatch(/ENOENT/);
  });

  it("a recorder is a session of its own: nobody's hang-up reaches it, and its worker's death is not its own", async () => {
    const given = await open();
    const go = join(given.workspace, "go");
    const waiting = given.journal.run(order(given, "while [ ! -e go ]; do sleep 0.02; done; echo survived"), never);
    const seen = await eventually("its gate", () => given.journal.look(EFFECT));
    const { holder } = seen.gate;
    expect(identifyProcess(holder.pid)).toEqual(holder);
    signalProcess(holder, "SIGHUP");
    signalProcess(holder, "SIGINT");
    expect(isAlive(holder)).toBe(true);
    writeFileSync(go, "");
    const end = await waiting;
    expect(end.kind === "ended" && end.output.toString()).toBe("survived\n");
  });
});
