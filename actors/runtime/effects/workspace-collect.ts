/**
 * Makes one commit of what a run changed in its own working tree, and says whether somebody has to look at it before it
 * goes where it was meant for. Made again after a crash, it finds its own commit.
 */
import { forgetJoins, type LeftWork, leaveAgentTrees } from "../../../infra/git/agent-trees.ts";
import { GitBroke } from "../../../infra/git/run-git.ts";
import { type Collected, collectWorktree } from "../../../infra/git/worktree.ts";
import { sha256 } from "../../../infra/ids.ts";
import type { Store } from "../../../infra/store.ts";
import { MERGE_CALL } from "../../../machines/approval-calls.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import type { MergeVerdict } from "../../../machines/coordinator-event.ts";
import { handedDown, isSecret, taintOf } from "../../../machines/taint.ts";
import type { Approve } from "../../../registry/permission/question.ts";
import { readBy } from "../../../registry/permission/taint.ts";
import type { Proposal } from "../approvals.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { inputHashOf } from "../judge.ts";
import type { Answer, PerformContext, Performer } from "../performer.ts";

export interface WorkspaceDeps {
  /** What git sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Results of a run by id: what their agents had read is named where somebody is asked. Absent: none is. */
  readonly results?: Store["results"];
}

/** Files that are named where somebody is asked; all are in the diff. */
const FILES_MAX = 200;

export function workspaceCollect({ env, results }: WorkspaceDeps): Performer<"workspace.collect"> {
  return async ({ wanted }, context) => {
    const { isolation } = context.run.config;
    if (isolation === null) return uncollected("this run has no working tree of its own");
    try {
      const collected = await collectWorktree(isolation, `${context.run.goal}\n\nRun: ${context.address.run}`, env);
      const ids = Object.values(context.tasks ?? {}).flatMap(({ result }) => result ?? []);
      const found = ids.length === 0 ? null : await results?.(context.address.run, ids);
      const answer = answered(collected, wanted, context, readIn(found ?? new Map()));
      // What agents of this run did and never joined is not among it; after a good end nobody misses that.
      const left = await leaveAgentTrees(isolation, !wanted, env);
      // Nothing is ever asked of the joins again.
      if ((answer.event as { merge?: MergeVerdict }).merge === "leave") await forgetJoins(isolation, env);
      return { ...answer, told: [...answer.told, ...left.map(leftWork)] };
    } catch (cause) {
      if (cause instanceof GitBroke) return uncollected(cause.message);
      throw cause;
    }
  };
}

const leftWork = ({ actor, at }: LeftWork): Answer["told"][number] => ({
  type: "workspace.left",
  reason: `what ${actor} changed did not come to count; it lies on ${at}`,
});

/** What the agents had read whose work this is: in the words of a mark, those of the first ones. */
function readIn(results: ReadonlyMap<string, string>): string | null {
  const all = [...results].flatMap(([id, text]) => handedDown(envelopeSchema.parse(JSON.parse(text)).taint ?? [], id));
  const strangers = taintOf(all).filter((mark) => !isSecret(mark));
  return strangers.length === 0 ? null : readBy("its agents have", strangers);
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

function answered(collected: Collected, wanted: boolean, context: PerformContext, read: string | null): Answer {
  const { config } = context.run;
  const { isolation } = config;
  if (isolation === null) throw new Error("collected without a tree");
  const diff = sha256(collected.diff);
  const { verdict, entry, reason } = decided(
    wanted ? (config.approve === "allow-safe" && read !== null ? "tainted" : config.approve) : "unwanted",
    collected,
    context,
    read,
  );
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
    ...(none || verdict !== "ask" ? {} : { approvals: [asked(proposal, context, read)] }),
  };
}

const RULE = "worktree.merge";

const asked = (input: MergeProposal, { address, run }: PerformContext, read: string | null): Proposal => ({
  call: MERGE_CALL,
  tool: "Merge",
  input,
  inputHash: inputHashOf(input),
  agentType: address.type,
  policy: run.policy,
  risk: "mutating",
  rule: RULE,
  reason: `all of the run's work (${input.filesTotal} ${input.filesTotal === 1 ? "file" : "files"}) goes into ${input.into}${read === null ? "" : `; ${read}`}`,
  touches: [],
});

/** Whether a person looks at the whole, once, at the end. */
function decided(
  approve: Approve | "unwanted" | "tainted",
  { files }: Collected,
  { run, address }: PerformContext,
  read: string | null,
) {
  const verdicts: Record<typeof approve, [MergeVerdict, AuditEntry["decision"], AuditEntry["handler"], string]> = {
    ask: ["ask", "ask", "interactive", "one look at the whole difference, before it is merged"],
    "allow-safe": ["allow", "allow", "worker", "made in a working tree of the run's own, and git can take it back"],
    deny: ["leave", "deny", "worker", "nobody can be asked for the merge"],
    tainted: ["leave", "deny", "worker", `nobody looks at it before it is merged, and ${read}`],
    unwanted: ["leave", "deny", "worker", "the run did not come out well: its work stays on its branch"],
  };
  const [verdict, decision, handler, said] = verdicts[approve];
  const reason = approve === "ask" && read !== null ? `${said}; ${read}` : said;
  const entry = (inputHash: string): AuditEntry => ({
    call: MERGE_CALL,
    tool: "Merge",
    agentType: address.type,
    handler,
    policy: run.policy,
    inputHash,
    decision,
    risk: files.length === 0 ? "read-only" : "mutating",
    rule: approve === "tainted" ? "taint.merge" : RULE,
    reason,
    mode: run.config.mode,
  });
  return { verdict, reason, entry };
}
