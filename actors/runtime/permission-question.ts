/** Puts one call as a question to the permission rules: what the run latched, and what is true at this moment. */
import type { TaintMark } from "../../machines/taint.ts";
import type {
  PermissionGrant,
  PermissionQuestion,
  RuleLists,
  SandboxLevel,
} from "../../registry/permission/question.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import type { RunRow } from "./run-row.ts";

/** What is true of this worker. What is absent is taken at its strictest. */
export interface Here {
  readonly sandbox?: SandboxLevel;
  /** Commands may run without a sandbox: the worker's operator said so. */
  readonly unconfined?: boolean;
  /** Folders of the swarm itself. */
  readonly ownDirs?: readonly string[];
}

/** The same, and what is true at this moment: what was granted to this agent, and the time by the store's clock. */
export interface Given extends Here {
  readonly grants?: readonly PermissionGrant[];
  readonly nowMs?: number;
  /** Tool → why nobody may use it any more. It stays in the prompts that have it, and every call of it is refused. */
  readonly quarantined?: ReadonlyMap<string, string>;
  /** What the agent has read. Absent: nothing that anybody would mind. */
  readonly taint?: readonly TaintMark[];
}

export interface Asked {
  readonly agentType: string;
  readonly actor: string;
  readonly typeTools: readonly string[];
  readonly deniedTools: readonly string[];
  readonly tool: ToolDeclaration;
  readonly input: unknown;
}

export function questionOf(asked: Asked, run: Pick<RunRow, "workspace" | "config">, given: Given): PermissionQuestion {
  const { mode, approve, addDirs, home, isolation } = run.config;
  return {
    ...asked,
    workspace: run.workspace,
    addDirs,
    mode,
    approve,
    sandbox: given.sandbox ?? "none",
    isolated: isolation !== null,
    rules: rulesOf(run.config),
    grants: given.grants ?? [],
    nowMs: given.nowMs ?? 0,
    ownDirs: given.ownDirs ?? [],
    taint: given.taint ?? [],
    trust: run.config.trust,
    ...(home === null ? {} : { home }),
  };
}

/** Rules that name the folder by its absolute path mean the run's own copy of it as well. */
function rulesOf({ permissions, isolation }: RunRow["config"]): RuleLists {
  if (isolation === null) return permissions;
  const meant = (texts: readonly string[]): readonly string[] =>
    texts.flatMap((text) => {
      const moved = text.replace(`(/${isolation.source}/`, `(/${isolation.tree}/`);
      return moved === text ? [text] : [text, moved];
    });
  return { allow: meant(permissions.allow), ask: meant(permissions.ask), deny: meant(permissions.deny) };
}
