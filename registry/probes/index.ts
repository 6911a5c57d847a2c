/**
 * The catalogue of probes: one file per primitive.
 */
import { agentTypeSystem } from "./agent-type-system.ts";
import type { PrimitiveId } from "./finding.ts";
import { permissionAuditTrail } from "./permission-audit-trail.ts";
import { permissionSystem } from "./permission-system.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { sessionPersistence } from "./session-persistence.ts";
import { streamingEvents } from "./streaming-events.ts";
import { systemEventLog } from "./system-event-log.ts";
import { tokenBudget } from "./token-budget.ts";
import { toolPoolAssembly } from "./tool-pool-assembly.ts";
import { toolRegistry } from "./tool-registry.ts";
import { transcriptCompaction } from "./transcript-compaction.ts";
import { twoLevelVerification } from "./two-level-verification.ts";
import { workflowState } from "./workflow-state.ts";

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
