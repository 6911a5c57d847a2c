/** Laws of taking a result back, on a real Redis under the real runtime: what stands on it falls, stops, and is done again. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forkOf } from "../../actors/runtime/fork.ts";
import { type Answer, EffectAborted, type PerformContext } from "../../actors/runtime/performer.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { revokeResult } from "../../actors/runtime/revoke-result.ts";
import { runDocument } from "../../actors/runtime/run-document.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { endedRevocations } from "../../infra/redis/ended-revocations.ts";
import { createFork } from "../../infra/redis/fork-run.ts";
import { envelopeSchema } from "../../machines/brief.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { callsRead, type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";

const RUN = "r_diamond";
let hive: Hive;
beforeEach(async () => {
  hive = await openMockedHive();
});
afterEach(async () => {
  await hive.close();
});

/** a ← b, c ← d; e stands on c. */
const diamond = [task("a"), task("b", ["a"]), task("c", ["a"]), task("d", ["b", "c"]), task("e", ["c"])].map((one) => ({
  ...one,
  attemptsMax: 3,
}));

interface Begun {
  readonly actor: string;
  readonly type: string;
  readonly ended: "answered" | "aborted" | null;
}

/** First attempts of d and e last until they are called off; everybody else reports at once. */
function world() {
  const begun: { actor: string; type: string; ended: "answered" | "aborted" | null }[] = [];
  const lasting = new Set(["a_d", "a_e"]);
  const forever = ({ address, signal, effectId }: PerformContext, type: string): Promise<Answer> => {
    const one: Begun & { ended: Begun["ended"] } = { actor: address.actor, type, ended: null };
    begun.push(one);
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        Object.assign(one, { ended: signal.reason instanceof EffectAborted ? "aborted" : "answered" });
        reject(signal.reason as Error);
      });
      void effectId;
    });
  };
  const performers = performersOf(
    (turn, context) => {
      const { actor } = context.address;
      if (actor === "a_d") return forever(context, "model.call");
      if (actor === "a_e" && turn === 0) return callsRead(turn);
      begun.push({ actor, type: "model.call", ended: "answered" });
      return reports(turn, `by ${actor}`);
    },
    {
      "tool.run": (_, context) => forever(context, "tool.run"),
    },
  );
  return { begun, performers, lasting };
}

const indexOf = (events: readonly LoggedEvent[], fits: (event: LoggedEvent) => boolean): number => {
  const found = events.findIndex(fits);
  if (found < 0) throw new Error("no such event");
  return found;
};

async function runToTheMiddle() {
  const stage = world();
  await hive.worker(stage.performers);
  await hive.start(RUN, diamond);
  await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_d");
  await hive.seen(RUN, ({ type, actor }) => type === "tool.intended" && actor === "a_e");
  return stage;
}

const order = (result: string, redo = true) => ({
  run: RUN,
  result,
  reason: "its file is another one",
  by: "ann",
  redo,
});
const revoke = (result: string, redo = true) =>
  revokeResult(
    { store: hive.store, reader: hive.reader, ended: endedRevocations(hive.redis, hive.keys) },
    order(result, redo),
  );

const envelopes = async () =>
  new Map(
    Object.values(await hive.reader.results(RUN)).map((text) => {
      const one = envelopeSchema.parse(JSON.parse(text));
      return [one.id, one] as const;
    }),
  );

