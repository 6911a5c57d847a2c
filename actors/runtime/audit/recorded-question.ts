/**
 * Puts a recorded decision back into the question that was asked: the row says when, by whom and under which sandbox, the
 * run's row what it had latched, the conversation what the call was. Nothing is guessed: what is not there is said.
 */
import { grantsFor, type StoredGrant } from "../../../infra/approval.ts";
import type { Approve, Mode, PermissionQuestion, RuleLists } from "../../../registry/permission/question.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { agentTypeNamed } from "../../types/index.ts";
import { questionOf } from "../permission-question.ts";
import type { RunRow } from "../run-row.ts";
import type { RecordedRow } from "./audit-log.ts";
import { isRuntimes, kindOf } from "./audit-row.ts";

/** Another policy. Where it says nothing, what the run had latched holds. */
export interface ReplayPolicy {
  readonly rules: RuleLists;
  readonly mode?: Mode;
  readonly approve?: Approve;
  readonly deniedTools?: readonly string[];
}

export interface RecordedRun {
  readonly row: Pick<RunRow, "workspace" | "config">;
  readonly grants: readonly StoredGrant[];
  /** Folders of the swarm itself, as they are here and now: no row holds them. */
  readonly ownDirs: readonly string[];
}

export type Recorded = { readonly question: PermissionQuestion } | { readonly lacks: string };

/** Under the run's own policy where none is given. */
export function recordedQuestion(row: RecordedRow, run: RecordedRun, policy?: ReplayPolicy): Recorded {
  if (kindOf(row) !== "decision") return { lacks: "it is no decision of the rules" };
  if (isRuntimes(row)) return { lacks: "the runtime refused it before, or whatever, the rules said" };
  const tool = toolNamed(row.tool);
  if (tool === undefined) return { lacks: `this version has no tool ${row.tool}` };
  const type = agentTypeNamed(row.agentType);
  if (type === undefined) return { lacks: `this version has no agent type ${row.agentType}` };
  if (row.recorded === undefined) return { lacks: "what the call asked for is not recorded any more" };
  const { workspace, config } = run.row;
  const { rules, mode = row.mode ?? config.mode, approve = config.approve } = policy ?? { rules: config.permissions };
  const { allow, ask, deny } = rules;
  const permissions = { allow: [...allow], ask: [...ask], deny: [...deny] };
  const parsed = tool.input.safeParse(row.recorded.input);
  const asked = {
    agentType: row.agentType,
    actor: row.actor,
    typeTools: type.tools,
    deniedTools: policy?.deniedTools ?? config.deniedTools,
    tool,
    input: parsed.data ?? row.recorded.input,
  };
  const question = questionOf(
    asked,
    { workspace, config: { ...config, permissions, mode, approve } },
    {
      // A row that does not say is judged as if there had been none: the stricter guess.
      sandbox: row.sandbox ?? "none",
      ownDirs: run.ownDirs,
      grants: heldAt(run.grants, row),
      nowMs: row.atMs,
    },
  );
  return { question };
}

/** What had been given, and not taken back, by then. */
function heldAt(grants: readonly StoredGrant[], { actor, atMs }: RecordedRow): readonly StoredGrant[] {
  const then = grants
    .filter((grant) => grant.atMs <= atMs)
    .map((grant) => (grant.revoked === null || grant.revoked.atMs <= atMs ? grant : { ...grant, revoked: null }));
  return grantsFor(then, actor, atMs);
}
