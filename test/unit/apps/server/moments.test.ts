import { expect, test } from "vitest";
import { actorAt } from "../../../../actors/runtime/actor-at.ts";
import { entriesOf } from "../../../../actors/runtime/run-log.ts";
import { machines } from "../../../../actors/types/index.ts";
import { actorMoments } from "../../../../apps/server/moments.ts";
import { runViews } from "../../../../apps/server/run-view.ts";
import type { Reader } from "../../../../infra/redis/reader.ts";
import { type GoldenLog, goldenLogs, rawOf } from "../../../support/corpus.ts";

/** Logs that are walked: the longest of those whose machines still run. */
const LOGS = 3;

function counted({ lines }: GoldenLog) {
  const raws = lines.map(rawOf);
  const counts = { entries: 0 };
  const reader: Pick<Reader, "log"> = {
    log: (_run, afterSeq, max = 500) => {
      const some = raws.filter(({ firstSeq }) => firstSeq > afterSeq).slice(0, max);
      counts.entries += some.length;
      return Promise.resolve(some);
    },
  };
  return { reader, counts, last: raws.at(-1)?.firstSeq ?? 0 };
}

test("an agent at any moment is the same whichever moments were asked for before, and only its own entries are read for it", async () => {
  const logs = goldenLogs()
    .sort((a, b) => b.lines.length - a.lines.length)
    .slice(0, LOGS);
  let compared = 0;
  for (const log of logs) {
    const { reader, counts, last } = counted(log);
    const views = runViews(reader);
    const moments = actorMoments(reader, machines, views, 3);
    const { agents } = await views.of(log.run);
    for (const [actor, { entries }] of agents) {
      for (const seq of [
        last,
        Math.floor(last / 2),
        Math.floor(last / 2) + 3,
        2,
        last - 1,
        Math.floor(last / 3),
        last,
      ]) {
        counts.entries = 0;
        const told = await moments.at(log.run, actor, seq);
        expect(counts.entries).toBeLessThanOrEqual(entries.length);
        expect(told).toEqual(await actorAt(entriesOf(reader, log.run), machines, actor, seq));
        compared += told?.machine === null ? 0 : 1;
      }
    }
    expect(await moments.at(log.run, "a_nobody", last)).toBeNull();
  }
  expect(compared).toBeGreaterThan(LOGS * 5);
});

test("an agent's moments before the place where the log is damaged are told, those behind it are refused", async () => {
  const [log] = goldenLogs().sort((a, b) => b.lines.length - a.lines.length);
  if (log === undefined) throw new Error("the corpus is empty");
  const { reader } = counted(log);
  const damaged = Math.floor(log.lines.length / 2);
  const at = log.lines[damaged]?.seq ?? 0;
  const torn: Pick<Reader, "log"> = {
    log: async (run, afterSeq, max) =>
      (await reader.log(run, afterSeq, max)).map((raw) => (raw.firstSeq === at ? { ...raw, body: "{" } : raw)),
  };
  const moments = actorMoments(torn, machines, runViews(torn));
  const [before, behind] = [log.lines[damaged - 1]?.seq ?? 0, at + 1];
  const whole = await actorAt(entriesOf(reader, log.run), machines, "a_coordinator", before);
  expect(whole.machine).not.toBeNull();
  expect(await moments.at(log.run, "a_coordinator", before)).toEqual(whole);
  await expect(moments.at(log.run, "a_coordinator", behind)).rejects.toMatchObject({ code: "log.unreadable", seq: at });
});
