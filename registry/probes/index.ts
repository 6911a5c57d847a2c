/**
 * The catalogue of probes: one file per primitive.
 */
import { agentTypeSystem } from "./agent-types/agent-type-system.ts";
import { tokenBudget } from "./budget/token-budget.ts";
import { transcriptCompaction } from "./compaction/transcript-compaction.ts";
import { systemEventLog } from "./event-log/system-event-log.ts";
import type { PrimitiveId } from "./finding.ts";
import { permissionAuditTrail } from "./permissions/permission-audit-trail.ts";
import { permissionSystem } from "./permissions/permission-system.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { sessionPersistence } from "./sessions/session-persistence.ts";
import { streamingEvents } from "./streaming/streaming-events.ts";
import { toolPoolAssembly } from "./tools/tool-pool-assembly.ts";
import { toolRegistry } from "./tools/tool-registry.ts";
import { twoLevelVerification } from "./verification/two-level-verification.ts";
import { workflowState } from "./workflow/workflow-state.ts";

export const catalogue: { readonly [Id in PrimitiveId]: PrimitiveProbes } = {
  "tool-registry": toolRegistry,
  "permission-system": permissionSystem,
  "session-persistence": sessionPersistence,
  "workflow-state": workflowState,
  "token-budget": tokenBudget,
  "streaming-events": streamingEvents,
  "system-event-log": systemEventLog,
  "two-level-verification": twoLevelVerification,
  "tool-pool-assembly": toolPoolAssembly,
  "transcript-compaction": transcriptCompaction,
  "permission-audit-trail": permissionAuditTrail,
  "agent-type-system": agentTypeSystem,
};
