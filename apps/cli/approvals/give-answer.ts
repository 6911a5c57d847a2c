/** Answers one approval for a person: bound to what they saw, once, with every refusal told by name and way out. */
import { userInfo } from "node:os";
import { entriesOf } from "../../../actors/runtime/run-log.ts";
import { type ApprovalScope, approvalsFrom, proposalHash, type StoredApproval } from "../../../infra/approval.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { newGrantId, newNonce } from "../../../infra/ids.ts";
import type { AnswerAnswer } from "../../../infra/store-approvals.ts";
import { exactRule } from "../../../registry/permission/grant-rule.ts";
import { planProjection } from "../../orders/project-run.ts";
import type { Hive } from "../hive.ts";
import { isQuestion, needsName, type ShownWith } from "./show-approval.ts";

export interface Wish {
  readonly allowed: boolean;
  readonly reason: string;
  readonly scope: ApprovalScope;
  /** Hours that a wider answer holds; null: as long as the run. */
  readonly hours: number | null;
  /** The name at stake, as the person typed it. */
  readonly touch: string | null;
  /** Of what the person saw, or its beginning; null: of what is stored. */
  readonly hash: string | null;
}

export interface Given {
  readonly id: string;
  readonly runId: string;
  readonly did: "approved" | "denied";
  readonly scope: ApprovalScope;
  readonly grant: { readonly id: string; readonly rule: string } | null;
}

const MS_PER_HOUR = 3_600_000;
const HASH_LEAST = 12;
/** Characters of a reason, at most: it is told to the model and stands in the log. */
export const REASON_MAX = 2_000;

/** Throws SwarmError, exit 2, where the answer is not taken; nothing was done then, and the audit knows of the attempt. */
export async function giveAnswer(hive: Hive, approval: StoredApproval, wish: Wish): Promise<Given> {
  const { id, run, call } = approval;
  if (wish.allowed && approval.status === "pending") {
    checkName(approval, wish.touch);
    checkWords(approval, wish.reason);
  }
  const rule = wish.allowed && wish.scope !== "once" ? await ruleFor(hive, approval) : null;
  const by = nameOfPerson();
  const grant =
    rule === null
      ? null
      : {
          id: newGrantId(),
          rule,
          actor: wish.scope === "agent" ? approval.agent : null,
          by,
          origin: id,
          ttlMs: wish.hours === null ? null : Math.round(wish.hours * MS_PER_HOUR),
        };
  const { allowed, reason, scope } = wish;
  const hash = hashOf(approval, wish.hash);
  const answer = await hive.store.answer({
    run,
    approval: id,
    call,
    hash,
    token: newNonce(),
    allowed,
    by,
    reason,
    scope,
    grant,
  });
  if (answer.kind !== "answered") throw refusal(approval, answer);
  return {
    id,
    runId: run,
    did: allowed ? "approved" : "denied",
    scope,
    grant: grant === null ? null : { id: grant.id, rule: grant.rule },
  };
}

/** What is stored must be what was proposed: whoever changed it in between gets no answer for it. */
function hashOf(approval: StoredApproval, seen: string | null): string {
  if (seen !== null) return seen.length >= HASH_LEAST && approval.hash.startsWith(seen) ? approval.hash : seen;
  return approval.cut === true ? approval.hash : proposalHash(approval);
}

function checkName({ id, risk, touches }: StoredApproval, touch: string | null): void {
  if (!needsName(risk) || touches.length === 0) return;
  const [first] = touches;
  if (touch === null) {
    throw new SwarmError("approval.touch", `approval ${id} is ${risk} and touches ${touches.join(", ")}: name it`, {
      exit: 2,
      hint: `swarm approve ${id} --touch '${first}'`,
    });
  }
  if (touches.includes(touch)) return;
  throw new SwarmError("approval.touch", `--touch "${touch}": approval ${id} touches ${touches.join(", ")}`, {
    exit: 2,
    hint: "Nothing was approved. Look at what it does: `swarm approvals show`.",
  });
}

