/** A gate in front of a model that lets everybody through until it fails: of this process, on a clock that stands still. */
import type { GatedClient } from "../../actors/runtime/asked-model.ts";
import { callGate } from "../../infra/breaker/call-gate.ts";
import { memoryRecords } from "../../infra/breaker/records.ts";

export const openGate = (): Pick<GatedClient, "gate" | "resource"> => ({
  gate: callGate({ records: memoryRecords(() => 0), monotonicMs: () => 0 }),
  resource: (model) => `model:test/${model}`,
});