describe("a result of a running run that is taken back", () => {
  it("falls with all that stands on it; what was running is stopped, says nothing more, and the run does it again", async () => {
    const { begun } = await runToTheMiddle();
    expect(await revoke("res_a")).toEqual({ kind: "asked" });
    expect(await revoke("res_a")).toEqual({ kind: "asked_before" });
    expect(await hive.ended(RUN)).toBe("completed");
    const events = await hive.events(RUN);
    const at = indexOf(events, ({ type }) => type === "result.revoked");
    const fallen = events.filter((event) => event.type === "result.revoked").map(({ result }) => result);
    expect(fallen.toSorted()).toEqual(["res_a", "res_b", "res_c"]);
    const fenced = events.filter((event) => event.type === "actor.fenced").map((event) => event.fenced);
    expect(fenced.toSorted()).toEqual(["a_d", "a_e"]);
    expect(events.slice(at).filter(({ actor }) => ["a_a", "a_b", "a_c", "a_d", "a_e"].includes(actor))).toEqual([]);
    expect(begun.filter(({ actor }) => actor === "a_d" || actor === "a_e").map(({ ended }) => ended)).toEqual([
      "aborted",
      "aborted",
    ]);
    const results = await envelopes();
    for (const id of ["res_a", "res_b", "res_c"]) {
      expect(results.get(id)).toMatchObject({ status: "revoked", revoked: { by: "ann" } });
    }
    expect(
      [...results.values()]
        .filter(({ status }) => status === "verified")
        .map(({ task: id }) => id)
        .toSorted(),
    ).toEqual(["a", "b", "c", "d", "e"]);
    expect((await replay(entriesOf(hive.reader, RUN), machines)).mismatch).toBeNull();
    const shown = await runDocument(hive.reader, RUN);
    expect(shown?.result?.status).toBe("verified");
    expect(
      shown?.agents
        .filter(({ state }) => state === "fenced")
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(["a_d", "a_e"]);
  });

  it("leaves alone what does not stand on it", async () => {
    await runToTheMiddle();
    await revoke("res_b");
    await hive.seen(RUN, ({ type }) => type === "result.revoked");
    const fenced = (await hive.events(RUN))
      .filter((event) => event.type === "actor.fenced")
      .map((event) => event.fenced);
    expect(fenced).toEqual(["a_d"]);
    expect((await envelopes()).get("res_c")?.status).toBe("verified");
  });
});

describe("a result of a run that is over that is taken back", () => {
  it("falls with all that stands on it, once, and the run's document says so; its log stays as it ended", async () => {
    await hive.worker(performersOf((turn) => reports(turn)));
    await hive.start(RUN, diamond);
    expect(await hive.ended(RUN)).toBe("completed");
    const before = await hive.events(RUN);
    expect(await revoke("res_c")).toEqual({
      kind: "revoked",
      results: ["c", "d", "e"].map((id) => ({ result: `res_${id}`, task: id })),
    });
    expect(await revoke("res_c")).toMatchObject({ kind: "already", revoked: { by: "ann", late: true } });
    expect(await revoke("res_d")).toMatchObject({ kind: "already" });
    expect(await hive.events(RUN)).toEqual(before);
    const results = await envelopes();
    expect(results.get("res_d")?.revoked?.reason).toContain("res_c");
    expect(results.get("res_b")?.status).toBe("verified");
    const shown = await runDocument(hive.reader, RUN);
    expect(shown?.result).toMatchObject({ status: "rejected" });
    expect(shown?.result?.reasons.join()).toContain("res_c was revoked by ann: its file is another one");
  });

  it("is refused by name where there is nothing to take back", async () => {
    await hive.worker(performersOf((turn) => reports(turn)));
    await hive.start(RUN, [task("a")]);
    expect(await hive.ended(RUN)).toBe("completed");
    expect(await revoke("res_x")).toEqual({ kind: "unknown" });
    expect(
      await revokeResult(
        { store: hive.store, reader: hive.reader, ended: endedRevocations(hive.redis, hive.keys) },
        { ...order("res_a"), run: "r_none" },
      ),
    ).toEqual({ kind: "no_run" });
  });
});

describe("a fork", () => {
  const forkAt = async (run: string, at: number) => {
    const fork = await forkOf(hive.reader, machines, { source: RUN, run, at, changes: { deniedTools: [] } });
    await createFork(hive.redis, hive.keys, fork.written);
    return fork;
  };

  it("from before the revocation knows nothing of it: what was fenced later lives, what was revoked later counts", async () => {
    const { performers } = await runToTheMiddle();
    const before = (await hive.events(RUN)).length;
    await revoke("res_b");
    await hive.seen(RUN, ({ type }) => type === "result.revoked");
    const { written } = await forkAt("r_earlier", before);
    expect(written.actors.find(({ actor }) => actor === "a_d")?.fenced).toBeNull();
    const forked = envelopeSchema.parse(JSON.parse(written.results.res_b ?? ""));
    expect(forked).toMatchObject({ status: "verified" });
    expect(forked.revoked).toBeUndefined();
    await hive.seen("r_earlier", ({ type, actor }) => type === "model.called" && actor === "a_d");
    expect((await replay(entriesOf(hive.reader, "r_earlier"), machines)).mismatch).toBeNull();
    void performers;
  });

  it("from after it has it too, and goes on from there", async () => {
    await runToTheMiddle();
    await revoke("res_b");
    await hive.seen(RUN, ({ type }) => type === "result.revoked");
    const events = await hive.events(RUN);
    const step = indexOf(events, ({ type }) => type === "result.revoked");
    const { written } = await forkAt("r_later", events[step]?.seq ?? 0);
    expect(written.actors.find(({ actor }) => actor === "a_d")?.fenced).toContain("res_b");
    expect(envelopeSchema.parse(JSON.parse(written.results.res_b ?? "")).status).toBe("revoked");
    await hive.seen(
      "r_later",
      ({ type, task: id }: LoggedEvent & { task?: string }) => type === "result.verified" && id === "d",
    );
    const told = await hive.events("r_later");
    expect(told.filter(({ actor, type }) => actor === "a_d" && type !== "agent.forked")).toEqual([]);
    expect((await replay(entriesOf(hive.reader, "r_later"), machines)).mismatch).toBeNull();
  });
});
