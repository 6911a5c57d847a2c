/** Every fact that reaches a coordinator: ends of agents, words from outside, answers to what it sent for, its own timers. */
import type { MessageEvent, OutsideMessage } from "./effect.ts";
import type { PlannedTask } from "./task-graph.ts";

/** `leave`: nobody can be asked. */
export type MergeVerdict = "ask" | "allow" | "leave";

export type CoordinatorEvent =
  | Extract<MessageEvent, { type: "task.settled" }>
  | Extract<MessageEvent, { type: "question.asked" | "post.sent" }>
  | Extract<OutsideMessage, { type: "run.cancel" | "agent.died" | "task.requeued" | "task.cancel" | "result.revoke" }>
  /** `commit` is null where the agent changed nothing. */
  | { readonly type: "task.joined"; readonly task: string; readonly commit: string | null; readonly files: number }
  | {
      readonly type: "task.conflicted";
      readonly task: string;
      readonly files: readonly string[];
      readonly reason: string;
    }
  /** It could not even be tried: git broke, the tree is gone. */
  | { readonly type: "task.unjoined"; readonly task: string; readonly reason: string }
  | { readonly type: "workspace.rebuilt" }
  | { readonly type: "workspace.unbuilt"; readonly reason: string }
  /** Its brief is written with this very step. */
  | { readonly type: "proposal.prepared"; readonly task: PlannedTask }
  | { readonly type: "proposal.unprepared"; readonly task: string; readonly reason: string }
  /** Legal as far as the world goes (types, contracts, briefs); what the graph says of it, the chart decides. */
  | {
      readonly type: "proposal.made";
      readonly task: string;
      readonly tasks: readonly PlannedTask[];
      /** Planned tasks that are not wanted any more. */
      readonly drops: readonly string[];
      /** Tasks of `tasks` that take the place of the failed one for all that need it; empty: those that nothing else needs. */
      readonly ends: readonly string[];
      readonly accept: "allow" | "ask" | "deny";
      readonly reason: string;
    }
  /** It is no proposal, or one that cannot be run. */
  | {
      readonly type: "proposal.refused";
      readonly task: string;
      readonly problems: readonly string[];
      /** Whoever made it says that there is none: asking again would change nothing. */
      readonly final?: true | undefined;
    }
  | {
      readonly type: "verdict.read";
      readonly task: string;
      readonly of: string;
      readonly holds: boolean;
      readonly reasons: readonly string[];
    }
  /** Somebody can be asked, and is: the answer comes as `approval.answered` with the call `question:<question>`. */
  | { readonly type: "question.open"; readonly question: string }
  | { readonly type: "question.closed"; readonly question: string; readonly reason: string }
  /** Timers: a restart is old enough to be forgotten; an agent's time is up. */
  | { readonly type: "restart.forgotten"; readonly restart: number }
  | { readonly type: "task.lapsed"; readonly task: string; readonly actor: string }
  | {
      readonly type: "workspace.collected";
      readonly files: number;
      readonly commit: string;
      readonly merge: MergeVerdict;
      readonly reason: string;
    }
  | { readonly type: "workspace.uncollected"; readonly reason: string }
  | { readonly type: "workspace.merged" }
  | { readonly type: "workspace.left"; readonly reason: string }
  | {
      readonly type: "approval.answered";
      readonly call: string;
      readonly allowed: boolean;
      readonly reason?: string | undefined;
      readonly by?: string | undefined;
    };
