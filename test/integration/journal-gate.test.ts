/** Laws of the gate: one winner per effect, ever, whoever races for it and whatever dies. */
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { gates } from "../../actors/runtime/gates.ts";
import { openHostState } from "../../infra/journal/host-state.ts";
import { openJournal } from "../../infra/journal/journal.ts";
import { openLog } from "../../infra/log.ts";
import type { Hosts } from "../../infra/redis/hosts.ts";
import { elsewhere, moduleUrl, openTestJournal } from "../support/journal.ts";

const EFFECT = "r_one/a_goal/0.3:0";

/** A process that takes the gate as soon as the clock says so, and prints whether it won. */
const racer = (gates: string, atMs: number, effect = EFFECT): string => `
  import { takeGate } from ${JSON.stringify(moduleUrl("infra/journal/gate.js"))};
  import { identifyProcess } from ${JSON.stringify(moduleUrl("infra/redis/process-identity.js"))};
  const record = { v: 1, effect: ${JSON.stringify(effect)}, inputHash: "h" + process.pid, holder: identifyProcess(process.pid),
    at: "now", facts: { kind: "void", why: "a race" } };
  while (Date.now() < ${atMs}) {}
  process.stdout.write(String(await takeGate(${JSON.stringify(gates)}, record)) + " h" + process.pid);
`;

it("of fifty processes that race for a gate, one wins, and the gate names that one", async () => {
  const { journal, state } = await openTestJournal();
  moduleUrl("infra/journal/gate.js");
  const atMs = Date.now() + 6_000;
  const said = await Promise.all(Array.from({ length: 50 }, () => elsewhere(racer(state.gates, atMs))));
  const winners = said.filter((one) => one.startsWith("true"));
  expect(said.filter((one) => one.startsWith("false"))).toHaveLength(49);
  expect(winners).toHaveLength(1);
  const seen = await journal.look(EFFECT);
  expect(winners[0]).toBe(`true ${seen?.gate.inputHash}`);
});

it("a gate that is taken is never free again: not after its holder's death, not for another process, not for another input", async () => {
  const { journal, state } = await openTestJournal();
  expect(await elsewhere(racer(state.gates, 0))).toMatch(/^true/);
  expect((await journal.look(EFFECT))?.holderLives).toBe(false);
  expect(await journal.take(EFFECT, "another", { kind: "void", why: "late" })).toBe(false);
  expect(await elsewhere(racer(state.gates, 0))).toMatch(/^false/);
});

it("nothing but whole records ever lies in a gate folder", async () => {
  const { journal, state } = await openTestJournal();
  await journal.take(EFFECT, "h", { kind: "void", why: "x" });
  await journal.take(EFFECT, "h", { kind: "void", why: "x" });
  expect(readdirSync(join(state.gates, "r_one", "a_goal"))).toEqual(["0.3-0.gate"]);
});

it("the gates of an actor can be listed, and those of a run that is gone cleared away", async () => {
  const { journal } = await openTestJournal();
  for (const effect of [EFFECT, "r_one/a_goal/2.14:3", "r_one/a_other/0.1:0"]) {
    expect(await journal.take(effect, "h", { kind: "void", why: "x" })).toBe(true);
  }
  expect([...(await journal.known("r_one", "a_goal"))].sort()).toEqual([EFFECT, "r_one/a_goal/2.14:3"]);
  expect(await journal.known("r_two", "a_goal")).toEqual([]);
  expect(await journal.old(60_000)).toEqual([]);
  expect(await journal.old(-1_000)).toEqual(["r_one"]);
  await journal.forget("r_one");
  expect(await journal.known("r_one", "a_goal")).toEqual([]);
});

it("gates of a run that is gone are kept for a day, so that no sleeper of it finds one open; then they go", async () => {
  const { journal, state } = await openTestJournal();
  for (const run of ["r_gone", "r_fresh", "r_living"]) {
    await journal.take(`${run}/a_goal/0.3:0`, "h", { kind: "void", why: "x" });
  }
  const old = new Date(Date.now() - 25 * 60 * 60 * 1_000);
  for (const run of ["r_gone", "r_living"]) {
    for (const folder of [join(state.gates, run, "a_goal"), join(state.gates, run)]) utimesSync(folder, old, old);
  }
  const unused = { handOver: () => Promise.reject(new Error("nobody asked")) };
  const keeper = gates({ journal, hosts: {} as Hosts, wakers: unused, log: openLog("silent") });
  await keeper.keepTidy((run) => Promise.resolve(run === "r_living"));
  await keeper.close();
  expect(readdirSync(state.gates).sort()).toEqual(["r_fresh", "r_living"]);
});

it("an id that is no effect's names no file", async () => {
  const { journal } = await openTestJournal();
  for (const effect of ["../../x/0.1:0", "r/../0.1:0", "r/a/0.1", "r/a/b/0.1:0", "r//0.1:0", "r/a/../../0.1:0"]) {
    await expect(journal.take(effect, "h", { kind: "void", why: "x" }), effect).rejects.toThrow(/effect id/);
  }
});

it("a host keeps its name: all its workers see the same place, and nobody else may read there", async () => {
  const home = mkdtempSync(join(tmpdir(), "statehive-state-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, "state");
  const opened = await Promise.all(Array.from({ length: 8 }, () => openHostState([folder])));
  expect(new Set(opened.map(({ place }) => place)).size).toBe(1);
  expect((await openHostState([folder])).place).toBe(opened[0]?.place);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect((await openHostState([join(home, "another")])).place).not.toBe(opened[0]?.place);
});

it("a state folder that others may write to is refused by name, and the next candidate is used", async () => {
  const home = mkdtempSync(join(tmpdir(), "statehive-state-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const { chmodSync, mkdirSync } = await import("node:fs");
  const open = join(home, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  await expect(openHostState([open])).rejects.toMatchObject({ code: "state.unusable", exit: 2 });
  await expect(openHostState([open])).rejects.toThrow(open);
  const state = await openHostState([open, join(home, "fine")]);
  expect(openJournal({ state, env: {} }).place).toBe(state.place);
});
