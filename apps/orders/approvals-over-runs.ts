/** Approvals and grants over all runs: found by their ids, told, and taken back. */
import { userInfo } from "node:os";
import { shownApproval } from "../../actors/runtime/run-document.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { grantsFrom, type StoredApproval, type StoredGrant } from "../../infra/approval.ts";
import { SwarmError } from "../../infra/errors.ts";
import { findApproval, pendingApprovals, unknownApproval } from "../../infra/redis/approval-index.ts";
import { approvalsOf } from "../cli/approvals/give-answer.ts";
import type { Hive } from "../cli/hive.ts";

/** Over all runs. */
export async function waitingApprovals(hive: Hive): Promise<StoredApproval[]> {
  const places = await pendingApprovals(hive.redis, hive.keys);
  const runs = [...new Set(places.map(({ run }) => run))];
  const all = (await Promise.all(runs.map((run) => approvalsOf(hive, run)))).flat();
  const ids = new Set(places.map(({ approval }) => approval));
  return all.filter(({ id, status }) => ids.has(id) && status === "pending");
}

/** As `--json` and the server tell it; `group`: all that ask for the same with the same words. */
export const approvalDocument = (one: StoredApproval, group: readonly StoredApproval[]) => ({
  ...shownApproval(one),
  runId: one.run,
  call: one.call,
  status: one.status,
  ...(one.cut === true ? { cut: true } : {}),
  answer: one.answer === null ? null : { ...one.answer, at: new Date(one.answer.atMs).toISOString(), atMs: undefined },
  similar: group.filter(({ id }) => id !== one.id).map(({ id }) => id),
});

/** By its id or the beginning of it; `@last` is the newest that waits. Throws SwarmError `approval.unknown`, exit 2. */
export async function oneApproval(hive: Hive, id: string, run: string | null): Promise<StoredApproval> {
  const place = run === null ? await placeOf(hive, id) : { run, approval: id };
  const all = (await approvalsOf(hive, place.run)).filter((one) => one.id.startsWith(place.approval));
  const only = all.find((one) => one.id === place.approval) ?? (all.length === 1 ? all[0] : undefined);
  if (only === undefined || id === "") throw unknownApproval(id, `${all.length} of run ${place.run} are called so`);
  return only;
}

async function placeOf(hive: Hive, id: string): Promise<{ run: string; approval: string }> {
  if (id !== "@last") return findApproval(hive.redis, hive.keys, id);
  const newest = (await waitingApprovals(hive)).sort((a, b) => b.askedAtMs - a.askedAtMs)[0];
  if (newest === undefined) throw unknownApproval(id, "nobody waits for an approval");
  return { run: newest.run, approval: newest.id };
}

export interface RunGrant extends StoredGrant {
  readonly runId: string;
}

export async function grantsIn(hive: Hive, run: string): Promise<RunGrant[]> {
  const row = await hive.reader.run(run);
  if (row === null) return [];
  const latched = runConfigSchema.parse(JSON.parse(row.fields.config ?? "{}")).grants;
  return grantsFrom(latched, await hive.reader.grants(run)).map((grant) => ({ ...grant, runId: run }));
}

export async function runningGrants(hive: Hive): Promise<RunGrant[]> {
  const running = (await hive.reader.runs()).filter(({ fields }) => fields.status === "running");
  return (await Promise.all(running.map(({ run }) => grantsIn(hive, run)))).flat();
}

/** Throws SwarmError `grant.unknown` or `run.ended`, exit 2. `run`: null where it is one of those under way. */
export async function revokeGrant(
  hive: Hive,
  id: string,
  run: string | null,
  reason: string,
): Promise<{ readonly grant: RunGrant; readonly did: "revoked" | "again" }> {
  const known = run === null ? await runningGrants(hive) : await grantsIn(hive, run);
  const fitting = known.filter((grant) => id !== "" && grant.id.startsWith(id));
  const grant = fitting.find((one) => one.id === id) ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (grant === undefined) {
    const where = run === null ? "the runs that are under way" : `run ${run}`;
    throw new SwarmError("grant.unknown", `grant "${id}": ${fitting.length} of ${where} are called so`, {
      exit: 2,
      hint: "`swarm approvals list --granted` shows them. What a configuration file allows is changed in that file.",
    });
  }
  const answer = await hive.store.revoke(grant.runId, grant, userInfo().username, reason);
  if (answer.kind === "no_run" || answer.kind === "ended") {
    const status = answer.kind === "ended" ? answer.status : "gone";
    throw new SwarmError("run.ended", `run ${grant.runId} has ended already: ${status}; its rights ended with it`, {
      exit: 2,
    });
  }
  return { grant, did: answer.kind };
}
