/**
 * Makes one commit of what a run changed in its own working tree, and says whether somebody has to look at it before it
 * goes where it was meant for. Made again after a crash, it finds its own commit.
 */
import { GitBroke } from "../../../infra/git/run-git.ts";
import { type Collected, collectWorktree } from "../../../infra/git/worktree.ts";
import { sha256 } from "../../../infra/ids.ts";
import { MERGE_CALL, type MergeVerdict } from "../../../machines/coordinator-vocabulary.ts";
import type { Approve } from "../../../registry/permission/question.ts";
import type { Proposal } from "../approvals.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { inputHashOf } from "../judge.ts";
import type { Answer, PerformContext, Performer } from "../performer.ts";

export interface WorkspaceDeps {
  /** What git sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Files that are named where somebody is asked; all are in the diff. */
const FILES_MAX = 200;

export function workspaceCollect({ env }: WorkspaceDeps): Performer<"workspace.collect"> {
  return async ({ wanted }, context) => {
    const { isolation } = context.run.config;
    if (isolation === null) return uncollected("this run has no working tree of its own");
    try {
      const collected = await collectWorktree(isolation, `${context.run.goal}\n\nRun: ${context.address.run}`, env);
      return answered(collected, wanted, context);
    } catch (cause) {
      if (cause instanceof GitBroke) return uncollected(cause.message);
      throw cause;
    }
  };
}

const uncollected = (reason: string): Answer => ({
  event: { type: "workspace.uncollected", reason } as Answer["event"],
  told: [{ type: "workspace.left", reason }],
});

/** What somebody who is asked sees first; the whole difference is the blob that `diff` names. */
interface MergeProposal {
  readonly branch: string;
  readonly base: string;
  readonly commit: string;
  readonly into: string;
  readonly files: Collected["files"];
  readonly filesTotal: number;
  readonly diff: string;
  readonly diffBytes: number;
}

function answered(collected: Collected, wanted: boolean, context: PerformContext): Answer {
  const { config } = context.run;
  const { isolation } = config;
  if (isolation === null) throw new Error("collected without a tree");
  const diff = sha256(collected.diff);
  const { verdict, entry, reason } = decided(wanted ? config.approve : "unwanted", collected, context);
  const proposal: MergeProposal = {
    branch: isolation.branch,
    base: isolation.base,
    commit: collected.commit,
    into: isolation.source,
    files: collected.files.slice(0, FILES_MAX),
    filesTotal: collected.files.length,
    diff,
    diffBytes: collected.diffBytes,
  };
  const { files, commit } = collected;
  const none = files.length === 0;
  return {
    event: { type: "workspace.collected", files: files.length, commit, merge: verdict, reason } as Answer["event"],
    told: [
      { type: "workspace.collected", branch: isolation.branch, commit, files: files.length, diff: none ? null : diff },
    ],
    ...(none ? {} : { blobs: [{ sha256: diff, text: collected.diff }], audit: [entry(inputHashOf(proposal))] }),
    ...(none || verdict !== "ask" ? {} : { approvals: [asked(proposal, context)] }),
  };
}

const RULE = "worktree.merge";

const asked = (input: MergeProposal, { address, run }: PerformContext): Proposal => ({
  call: MERGE_CALL,
  tool: "Merge",
  input,
  inputHash: inputHashOf(input),
  agentType: address.type,
  policy: run.policy,
  risk: "mutating",
  rule: RULE,
  reason: `all of the run's work (${input.filesTotal} files) goes into ${input.into}`,
  touches: [],
});

/** Whether a person looks at the whole, once, at the end. */
function decided(approve: Approve | "unwanted", { files }: Collected, { run, address }: PerformContext) {
  const verdicts: Record<typeof approve, [MergeVerdict, AuditEntry["decision"], AuditEntry["handler"], string]> = {
    ask: ["ask", "ask", "interactive", "one look at the whole difference, before it is merged"],
    "allow-safe": ["allow", "allow", "worker", "made in a working tree of the run's own, and git can take it back"],
    deny: ["leave", "deny", "worker", "nobody can be asked for the merge"],
    unwanted: ["leave", "deny", "worker", "the run did not come out well: its work stays on its branch"],
  };
  const [verdict, decision, handler, reason] = verdicts[approve];
  const entry = (inputHash: string): AuditEntry => ({
    call: MERGE_CALL,
    tool: "Merge",
    agentType: address.type,
    handler,
    policy: run.policy,
    inputHash,
    decision,
    risk: files.length === 0 ? "read-only" : "mutating",
    rule: RULE,
    reason,
    mode: run.config.mode,
  });
  return { verdict, reason, entry };
}
