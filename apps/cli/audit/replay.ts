/** `swarm audit replay --policy FILE`: what another policy would have decided on recorded history, before anybody adopts it. */
import { auditDocument } from "../../../actors/runtime/audit/audit-document.ts";
import { kindOf } from "../../../actors/runtime/audit/audit-row.ts";
import { replayed } from "../../../actors/runtime/audit/policy-replay.ts";
import type { ReplayPolicy } from "../../../actors/runtime/audit/recorded-question.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { oneOf } from "../flags.ts";
import type { Hive } from "../hive.ts";
import { harmless } from "../print.ts";
import { type AuditWish, onRun, runsOf, wishOf } from "./filters.ts";
import { jsonList } from "./json-stream.ts";
import { policyFrom } from "./policy-file.ts";
import { type RecordedCallRow, recordedCalls } from "./recorded-calls.ts";

export async function replayPolicy(hive: Hive, flags: Record<string, unknown>): Promise<number> {
  if (typeof flags.policy !== "string") {
    throw new SwarmError("usage.audit", "replay needs a policy to try", {
      exit: 2,
      hint: "swarm audit replay --policy FILE",
    });
  }
  const failOn = oneOf(flags.failOn, "--fail-on", ["widened", "changed"]);
  const policy = await policyFrom(flags.policy);
  const wish = { ...wishOf({ ...flags, json: true }, Date.now()) };
  const runs = await runsOf(hive, wish);
  const asJson = flags.json === true;
  const list = asJson ? await jsonList({ v: 1, policy: flags.policy }, "changed") : null;
  const told = async (call: RecordedCallRow, change: Changed): Promise<void> => {
    if (list !== null) await list.item(changeDocument(call, change));
    else process.stdout.write(`${changeLine(call, change)}\n`);
  };
  const counts = await tried(hive, runs, wish, policy, told);
  if (list !== null) await list.end({ counts });
  else process.stdout.write(`${summary(counts)}\n`);
  const changed = counts.widened + counts.narrowed + counts.shifted;
  return (failOn === "widened" && counts.widened > 0) || (failOn === "changed" && changed > 0) ? 3 : 0;
}

interface ReplayCounts {
  decisions: number;
  same: number;
  widened: number;
  narrowed: number;
  shifted: number;
  /** Could not be asked again; why, and how often. */
  readonly skipped: Record<string, number>;
}

type Changed = ReturnType<typeof replayed>;

async function tried(
  hive: Hive,
  runs: readonly string[],
  wish: AuditWish,
  policy: ReplayPolicy,
  told: (call: RecordedCallRow, change: Changed) => Promise<void>,
): Promise<ReplayCounts> {
  const counts: ReplayCounts = { decisions: 0, same: 0, widened: 0, narrowed: 0, shifted: 0, skipped: {} };
  for (const run of runs) {
    await onRun(wish, async () => {
      for await (const call of recordedCalls(hive, run, wish, policy)) {
        const { row, recorded } = call;
        if (kindOf(row) !== "decision") continue;
        if (counts.decisions >= wish.limit) return;
        counts.decisions += 1;
        if ("lacks" in recorded) {
          counts.skipped[recorded.lacks] = (counts.skipped[recorded.lacks] ?? 0) + 1;
          continue;
        }
        const change = replayed(row.decision, recorded.question);
        counts[change.change] += 1;
        if (change.change !== "same") await told(call, change);
      }
    });
  }
  return counts;
}

const changeDocument = ({ row }: RecordedCallRow, { now, change }: Changed): Record<string, unknown> => ({
  change,
  recorded: auditDocument(row),
  would: { decision: now.decision, risk: now.risk, rule: now.rule, reason: now.reason, handler: now.handler },
});

function changeLine({ row }: RecordedCallRow, { now, change }: Changed): string {
  const input = row.recorded === undefined ? "" : (JSON.stringify(row.recorded.input) ?? "");
  const call = `${row.id} ${row.run} ${row.actor} ${row.tool} ${input.slice(0, 200)}`;
  return harmless(`${change}: ${row.decision} (${row.rule}) -> ${now.decision} (${now.rule})  ${call}`);
}

function summary({ decisions, same, widened, narrowed, shifted, skipped }: ReplayCounts): string {
  const lines = [
    `${decisions} recorded decisions: ${same} the same, ${widened} widened (would be allowed now), ${narrowed} narrowed (were allowed), ${shifted} between asked and denied`,
    ...Object.entries(skipped).map(([why, count]) => `  ${count} not asked again: ${why}`),
  ];
  return lines.map(harmless).join("\n");
}
