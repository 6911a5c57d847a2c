/** `swarm approvals`: what waits for a person, one in full, the rights that were given, and taking one back. */
import type { StoredApproval } from "../../../infra/approval.ts";
import {
  approvalDocument,
  grantsIn,
  oneApproval,
  revokeGrant,
  runningGrants,
  waitingApprovals,
} from "../../orders/approvals-over-runs.ts";
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
  const found = run === null ? await waitingApprovals(hive) : await approvalsOf(hive, run);
  const groups = grouped(found);
  if (json) {
    const documents = groups.flatMap((group) => group.map((one) => approvalDocument(one, group)));
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

async function show(hive: Hive, id: string, run: string | null, json: boolean): Promise<number> {
  const one = await oneApproval(hive, id, run);
  if (json) {
    printJson({
      v: 1,
      ...approvalDocument(
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
  const { grant, did } = await revokeGrant(hive, id, run, reason);
  if (json) printJson({ v: 1, id: grant.id, runId: grant.runId, rule: grant.rule, did });
  else
    process.stdout.write(
      `${did === "again" ? "revoked before" : "revoked"}: ${grant.id}; calls of run ${grant.runId} that it covered are asked about again\n`,
    );
  return 0;
}
