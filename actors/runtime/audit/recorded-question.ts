/**
 * Puts a recorded decision back into the question that was asked: the row says when, by whom and under which sandbox, the
 * run's row what it had latched, the conversation what the call was. Nothing is guessed: what is not there is said.
 */
import { grantsFor, type StoredGrant } from "../../../infra/approval.ts";
import type { Approve, Mode, PermissionQuestion, RuleLists } from "../../../registry/permission/question.ts";
import { isOfType } from "../../../registry/pool.ts";
import type { AgentType } from "../../types/define.ts";
import { agentTypeNamed } from "../../types/index.ts";
import { BUILT_IN, type RunCapabilities } from "../capabilities.ts";
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
  /** What the run latched beyond the built-in tools. Absent: nothing, or it is not there any more. */
  readonly capabilities?: RunCapabilities;
}

export type Recorded = { readonly question: PermissionQuestion } | { readonly lacks: string };

/** Under the run's own policy where none is given. */
export function recordedQuestion(row: RecordedRow, run: RecordedRun, policy?: ReplayPolicy): Recorded {
  if (kindOf(row) !== "decision") return { lacks: "it is no decision of the rules" };
  if (isRuntimes(row)) return { lacks: "the runtime refused it before, or whatever, the rules said" };
  const { capabilities = BUILT_IN } = run;
  const tool = capabilities.named(row.tool);
  if (tool === undefined) return { lacks: `this version has no tool ${row.tool}` };
  const type = typeOf(row.agentType, capabilities);
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
    typeTools: isOfType(type, tool) ? [...type.tools, tool.name] : type.tools,
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
      ...(row.taint === undefined ? {} : { taint: row.taint }),
    },
  );
  return { question };
}

/** A profile is called by its own name, whatever its base. */
function typeOf(name: string, { document, agentType }: RunCapabilities): AgentType | undefined {
  const profile = document.profiles.find((one) => one.name === name);
  return profile === undefined ? agentTypeNamed(name) : agentType(profile.base, name);
}

/** What had been given, and not taken back, by then. */
function heldAt(grants: readonly StoredGrant[], { actor, atMs }: RecordedRow): readonly StoredGrant[] {
  const then = grants
    .filter((grant) => grant.atMs <= atMs)
    .map((grant) => (grant.revoked === null || grant.revoked.atMs <= atMs ? grant : { ...grant, revoked: null }));
  return grantsFor(then, actor, atMs);
}
