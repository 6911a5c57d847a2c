/** `swarm approvals`: what waits for a person, one in full, the rights that were given, and taking one back. */
import { userInfo } from "node:os";
import { shownApproval } from "../../../actors/runtime/run-document.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { grantsFrom, type StoredApproval, type StoredGrant } from "../../../infra/approval.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { findApproval, pendingApprovals, unknownApproval } from "../../../infra/redis/approval-index.ts";
import { approvalsOf, shownWith } from "../approvals/give-answer.ts";
import { answerCommands, approvalLines, inOneLine } from "../approvals/show-approval.ts";
import { oneOf } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { printJson, printTable } from "../print.ts";
import { clip } from "../progress/printable.ts";
import { clock } from "../progress/words.ts";

const ACTIONS = ["list", "show", "revoke"] as const;
const COLUMNS = 60;

export async function act([action, id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const chosen = oneOf(action, "approvals", ACTIONS) ?? "list";
  const hive = await openHive();
  try {
    const run = typeof flags.run === "string" ? await hive.reader.resolve(flags.run) : null;
    const json = flags.json === true;
    if (chosen === "show") return await show(hive, id, run, json);
    if (chosen === "revoke") return await revoke(hive, id, run, String(flags.reason ?? ""), json);
    return flags.granted === true ? await granted(hive, run, json) : await list(hive, run, json);
  } finally {
    hive.close();
  }
}

async function list(hive: Hive, run: string | null, json: boolean): Promise<number> {
  const found = run === null ? await waiting(hive) : await approvalsOf(hive, run);
  const groups = grouped(found);
  if (json) {
    const documents = groups.flatMap((group) => group.map((one) => documentOf(one, group)));
    printJson({ v: 1, approvals: documents });
    return 0;
  }
  const nowMs = Date.now();
  printTable(
    ["APPROVAL", "RUN", "AGENT", "RISK", run === null ? "EXPIRES" : "STATUS", "WHAT"],
    groups.flatMap(([first, ...same]) =>
      first === undefined
        ? []
        : [
            [
              first.id + (same.length > 0 ? ` +${same.length}` : ""),
              first.run,
              first.agent + (same.length > 0 ? ` +${same.length}` : ""),
              first.risk,
              run === null ? clock(first.expiresAtMs - nowMs) : first.status,
              clip(inOneLine(first), COLUMNS),
            ],
          ],
    ),
    run === null ? "nobody waits for an approval" : "nothing was asked in this run",
  );
  if (run === null && found.length > 0)
    process.stdout.write("\nswarm approvals show <id>   swarm approve <id>   swarm deny <id>\n");
  return 0;
}

/** Over all runs. */
async function waiting(hive: Hive): Promise<StoredApproval[]> {
  const places = await pendingApprovals(hive.redis, hive.keys);
  const runs = [...new Set(places.map(({ run }) => run))];
  const all = (await Promise.all(runs.map((run) => approvalsOf(hive, run)))).flat();
  const ids = new Set(places.map(({ approval }) => approval));
  return all.filter(({ id, status }) => ids.has(id) && status === "pending");
}

/** What asks for the same with the same words, in one run and with one outcome, is one line. */
function grouped(approvals: readonly StoredApproval[]): StoredApproval[][] {
  const groups = new Map<string, StoredApproval[]>();
  for (const one of approvals) {
    const key = [one.run, one.status, one.tool, one.inputHash].join(" ");
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return [...groups.values()];
}

const documentOf = (one: StoredApproval, group: readonly StoredApproval[]) => ({
  ...shownApproval(one),
  runId: one.run,
  call: one.call,
  status: one.status,
  ...(one.cut === true ? { cut: true } : {}),
  answer: one.answer === null ? null : { ...one.answer, at: new Date(one.answer.atMs).toISOString(), atMs: undefined },
  similar: group.filter(({ id }) => id !== one.id).map(({ id }) => id),
});

async function show(hive: Hive, id: string, run: string | null, json: boolean): Promise<number> {
  const one = await oneApproval(hive, id, run);
  if (json) {
    printJson({
      v: 1,
      ...documentOf(
        one,
        await approvalsOf(hive, one.run).then((all) =>
          all.filter(
            (other) => other.status === one.status && other.tool === one.tool && other.inputHash === one.inputHash,
          ),
        ),
      ),
    });
    return 0;
  }
  const lines = approvalLines(one, await shownWith(hive, one, Number.POSITIVE_INFINITY));
  const commands = one.status === "pending" ? answerCommands(one).map((command) => `  ${command}`) : [];
  process.stdout.write(`${[...lines, `  hash  ${one.hash}`, ...commands].join("\n")}\n`);
  return 0;
}

async function oneApproval(hive: Hive, id: string, run: string | null): Promise<StoredApproval> {
  const place = run === null ? await placeOf(hive, id) : { run, approval: id };
  const all = (await approvalsOf(hive, place.run)).filter((one) => one.id.startsWith(place.approval));
  const only = all.find((one) => one.id === place.approval) ?? (all.length === 1 ? all[0] : undefined);
  if (only === undefined || id === "") throw unknownApproval(id, `${all.length} of run ${place.run} are called so`);
  return only;
}

async function placeOf(hive: Hive, id: string): Promise<{ run: string; approval: string }> {
  if (id !== "@last") return findApproval(hive.redis, hive.keys, id);
  const newest = (await waiting(hive)).sort((a, b) => b.askedAtMs - a.askedAtMs)[0];
  if (newest === undefined) throw unknownApproval(id, "nobody waits for an approval");
  return { run: newest.run, approval: newest.id };
}

interface RunGrant extends StoredGrant {
  readonly runId: string;
}

async function grantsIn(hive: Hive, run: string): Promise<RunGrant[]> {
  const row = await hive.reader.run(run);
  if (row === null) return [];
  const latched = runConfigSchema.parse(JSON.parse(row.fields.config ?? "{}")).grants;
  return grantsFrom(latched, await hive.reader.grants(run)).map((grant) => ({ ...grant, runId: run }));
}

async function runningGrants(hive: Hive): Promise<RunGrant[]> {
  const running = (await hive.reader.runs()).filter(({ fields }) => fields.status === "running");
  return (await Promise.all(running.map(({ run }) => grantsIn(hive, run)))).flat();
}

async function granted(hive: Hive, run: string | null, json: boolean): Promise<number> {
  const grants = run === null ? await runningGrants(hive) : await grantsIn(hive, run);
  const { permissions } = hive.config;
  const rules = Object.entries(permissions).flatMap(([list, given]) =>
    (Array.isArray(given) ? given : []).map(({ text, from }: { text: string; from: string }) => ({
      list,
      rule: text,
      from,
    })),
  );
  const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  if (json) {
    const documents = grants.map(({ id, runId, rule, actor, by, origin, atMs, expiresAtMs, revoked }) => ({
      ...{ id, runId, rule, agent: actor, by, origin, at: time(atMs), expiresAt: time(expiresAtMs) },
      revoked: revoked === null ? null : { by: revoked.by, reason: revoked.reason, at: time(revoked.atMs) },
    }));
    printJson({ v: 1, grants: documents, rules });
    return 0;
  }
  const nowMs = Date.now();
  printTable(
    ["GRANT", "RUN", "FOR", "GIVEN BY", "UNTIL", "RULE"],
    grants.map(({ id, runId, actor, by, origin, expiresAtMs, revoked, rule }) => [
      id,
      runId,
      actor ?? "every agent",
      `${by} (${clip(origin, 30)})`,
      revoked !== null
        ? `revoked by ${revoked.by}`
        : expiresAtMs === null
          ? "the run ends"
          : expiresAtMs <= nowMs
            ? "expired"
            : clock(expiresAtMs - nowMs),
      rule,
    ]),
    "no run has rights beyond the rules",
  );
  process.stdout.write("\n");
  printTable(
    ["LIST", "RULE", "GIVEN BY"],
    rules.map(({ list, rule, from }) => [list, rule, from]),
    "the configuration has no rules",
  );
  return 0;
}

async function revoke(hive: Hive, id: string, run: string | null, reason: string, json: boolean): Promise<number> {
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
  if (json) printJson({ v: 1, id: grant.id, runId: grant.runId, rule: grant.rule, did: answer.kind });
  else
    process.stdout.write(
      `${answer.kind === "again" ? "revoked before" : "revoked"}: ${grant.id}; calls of run ${grant.runId} that it covered are asked about again\n`,
    );
  return 0;
}