function checkWords(approval: StoredApproval, reason: string): void {
  if (!isQuestion(approval) || reason.trim() !== "") return;
  throw new SwarmError("approval.answer", `approval ${approval.id} is a question: it is answered in words`, {
    exit: 2,
    hint: `swarm approve ${approval.id} --reason "<your answer>"`,
  });
}

/** Throws where nothing wider than the call can be said. */
async function ruleFor(hive: Hive, approval: StoredApproval): Promise<string> {
  const rule = grantableRule(approval, await workspaceOf(hive, approval.run));
  if (rule !== null) return rule;
  throw new SwarmError("approval.scope", `approval ${approval.id}: only this one call can be approved`, {
    exit: 2,
    hint: "Leave --scope away: what destroys, or cannot be said by one exact rule, is asked about every time.",
  });
}

export const grantableRule = (approval: StoredApproval, workspace: string): string | null =>
  approval.risk === "destructive" || approval.cut === true ? null : exactRule(approval.tool, approval.input, workspace);

export const workspaceOf = async (hive: Hive, run: string): Promise<string> =>
  (await hive.reader.run(run))?.fields.workspace ?? "/";

function refusal({ id, run }: StoredApproval, answer: Exclude<AnswerAnswer, { kind: "answered" }>): SwarmError {
  const refused = (code: string, message: string, hint: string): SwarmError =>
    new SwarmError(code, message, { exit: 2, hint });
  switch (answer.kind) {
    case "late":
      return refused(
        "approval.answered",
        `approval ${id} ${verdictWords(answer.verdict)}`,
        `swarm approvals show ${id}`,
      );
    case "ended":
      return refused(
        "run.ended",
        `run ${run} has ended already: ${answer.status}; nothing waits for approval ${id}`,
        `swarm show ${run}`,
      );
    case "forged":
      return refused(
        "approval.forged",
        `approval ${id} is not what this answer speaks of: its hash is another one`,
        `Look at what would be done, and answer that: swarm approvals show ${id}`,
      );
    case "unknown":
      return refused("approval.unknown", `run ${run} has no approval ${id}`, "swarm approvals list");
    case "no_run":
      return refused("run.gone", `run ${run} is gone`, "swarm approvals list");
  }
}

function verdictWords(verdict: string): string {
  if (verdict === "") return "has expired";
  const { status, by, reason, at } = JSON.parse(verdict) as { status: string; by: string; reason: string; at: number };
  const when = new Date(at).toISOString();
  if (status === "expired" || status === "withdrawn") return `was ${status} at ${when}: ${reason}`;
  return `was ${status} by ${by} at ${when}${reason === "" ? "" : `: ${reason}`}`;
}

function nameOfPerson(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}

/** Of one run, oldest first. */
export async function approvalsOf(hive: Hive, run: string): Promise<StoredApproval[]> {
  const row = await hive.reader.run(run);
  return row === null ? [] : approvalsFrom(await hive.reader.approvals(run), row.fields.status ?? "");
}

/** Those that wait with exactly the same words, this one left out. */
export const similarTo = (one: StoredApproval, all: readonly StoredApproval[]): StoredApproval[] =>
  all.filter(
    ({ id, status, tool, inputHash }) =>
      id !== one.id && status === "pending" && tool === one.tool && inputHash === one.inputHash,
  );

/** What stands beside an approval when it is shown. Reads the run's log. */
export async function shownWith(hive: Hive, approval: StoredApproval, linesMax: number): Promise<ShownWith> {
  const workspace = await workspaceOf(hive, approval.run);
  const rule = grantableRule(approval, workspace);
  const covered = { agent: 0, run: 0 };
  if (rule !== null) {
    for await (const { events, actor } of entriesOf(hive.reader, approval.run)) {
      for (const event of events) {
        if (event.type !== "tool.intended" || event.tool !== approval.tool) continue;
        if (exactRule(event.tool, event.input, workspace) !== rule) continue;
        covered.run += 1;
        if (actor === approval.agent) covered.agent += 1;
      }
    }
  }
  const projected = await planProjection(hive.reader, approval, hive.config);
  const similar = similarTo(approval, await approvalsOf(hive, approval.run)).map(({ id }) => id);
  return { nowMs: Date.now(), workspace, rule, covered, similar, linesMax, projected };
}
